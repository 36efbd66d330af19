"""The plugin through the real Ikomia API."""

import importlib
import json

import numpy as np
import pytest

from development.synthetic.capture import NOISE
from infer_multiview_triangulation.data import cameras_to
from infer_multiview_triangulation.infer_multiview_triangulation_kit.stopping import Stopped
from infer_multiview_triangulation.multiview_files import (
    read_c3d,
    read_cameras,
    read_csv,
    read_trc,
    write_cameras_json,
    write_npz,
)
from infer_multiview_triangulation.multiview_geometry.world.scale import unit_of
from infer_multiview_triangulation.ports import Input, Output
from plugin_kit.safe_pickle import load_pickle
from tests.infer_multiview_triangulation.studio_shots import error, shot

NAME = "infer_multiview_triangulation"


@pytest.fixture(scope="module")
def taken():
    return shot(311, 40, NOISE, views=(1, 3, 5, 7))


@pytest.fixture
def task_of(workflow_of):
    def build(**parameters):
        workflow, (task,) = workflow_of(NAME)
        task.set_parameters({key: str(value) for key, value in parameters.items()})
        return workflow, task

    return build


@pytest.fixture(scope="module")
def files(taken, tmp_path_factory):
    folder = tmp_path_factory.mktemp("capture")
    names = [camera.name for camera in taken.cameras]
    write_npz(
        folder / "keypoints.npz",
        {"keypoints2d": taken.keypoints, "skeleton": "coco17", "fps": 50.0, "views": names},
    )
    write_cameras_json(folder / "cameras.json", taken.cameras)
    return folder


def given(task, taken, **told):
    """Hand arrays to the task as an upstream task would."""
    task.get_input(Input.KEYPOINTS).set_array(taken.keypoints)
    views = [camera.name for camera in taken.cameras]
    task.get_input(Input.METADATA).data = {"skeleton": "coco17", "fps": 60, "views": views, **told}
    task.get_input(Input.CAMERAS).data = {"cameras": cameras_to(taken.cameras)}
    return task


def test_arrays_in_arrays_out(task_of, taken):
    _, task = task_of()
    given(task, taken).run()
    points = task.get_output(Output.KEYPOINTS3D).get_array()
    assert points.dtype == np.float64
    assert points.shape == (40, 17, 3)
    assert error(points, taken.points) < 0.8
    assert error(task.get_output(Output.FRAME_BY_FRAME).get_array(), taken.points) < 1.2
    report = task.get_output(Output.REPORT).data
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["skeleton"] == "coco17"
    assert report["units"] == "cm"
    assert report["fps"] == 60
    assert report["frames"] == len(report["timestamps"]) == 40
    assert [camera["name"] for camera in report["cameras"]] == ["c01", "c03", "c05", "c07"]
    assert len(report["bone_lengths"]) == 14
    picture = task.get_output(Output.PICTURE).get_image()
    assert picture.dtype == np.uint8
    assert picture.shape == (720, 1280, 3)
    assert picture.std() > 10


def test_inputs_and_earlier_results_are_left_alone(task_of, taken):
    _, task = task_of()
    before = taken.keypoints.copy()
    given(task, taken).run()
    first, report = (
        task.get_output(Output.KEYPOINTS3D).get_array(),
        json.dumps(task.get_output(Output.REPORT).data),
    )
    copy = first.copy()
    task.set_parameters({**task.get_parameters(), "method": "plain", "optimise": "False"})
    task.run()
    np.testing.assert_array_equal(taken.keypoints, before)
    np.testing.assert_array_equal(first, copy)
    assert json.dumps(task.get_output(Output.REPORT).data) != report
    assert np.nanmax(np.abs(task.get_output(Output.KEYPOINTS3D).get_array() - copy)) > 0.01


def test_paths_alone_through_a_workflow(task_of, taken, files, tmp_path):
    workflow, task = task_of(
        keypoints_path=files / "keypoints.npz",
        cameras_path=files / "cameras.json",
        output_folder=tmp_path / "out",
    )
    workflow.connect_tasks(workflow.root(), task)
    workflow.run()
    points = task.get_output(Output.KEYPOINTS3D).get_array()
    assert error(points, taken.points) < 0.8
    assert task.get_output(Output.REPORT).data["fps"] == 50
    names = ("npz", "trc", "c3d", "csv")
    written = {file.name for file in (tmp_path / "out").iterdir()}
    assert written == {f"keypoints3d.{s}" for s in names} | {"cameras.json", "cameras.toml"}
    task.set_parameters({**task.get_parameters(), "aist_pickle": "True"})
    workflow.run()
    aist = load_pickle(tmp_path / "out" / "keypoints3d.pkl")
    np.testing.assert_array_equal(aist["keypoints3d_optim"], points)
    np.testing.assert_array_equal(
        aist["keypoints3d"], task.get_output(Output.FRAME_BY_FRAME).get_array()
    )
    forms = {"trc": (read_trc, 0), "csv": (read_csv, 0), "c3d": (read_c3d, 1e-3)}
    for suffix, (read, tolerance) in forms.items():
        back = read(tmp_path / "out" / f"keypoints3d.{suffix}")
        np.testing.assert_allclose(back.points, points, atol=tolerance)
        assert back.units == "cm"
    arrays = np.load(tmp_path / "out" / "keypoints3d.npz")
    np.testing.assert_array_equal(arrays["keypoints3d_optim"], points)
    assert set(arrays["mask"].ravel()) <= {0, 1, 2, 3}
    for suffix in ("json", "toml"):
        for old, new in zip(
            taken.cameras, read_cameras(tmp_path / "out" / f"cameras.{suffix}"), strict=True
        ):
            np.testing.assert_allclose(new.matrix, old.matrix)
            np.testing.assert_allclose(new.translation, old.translation)


def test_table_of_the_views(task_of, taken):
    _, task = task_of()
    given(task, taken).run()
    table = task.get_output(Output.ERRORS)
    assert table.get_all_label_list() == [["c01", "c03", "c05", "c07"]] * 4
    values = table.get_all_value_list()
    assert [len(column) for column in values] == [4] * 4
    assert 1 < values[0][0] < 6


def test_several_people_and_a_skeleton_that_must_be_named(task_of, taken):
    _, task = task_of(skeleton="coco17")
    two = np.stack([np.full_like(taken.keypoints, np.nan), taken.keypoints], axis=2)
    given(task, taken._replace(keypoints=two)).run()
    assert error(task.get_output(Output.KEYPOINTS3D).get_array(), taken.points) < 0.8
    wide = np.pad(taken.keypoints, ((0, 0), (0, 0), (0, 8), (0, 0)), mode="edge")
    task.get_input(Input.KEYPOINTS).set_array(wide)
    task.get_input(Input.METADATA).data = {}
    task.set_parameters({**task.get_parameters(), "skeleton": "auto"})
    with pytest.raises(ValueError, match="25 keypoints may be body25 or body25b"):
        task.run()


def test_what_cannot_be_used_is_told_by_name(task_of, taken, tmp_path):
    _, task = task_of()
    with pytest.raises(ValueError, match=r"input 0 .* is empty and keypoints_path is not set"):
        task.run()
    task.get_input(Input.KEYPOINTS).set_array(np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"keypoints2d of inputs 0 and 1 has the shape \(3, 4\)"):
        task.run()
    given(task, taken)
    task.get_input(Input.CAMERAS).data = {
        "cameras": [{"name": "c01", "matrix": np.eye(3).tolist()}]
    }
    with pytest.raises(ValueError, match="camera c01 of input 2 has no rotation, translation"):
        task.run()
    cameras = cameras_to(taken.cameras)
    for content, message in (
        ({"camera": cameras}, "input 2 holds camera but no cameras"),
        ({"cameras": []}, "input 2 holds no camera"),
        ({"cameras": [1, 2, 3, 4]}, "input 2 is not AIST"),
        ({"cameras": [cameras[0]] * 4}, "input 2 has 4 cameras called c01"),
        ({"cameras": cameras[:3]}, "4 views of keypoints and 3 cameras"),
    ):
        task.get_input(Input.CAMERAS).data = content
        with pytest.raises(ValueError, match=message):
            task.run()
    for told, message in (
        ({"fps": "fast"}, "fps of inputs 0 and 1 are not numbers"),
        ({"fps": -5}, "fps of inputs 0 and 1 is -5"),
        ({"views": ["c01"]}, "give 4 different names"),
        ({"sizes": [[1920, 1080]] * 3}, "are of 3 views, not of 4"),
        ({"sizes": [[1920, 0]] * 4}, "width and height above 0"),
        ({"timestamps": [1, 2]}, r"timestamps of inputs 0 and 1 has the shape \(2,\)"),
        ({"skeleton": "body25"}, "body25 has 25 keypoints, the data have 17"),
    ):
        given(task, taken, **told)
        with pytest.raises(ValueError, match=message):
            task.run()
    given(task, taken)
    task.set_parameters({**task.get_parameters(), "cameras_path": str(tmp_path / "none.toml")})
    with pytest.raises(FileNotFoundError, match=r"none\.toml"):
        task.run()


def test_what_is_asked_for_in_vain_is_told_before_the_work(task_of, taken, tmp_path, monkeypatch):
    engine = importlib.import_module("infer_multiview_triangulation.multiview_geometry.triangulate")
    monkeypatch.setattr(engine, "triangulate_robust", lambda rays: pytest.fail("it began to work"))
    (tmp_path / "file").write_text("")
    for changes, kind, message in (
        ({"output_folder": tmp_path / "file"}, OSError, "cannot be made"),
        ({"scale": "heigth:1.7"}, ValueError, "scale 'heigth:1.7' is none of"),
        ({"scale": "distance:c01,c02,4"}, ValueError, "no camera 'c02'; there are c01, c03"),
        ({"scale": "bone:left_knee-tail,4"}, ValueError, "is not JOINT-JOINT of coco17"),
        ({"person": "1"}, ValueError, "the files show one person"),
    ):
        _, task = task_of(**changes)
        with pytest.raises(kind, match=message):
            given(task, taken).run()
    few = taken._replace(keypoints=taken.keypoints[:, :, :4])
    for changes, message in (({"up_axis": "y"}, "no ankles"), ({"scale": "height:2"}, "lacks one")):
        _, task = task_of(**changes)
        with pytest.raises(ValueError, match=message):
            given(task, few, skeleton="auto").run()


def test_what_is_no_known_skeleton_is_refused_where_one_is_needed(task_of, taken):
    other = taken._replace(keypoints=np.repeat(taken.keypoints, 8, axis=2))
    _, task = task_of(skeleton="known")
    with pytest.raises(ValueError, match=r"136 keypoints .* no known skeleton's; .*halpe26 \(26\)"):
        given(task, other, skeleton="auto").run()
    given(task, taken, skeleton="auto").run()
    assert task.get_output(Output.REPORT).data["skeleton"] == "coco17"


def test_a_failed_run_leaves_the_workflow_usable(task_of, files, tmp_path):
    workflow, task = task_of(keypoints_path=tmp_path / "missing.npz")
    workflow.connect_tasks(workflow.root(), task)
    with pytest.raises(RuntimeError, match=r"missing\.npz"):
        workflow.run()
    task.set_parameters(
        {
            **task.get_parameters(),
            "keypoints_path": str(files / "keypoints.npz"),
            "cameras_path": str(files / "cameras.json"),
        }
    )
    workflow.run()
    assert np.isfinite(task.get_output(Output.KEYPOINTS3D).get_array()).all(axis=-1).mean() > 0.9


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "guess"),
        ("min_confidence", "2"),
        ("person", "-1"),
        ("smooth", "x"),
        ("fps", "-1"),
        ("person", "²"),
    ],
)
def test_bad_parameters_are_refused_and_change_nothing(task_of, name, value):
    _, task = task_of(max_gap_fill=7)
    before = task.get_parameters()
    with pytest.raises((ValueError, RuntimeError), match=name):
        task.set_parameters({**before, name: value})
    assert task.get_parameters() == before


def test_aist_pickles_need_leave(task_of, taken, files, tmp_path):
    import pickle

    content = {
        "keypoints2d": taken.keypoints.astype(np.float32),
        "det_scores": np.ones(taken.keypoints.shape[:2]),
        "timestamps": np.arange(40),
    }
    path = tmp_path / "dance.pkl"
    path.write_bytes(pickle.dumps(content))
    _, task = task_of(keypoints_path=path, cameras_path=files / "cameras.json")
    with pytest.raises(ValueError, match="allow_pickle"):
        task.run()
    task.set_parameters({**task.get_parameters(), "allow_pickle": "True"})
    task.run()
    assert error(task.get_output(Output.KEYPOINTS3D).get_array(), taken.points) < 0.8


def test_stop_ends_a_run(task_of, taken, monkeypatch):
    from infer_multiview_triangulation import infer_multiview_triangulation_process as process

    _, task = task_of()
    real = process.reconstruct_people

    def stopping(*arguments, **options):
        task.stop()
        return real(*arguments, **options)

    monkeypatch.setattr(process, "reconstruct_people", stopping)
    with pytest.raises(Stopped):
        given(task, taken).run()


def test_units_are_guessed_from_the_person(taken):
    for unit, factor in (("m", 0.01), ("cm", 1), ("mm", 10)):
        assert unit_of(taken.points * factor, "auto") == unit
    assert unit_of(taken.points * 1e-6, "auto") == "unknown"
    assert unit_of(np.full((2, 3, 3), np.nan), "auto") == "unknown"
    assert unit_of(taken.points, "mm") == "mm"


def test_up_axis_and_scale_reach_the_outputs(task_of, taken):
    _, task = task_of(up_axis="z", scale="height:1.72")
    given(task, taken).run()
    points, report = (
        task.get_output(Output.KEYPOINTS3D).get_array(),
        task.get_output(Output.REPORT).data,
    )
    assert report["up_axis"] == "z"
    assert report["units"] == "m"
    assert np.nanmedian(points[:, 0, 2]) > np.nanmedian(points[:, 15, 2]) + 1


def test_cameras_from_nothing_have_no_unit_but_an_upward_axis(task_of, taken, caplog):
    _, task = task_of(units="auto")
    given(task, taken)
    task.get_input(Input.CAMERAS).data = {}
    task.run()
    report = task.get_output(Output.REPORT).data
    assert (report["units"], report["up_axis"]) == ("unknown", "y")
    for text in ("no cameras were given", "the unit of length is arbitrary: set scale"):
        assert any(text in warning for warning in report["quality"]["warnings"])
        assert text in caplog.text
    task.set_parameters({**task.get_parameters(), "scale": "height:1.72"})
    task.run()
    assert task.get_output(Output.REPORT).data["units"] == "m"


def test_a_world_without_anybody_is_refused_and_one_without_a_point_is_drawn(
    task_of, taken, tmp_path
):
    _, task = task_of(output_folder=tmp_path)
    nobody = np.full_like(taken.keypoints, np.nan)
    with pytest.raises(
        ValueError, match="input 0 of infer_multiview_triangulation holds no number"
    ):
        given(task, taken._replace(keypoints=nobody)).run()
    # Two views that never see anybody at the same time make no point.
    for view in (0, 1):
        nobody[view, view::2] = taken.keypoints[view, view::2]
    given(task, taken._replace(keypoints=nobody)).run()
    assert np.isnan(task.get_output(Output.KEYPOINTS3D).get_array()).all()
    assert len(task.get_output(Output.REPORT).data["quality"]["warnings"]) >= 4
    assert np.isnan(read_trc(tmp_path / "keypoints3d.trc").points).all()
