"""Everybody through the real Ikomia API: arrays, report, files, picture."""

import json

import numpy as np
import pytest

from development.synthetic.capture import NOISE
from development.synthetic.crowd import crowd
from infer_multiview_triangulation.data import cameras_to
from infer_multiview_triangulation.multiview_files import read_csv
from infer_multiview_triangulation.picture import COLOURS
from infer_multiview_triangulation.ports import Input, Output

NAME = "infer_multiview_triangulation"


@pytest.fixture(scope="module")
def pair():
    return crowd(2, 30, 51, views=(1, 3, 5, 7), faults=NOISE)


@pytest.fixture
def run(workflow_of, pair):
    def task_after(keypoints=None, **parameters):
        _, (task,) = workflow_of(NAME)
        task.set_parameters({key: str(value) for key, value in parameters.items()})
        task.get_input(Input.KEYPOINTS).set_array(
            pair.keypoints if keypoints is None else keypoints
        )
        task.get_input(Input.METADATA).data = {"skeleton": "coco17", "fps": 60}
        task.get_input(Input.CAMERAS).data = {"cameras": cameras_to(pair.cameras)}
        task.run()
        return task

    return task_after


def test_everybody_comes_out(run, pair, tmp_path):
    task = run(person="all", output_folder=tmp_path, aist_pickle=True)
    points = task.get_output(Output.KEYPOINTS3D).get_array()
    assert points.shape == (2, 30, 17, 3)
    assert task.get_output(Output.FRAME_BY_FRAME).get_array().shape == points.shape
    off = np.linalg.norm(points[:, None] - pair.points[None], axis=-1)
    off = np.nanmean(off, axis=(2, 3))
    assert (off.min(axis=1) < 1.0).all()
    assert set(off.argmin(axis=1)) == {0, 1}
    report = task.get_output(Output.REPORT).data
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert [person["name"] for person in report["people"]] == ["0", "1"]
    assert [person["frames"] for person in report["people"]] == [30, 30]
    assert report["quality"]["reprojection_median"] < 4
    suffixes = ("npz", "pkl", "trc", "c3d", "csv")
    own = {f"keypoints3d_{number}.{suffix}" for number in (0, 1) for suffix in suffixes}
    written = {file.name for file in tmp_path.iterdir()}
    assert written == own | {"keypoints3d.npz", "cameras.json", "cameras.toml"}
    arrays = np.load(tmp_path / "keypoints3d.npz")
    np.testing.assert_array_equal(arrays["keypoints3d_optim"], points)
    assert arrays["mask"].shape == (2, 30, 17)
    assert arrays["people"].tolist() == ["0", "1"]
    back = read_csv(tmp_path / "keypoints3d_1.csv")
    np.testing.assert_allclose(back.points, points[1])
    np.testing.assert_array_equal(
        np.load(tmp_path / "keypoints3d_1.npz")["keypoints3d_optim"], points[1]
    )


def test_a_number_is_one_of_them(run):
    everybody = run(person="all").get_output(Output.KEYPOINTS3D).get_array()
    for person, index in (("main", 0), ("best", 0), ("0", 0), ("1", 1)):
        task = run(person=person)
        points = task.get_output(Output.KEYPOINTS3D).get_array()
        np.testing.assert_array_equal(points, everybody[index])
        assert "people" not in task.get_output(Output.REPORT).data


def test_one_alone_has_the_axis_of_people(run, pair):
    task = run(pair.alone(0), person="all")
    assert task.get_output(Output.KEYPOINTS3D).get_array().shape == (1, 30, 17, 3)
    assert len(task.get_output(Output.REPORT).data["people"]) == 1


def test_each_has_a_colour_in_the_picture(run):
    picture = run(person="all").get_output(Output.PICTURE).get_image().astype(int)
    for colour in COLOURS[:2]:
        near = np.abs(picture - np.rint(255 * np.array(colour))).max(axis=-1) < 12
        assert near.sum() > 100
