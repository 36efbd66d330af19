"""The plugin through the real Ikomia API, where something is wrong or stops it."""

import numpy as np
import pytest

from infer_smpl_fit import fitting
from infer_smpl_fit.overlay import camera_backdrop
from infer_smpl_fit.parameters import InferSmplFitParam
from infer_smpl_fit.ports import Output
from infer_smpl_fit.smpl_fitting import fit_body
from tests.infer_smpl_fit.task_runs import WRITTEN, run, run_alone, video_of


def test_bad_value_leaves_the_old_ones():
    parameters = InferSmplFitParam()
    before = parameters.get_values()
    with pytest.raises(ValueError, match="mode"):
        parameters.set_values({**before, "fps": "30", "mode": "magic"})
    assert parameters.get_values() == before


def test_bad_value_is_refused_by_the_task(task_of):
    _, task = task_of(fps=30)
    with pytest.raises(RuntimeError, match="smooth"):
        task.set_parameters({**task.get_parameters(), "fps": "50", "smooth": "-1"})
    assert task.get_parameters()["fps"] == "30.0"


@pytest.mark.parametrize(
    ("points", "told", "text"),
    [
        (np.zeros((2, 17, 3)), {}, "coco17 or h36m17: set convention"),
        (np.zeros((2, 17)), {}, r"input 0 is \(2, 17\); it takes \(F, J, 3\)"),
        (np.zeros((2, 17, 4)), {}, r"input 0 is \(2, 17, 4\)"),
        (np.full((2, 17, 3), np.nan), {"skeleton": "coco17"}, "input 0 .* holds no number"),
        (
            np.full((2, 17, 3), np.nan),
            {"skeleton": "coco17", "quality": {"measured_share": 0.0}},
            "not one keypoint was triangulated: at least two views .* min_confidence",
        ),
        (np.zeros((2, 17, 3)), {"skeleton": "coco17", "fps": -1}, "fps must be a positive"),
        (np.zeros((2, 16, 3)), {"skeleton": "coco17"}, "coco17 has 17 keypoints, the data have 16"),
    ],
)
def test_inputs_that_cannot_be_used(task_of, points, told, text):
    workflow, task = task_of()
    with pytest.raises(RuntimeError, match=text):
        run(workflow, task, points, told)


def test_a_file_in_which_nothing_is_known_is_named(task_of, tmp_path):
    np.savez(tmp_path / "a.npz", keypoints3d=np.full((2, 17, 3), np.nan), skeleton="coco17")
    workflow, task = task_of(keypoints_path=tmp_path / "a.npz")
    with pytest.raises(RuntimeError, match=r"a\.npz: no frame shows 3 keypoints of coco17"):
        run_alone(workflow, task)


def test_nothing_to_read_is_refused(task_of):
    _, task = task_of()
    with pytest.raises(ValueError, match="input 0 of infer_smpl_fit is empty"):
        task.run()


@pytest.fixture
def no_fit(monkeypatch):
    def never(*_args, **_named):
        raise AssertionError("the fit was started")

    monkeypatch.setattr(fitting, "fit_body", never)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("size", "x"),
        ("size", [1, 2, 3]),
        ("matrix", 3),
        ("matrix", np.zeros((3, 3)).tolist()),
        ("rotation", {}),
        ("rotation", "null"),
        ("distortions", [0, 0, 0]),
        ("distortions", [1e300] * 5),
        ("translation", [1, 2]),
        ("translation", [float("nan")] * 3),
        ("translation", None),
    ],
)
def test_odd_values_of_a_camera_are_told(key, value):
    camera = {**CAMERA, "translation": [0, 0, 3], "size": [64, 48], key: value}
    with pytest.raises(ValueError, match=rf"camera c01: {key}|camera c01: matrix has no focal"):
        camera_backdrop(camera, np.zeros((48, 64, 3), np.uint8), 0)


CAMERA = {"name": "c01", "matrix": np.eye(3).tolist(), "rotation": [0, 0, 0]}


@pytest.mark.parametrize(
    ("parameters", "cameras", "text"),
    [
        ({"video_path": "a.mp4"}, [], "video_path needs the cameras: connect input 1, or set"),
        ({"video_path": "a.mp4"}, [CAMERA], "camera c01 has no translation"),
        (
            {"video_path": "a.mp4"},
            [{**CAMERA, "translation": [0, 0, 0]}],
            r"a\.mp4 cannot be opened",
        ),
        ({"video_path": "a.mp4", "camera": "c9"}, [CAMERA], "no camera 'c9' .* there are: c01"),
        ({"video_path": "a.mp4", "cameras_path": "c.json"}, [], r"no file c\.json"),
        ({"model_file": "nowhere"}, [], "There is no body model at nowhere"),
    ],
)
def test_wrong_paths_are_refused_before_the_fit(task_of, scene, no_fit, parameters, cameras, text):
    workflow, task = task_of(**parameters)
    with pytest.raises(RuntimeError, match=text):
        run(workflow, task, scene.seen, {"skeleton": "coco17", "cameras": cameras})


@pytest.mark.parametrize("content", ["{}", "[1]", "[{"])
def test_cameras_of_another_form_are_refused(task_of, scene, no_fit, tmp_path, content):
    (tmp_path / "c.json").write_text(content)
    workflow, task = task_of(video_path="a.mp4", cameras_path=tmp_path / "c.json")
    with pytest.raises(RuntimeError, match=r"c\.json (holds no list of cameras|is not a whole)"):
        run(workflow, task, scene.seen, {"skeleton": "coco17"})


def test_video_that_is_shorter_than_the_keypoints(task_of, scene, no_fit, tmp_path):
    video = video_of(tmp_path / "a.mp4", 5)
    camera = {**CAMERA, "translation": [0, 0, 0], "size": [480, 270]}
    workflow, task = task_of(video_path=video)
    with pytest.raises(RuntimeError, match=r"a\.mp4 has no frame 15"):
        run(workflow, task, scene.seen, {"skeleton": "coco17", "cameras": [camera]})


def test_stop_ends_the_fit_and_leaves_nothing(task_of, scene, monkeypatch, tmp_path):
    workflow, task = task_of(output_folder=tmp_path / "out")

    def stopped_meanwhile(*arguments, **named):
        task.stop()
        return fit_body(*arguments, **named)

    monkeypatch.setattr(fitting, "fit_body", stopped_meanwhile)
    with pytest.raises(RuntimeError, match="Stopped"):
        run(workflow, task, scene.seen, {"skeleton": "coco17"})
    assert not (tmp_path / "out").exists()
    assert not task.get_output(Output.POSES).is_data_available()
    monkeypatch.undo()
    workflow.run()
    assert len(list((tmp_path / "out").iterdir())) == len(WRITTEN)
