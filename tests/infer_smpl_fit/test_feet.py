"""Feet: those that stand still are measured better, those that nobody sees are placed."""

import numpy as np
import pytest

from development.synthetic.body_capture import joints_of, keypoints_of
from development.synthetic.postures import POSTURES, posture
from infer_smpl_fit.smpl_body.conventions import convention_of
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_fitting import fit_body
from infer_smpl_fit.smpl_fitting.feet import guessed_up
from infer_smpl_fit.smpl_fitting.kinematics import State, forward
from infer_smpl_fit.smpl_fitting.planted import stands_of
from infer_smpl_fit.smpl_fitting.priors import joint_priors
from infer_smpl_fit.smpl_fitting.rig import rig_of
from infer_smpl_fit.smpl_fitting.rotations import exponential
from tests.infer_smpl_fit.scenes import errors, scene_of

UP = np.array((0.0, 1.0, 0.0))
FEET = [10, 11]


@pytest.fixture(scope="module")
def builtin():
    return load_body(None)


@pytest.fixture(params=["dance", *POSTURES])
def moving(request, builtin):
    """Poses, transl, and a detector's COCO keypoints."""
    poses, transl = posture(request.param, 31, 90, 60.0, builtin.rest_joints)
    seen = keypoints_of(builtin, poses, transl, convention="coco17")
    return poses, transl, seen + np.random.default_rng(5).normal(0, 0.01, seen.shape)


def test_postures_are_natural(moving):
    limits = joint_priors(np.arange(24))
    beyond = (moving[0] < limits.lowest - 0.05) | (moving[0] > limits.highest + 0.05)
    assert beyond[:, 1:].mean() < 0.005


def test_unseen_joints_are_within_two_centimetres_in_every_posture(moving, builtin):
    poses, transl, seen = moving
    fit = fit_body(builtin, seen, "coco17", fps=60.0, units="m", up=UP)
    found = joints_of(builtin, fit.poses, fit.transl) - joints_of(builtin, poses, transl)
    off = 1000 * np.linalg.norm(found, axis=2)[:, :22]
    assert off.mean() < 12 and np.delete(off, FEET, axis=1).mean() < 9


@pytest.mark.parametrize("kind", ["dance", "seated", "handstand"])
def test_what_is_up_follows_from_trunk_and_hands(kind, builtin):
    poses, transl = posture(kind, 32, 90, 60.0, builtin.rest_joints)
    rig = rig_of(builtin, convention_of("coco17", 17))
    shape = np.zeros(builtin.beta_count), 1.0, np.zeros((len(rig.bones), 3))
    posed = forward(rig, State(exponential(poses), transl, *shape))
    # A back may lean by 30 degrees.
    assert guessed_up(posed.joints, posed.world, 60.0) @ UP > 0.86
    assert (
        guessed_up(posed.joints[:1], posed.world[:1], 60.0)
        @ UP
        * (-1 if kind == "handstand" else 1)
        > 0.86
    )


def test_a_foot_stands_until_it_is_lifted():
    noise = np.random.default_rng(3).normal(0, 0.005, (90, 3))
    track = noise + np.array((1.0, 0.1, 2.0))
    track[40:50, 1] += 0.2 * np.sin(np.linspace(0, np.pi, 10))
    seen = np.ones(90, bool)
    seen[20:23] = False
    first, second = stands_of(track, seen, 60.0)
    assert first[0] == 0 and 34 <= first[-1] <= 42 and 48 <= second[0] <= 56
    assert stands_of(np.linspace(0, 1, 90)[:, None] * np.ones(3), seen, 60.0) == []
    assert stands_of(track, np.zeros(90, bool), 60.0) == []


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_feet_of_a_dance_stand_still(builtin, fps):
    scene = scene_of(builtin, "coco17", 216, frames=int(2 * fps), fps=fps, shapes=0.0)
    fit = fit_body(builtin, scene.seen, "coco17", fps=fps)
    assert errors(scene, fit)["joints"] < (7.5 if fps == 60 else 9)
