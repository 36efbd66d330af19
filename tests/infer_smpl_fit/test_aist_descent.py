"""The benchmark's re-creation of AIST++'s descent: its two forms take the same steps."""

import numpy as np
import pytest

from development.benchmarks import aist_descent
from infer_smpl_fit.smpl_body.builtin import builtin_body
from tests.infer_smpl_fit.scenes import scene_of


def test_joints_alone_take_the_steps_of_the_whole_mesh(monkeypatch):
    pytest.importorskip("smplx")
    monkeypatch.setattr(aist_descent, "ROOT_FROM", 2)
    monkeypatch.setattr(aist_descent, "POSE_FROM", 3)
    body = builtin_body()
    keypoints = 100 * scene_of(body, "coco17", 5, frames=40).clean
    mesh, joints, start = (
        aist_descent.descend(body, keypoints, form, steps=steps).joints
        for form, steps in (("mesh", 5), ("joints", 5), ("joints", 0))
    )
    assert np.abs(joints - start).max() > 30
    np.testing.assert_allclose(joints, mesh, atol=0.01)
