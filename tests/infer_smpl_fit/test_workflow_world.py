"""Which way is up, through the real Ikomia API: told, guessed, and kept in every file."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from infer_smpl_fit.keypoint_files import read_keypoints
from infer_smpl_fit.ports import Output
from tests.infer_smpl_fit.bvh_reader import read_bvh
from tests.infer_smpl_fit.scenes import Y_UP_TO_Z_UP
from tests.infer_smpl_fit.task_runs import ring, run


def test_world_that_is_z_up(task_of, scene, tmp_path, whole_sheet):
    reports = {}
    for up in ("y", "z"):
        turn = Y_UP_TO_Z_UP if up == "z" else np.eye(3)
        workflow, task = task_of(output_folder=tmp_path / up)
        told = {"skeleton": "coco17", "units": "m", "fps": 60, "up_axis": up}
        reports[up] = run(workflow, task, scene.seen[:8] @ turn.T, told)["up_axis"]
        reports[f"{up} picture"] = task.get_output(Output.CONTACT_SHEET).get_image()
    assert (reports["y"], reports["z"]) == ("y", "z")
    standing, turned = (read_bvh((tmp_path / up / "motion.bvh").read_text())[3] for up in "yz")
    # Blender and game engines get both y up; in centimetres.
    np.testing.assert_allclose(turned, standing, atol=0.5)
    trc = read_keypoints(str(tmp_path / "z" / "motion.trc"), False).points
    np.testing.assert_allclose(trc[:, 0] / 10 @ Y_UP_TO_Z_UP, standing[:, 0], atol=0.5)
    heights = [np.flatnonzero((reports[f"{up} picture"] < 200).any(axis=(1, 2))) for up in "yz"]
    assert abs(np.ptp(heights[0]) - np.ptp(heights[1])) < 60


@pytest.mark.parametrize("up", ["y", "z"])
@pytest.mark.parametrize("turn", [0, 90, 180])
def test_bodies_that_lie_or_hang_stay_so(task_of, scene, tmp_path, up, turn):
    """In the world of cameras, which stand upright; 90 lies on its back, 180 is a handstand."""
    lying = scene.seen[:8] @ Rotation.from_euler("x", turn, degrees=True).as_matrix().T
    world = lying if up == "y" else lying @ Y_UP_TO_Z_UP.T
    workflow, task = task_of(output_folder=tmp_path)
    told = {"skeleton": "coco17", "units": "m", "fps": 60, "cameras": ring(up)}
    report = run(workflow, task, world, told)
    assert (report["up_axis"], report["up_axis_from"]) == (up, "cameras")
    assert any("stands along" in warning for warning in report["warnings"]) == (turn != 0)
    places = read_bvh((tmp_path / "motion.bvh").read_text())[3] / 100
    spine = places[:, 12] - places[:, 0]
    true = np.nanmean(lying[:, [5, 6]], axis=(0, 1)) - np.nanmean(lying[:, [11, 12]], axis=(0, 1))
    true /= np.linalg.norm(true)
    mean = spine.mean(axis=0) / np.linalg.norm(spine.mean(axis=0))
    assert mean @ true > 0.95


def test_what_is_up_can_be_told_and_is_asked_where_it_is_odd(task_of, scene):
    lying = scene.seen[:3] @ Rotation.from_euler("z", 90, degrees=True).as_matrix().T
    told = {"skeleton": "coco17", "units": "m", "fps": 60}
    guessed = dict(run(*task_of(), lying, told))
    assert (guessed["up_axis"], guessed["up_axis_from"]) == ("-x", "body")
    assert "nothing tells which way is up" in guessed["warnings"][-1]
    asked = run(*task_of(up_axis="y"), lying, told)
    assert (asked["up_axis"], asked["up_axis_from"]) == ("y", "parameter")
    assert asked["warnings"] == []
