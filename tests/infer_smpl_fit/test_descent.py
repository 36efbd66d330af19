"""Engine smplx: AIST++'s descent, on motion that is known."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from infer_smpl_fit import fitting
from infer_smpl_fit.parameters import Settings
from infer_smpl_fit.ports import Output
from infer_smpl_fit.smpl_body.conventions import CONVENTIONS
from tests.infer_smpl_fit.procedural_body import procedural_body, stored
from tests.infer_smpl_fit.scenes import Y_UP_TO_Z_UP
from tests.infer_smpl_fit.stand_in import joints_of, keypoints_of
from tests.infer_smpl_fit.task_runs import run

pytest.importorskip("torch", reason="engine smplx needs torch")
pytest.importorskip("smplx", reason="engine smplx needs smplx")

FRAMES, SIZE = 6, 1.1
# Joints with something beyond them in COCO.
MOVED = [0, 1, 2, 3, 4, 5, 6, 9, 16, 17, 18, 19]
# What COCO sees: hips to ankles, shoulders to wrists.
SEEN = [1, 2, 4, 5, 7, 8, 16, 17, 18, 19, 20, 21]


@pytest.fixture
def quick(monkeypatch):
    """Let the joints turn from the first steps on, and end early."""
    from infer_smpl_fit.smpl_descent import descent, fit

    monkeypatch.setattr(descent, "ROOT_FROM", 20)
    monkeypatch.setattr(descent, "POSE_FROM", 40)
    monkeypatch.setattr(fit, "descend_body", partial(fit.descend_body, steps=200))
    return fit


@pytest.fixture(scope="module")
def motion():
    """Poses (F, 24, 3) and transl (F, 3) of a body of 1.1 times SMPL's size."""
    turns = 2 * np.pi * np.linspace(0, 0.5, FRAMES)
    phases = np.random.default_rng(4).uniform(0, 2 * np.pi, (len(MOVED), 3))
    poses = np.zeros((FRAMES, 24, 3))
    poses[:, MOVED] = 0.2 * np.sin(turns[:, None, None] + phases)
    return poses, np.stack([turns / 6, 0.2 + 0 * turns, -turns / 9], axis=1)


def test_motion_is_recovered_from_its_own_joints(task_of, motion, quick, tmp_path):
    """In millimetres, z up, with a body of a file, a hole and a frame in which nobody is seen."""
    body = procedural_body(correctives=0.0005)
    np.savez(tmp_path / "SMPL_MALE.npz", **stored(body))
    poses, transl = motion
    points = SIZE * keypoints_of(body, "coco17", poses, transl / SIZE) @ Y_UP_TO_Z_UP.T * 1000
    points[2, 7], points[3] = np.nan, np.nan
    workflow, task = task_of(engine="smplx", model_file=tmp_path, gender="male", device="cpu")
    told = {"skeleton": "coco17", "units": "mm", "fps": 30, "up_axis": "z"}
    report = run(workflow, task, points, told)
    assert (report["engine"], report["mode"], report["unit"]) == ("smplx", "aist", "mm")
    arrays = (Output.POSES, Output.TRANSL, Output.SCALING, Output.BETAS)
    poses, transl, scaling, betas = (task.get_output(port).get_array() for port in arrays)
    assert not betas.any()
    assert scaling[0, 0] == pytest.approx(1000 * SIZE, rel=0.03)
    found = joints_of(body, poses, transl, scaling=scaling[0, 0])
    true = SIZE * joints_of(body, motion[0], motion[1] / SIZE) @ Y_UP_TO_Z_UP.T * 1000
    away = np.linalg.norm(found - true, axis=2)[:, SEEN]
    assert away[[0, 1, 2, 4, 5]].mean() < 25
    assert np.isfinite(found).all()
    assert report["valid"] == [frame != 3 for frame in range(FRAMES)]
    losses = task.get_output(Output.LOSS).get_value_list(0)
    assert losses[-1] < 0.01 * losses[0]
    assert report["aist_loss"] == pytest.approx(losses[-1])


def test_compared_points_alone_take_the_steps_of_the_whole_mesh(motion, monkeypatch):
    from infer_smpl_fit.smpl_descent import descent
    from infer_smpl_fit.smpl_descent.points import compared_points

    monkeypatch.setattr(descent, "ROOT_FROM", 2)
    monkeypatch.setattr(descent, "POSE_FROM", 3)
    body = procedural_body(correctives=0.02)
    columns, joints = compared_points(CONVENTIONS["body25"])
    points = 100 * keypoints_of(body, "body25", *motion)[:, columns]
    whole, alone, start = (
        descent.descend(body, points, joints, steps=steps, is_whole=is_whole).joints
        for steps, is_whole in ((6, True), (6, False), (0, False))
    )
    assert np.abs(alone - start).max() > 10
    np.testing.assert_allclose(alone, whole, atol=0.01)


def test_sides_go_by_their_names():
    """AIST++'s own list for OpenPose takes the right side for SMPL's left."""
    from infer_smpl_fit.smpl_descent.points import compared_points

    columns, joints = compared_points(CONVENTIONS["body25"])
    assert columns == [0, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 24]
    right = [17, 19, 21]
    assert joints[1:4] == right
    columns, joints = compared_points(CONVENTIONS["coco17"])
    assert columns == list(range(17))
    assert joints == [24, 26, 25, 28, 27, 16, 17, 18, 19, 20, 21, 1, 2, 4, 5, 7, 8]


def test_stop_ends_the_descent(task_of, motion, quick):
    workflow, task = task_of(engine="smplx")
    original = quick.descend_body

    def stopped(*arguments, **named):
        task.stop()
        return original(*arguments, **named)

    quick.descend_body = stopped
    points = keypoints_of(procedural_body(), "coco17", *motion)
    with pytest.raises(RuntimeError, match="Stopped"):
        run(workflow, task, points, {"skeleton": "coco17", "units": "m", "fps": 30})


def test_what_it_needs_is_told_before_the_work(monkeypatch):
    settings = Settings(engine="smplx")
    body = procedural_body()
    with pytest.raises(ValueError, match=r"24 joints, and procedural has 52: name an SMPL file"):
        fitting.check_engine(settings, replace(body, parents=np.arange(-1, 51)))
    monkeypatch.setattr(fitting, "find_spec", lambda name: None if name == "smplx" else name)
    with pytest.raises(ValueError, match=r"pip install smplx .* or set engine=native"):
        fitting.check_engine(settings, body)
    fitting.check_engine(Settings(), body)
