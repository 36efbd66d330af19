"""Given cameras that are adjusted: judged on frames left out, started anew, doubted."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from development.synthetic.capture import NOISE
from tests.infer_multiview_triangulation.studio_shots import centre_error, error, shot, solve

FOUR = (1, 3, 5, 7)
# Where the cameras alone are looked at.
REFINING = {"mode": "refine_cameras", "optimise": False}


def turned(cameras, degrees, seed=0, centimetres=5.0):
    """Every camera turned about its own centre, and moved."""
    rng = np.random.default_rng(seed)
    out = []
    for camera in cameras:
        axis = rng.normal(0, 1, 3)
        turn = np.deg2rad(degrees) * axis / np.linalg.norm(axis)
        rotation = Rotation.from_rotvec(turn) * Rotation.from_rotvec(camera.rotation)
        centre = camera.centre + centimetres * rng.normal(0, 1, 3)
        translation = -rotation.as_matrix() @ centre
        out.append(replace(camera, rotation=rotation.as_rotvec(), translation=translation))
    return out


def test_adjusted_cameras_are_judged_on_frames_left_out():
    taken = shot(201, 64, NOISE)
    found = solve(taken, cameras=turned(taken.cameras, 0.7), **REFINING)
    assert found.quality["held_out_given"] > 3 * found.quality["held_out_adjusted"]
    assert found.quality["held_out_adjusted"] < 7
    plain = solve(taken, optimise=False)
    assert plain.quality["held_out_adjusted"] is None


@pytest.mark.parametrize("degrees", [10])
def test_cameras_measured_by_hand_are_found_from_the_people(degrees):
    taken = shot(202, 64, NOISE, views=FOUR)
    given = turned(taken.cameras, degrees, centimetres=15)
    found = solve(taken, cameras=given, **REFINING)
    assert found.quality["held_out_adjusted"] < 8
    assert centre_error(found.cameras, taken.cameras) < 15
    for old, new in zip(given, found.cameras, strict=True):
        np.testing.assert_array_equal(old.matrix, new.matrix)


def test_where_hardly_anything_moves_the_given_cameras_stay_or_are_doubted():
    taken = shot(203, 1, NOISE, views=FOUR)
    still = np.repeat(taken.keypoints, 64, axis=1)
    noise = np.random.default_rng(204).normal(0, 1, (*still.shape[:-1], 2))
    still[..., :2] += noise
    found = solve(taken, still, **REFINING)
    assert any("hardly moves" in text for text in found.quality["warnings"])


def test_cameras_that_are_right_are_not_made_worse():
    taken = shot(205, 40, NOISE, views=FOUR)
    found = solve(taken, mode="refine_cameras")
    assert error(found.keypoints3d_optim, taken.points) < 2
    if found.quality["held_out_adjusted"] >= found.quality["held_out_given"]:
        assert any("given ones are kept" in text for text in found.quality["warnings"])
        np.testing.assert_array_equal(found.cameras[0].translation, taken.cameras[0].translation)
