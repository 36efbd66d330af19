"""The weights of smoothness and of bones that the data choose."""

from dataclasses import replace

import numpy as np
import pytest

from development.synthetic.board import waved_board
from development.synthetic.capture import (
    CLEAN,
    NOISE,
    TYPICAL,
    Faults,
    detect,
    detect_points,
    studio,
)
from infer_multiview_triangulation.multiview_geometry import reconstruct, skeleton_of
from infer_multiview_triangulation.parameters import InferMultiviewTriangulationParam, Settings
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve

FOUR = (1, 3, 5, 7)


def jerky(seed, noise):
    """People who really tremble, by half a centimetre from frame to frame."""
    taken = shot(seed, 60, CLEAN, views=FOUR)
    points = taken.points + np.random.default_rng(seed).normal(0, 0.5, taken.points.shape)
    seen = detect(points, taken.cameras, "coco17", Faults(noise=noise), seed + 1)
    return taken._replace(points=points, keypoints=seen)


def test_what_really_trembles_is_hardly_smoothed_and_noise_is():
    taken = jerky(191, 0.3)
    found, fixed = solve(taken, bone=0.1), solve(taken, bone=0.1, smooth=1.0)
    assert found.quality["smooth"] <= 0.1
    off = error(found.keypoints3d_optim, taken.points)
    assert off < 0.7 * error(fixed.keypoints3d_optim, taken.points)
    noisy = solve(shot(192, 60, Faults(noise=8), views=FOUR))
    assert noisy.quality["smooth"] >= 1
    weights, missed = np.array(noisy.quality["smooth_curve"]).T
    assert (np.diff(weights) > 0).all()
    assert (missed > 8).all()


def test_sharp_corners_are_no_worse_than_frame_by_frame():
    points, cameras = waved_board(60, seed=195), studio(FOUR, seed=195)
    board = skeleton_of("auto", points.shape[1])
    seen = detect_points(points, cameras, board, Faults(0.4, missing=0.2), 196)
    found = reconstruct(seen[:, :, None], cameras, board, fps=30)
    known = np.isfinite(found.keypoints3d[..., 0])
    off = error(found.keypoints3d_optim[known], points[known])
    assert off < error(found.keypoints3d[known], points[known])


@pytest.mark.parametrize("faults", [TYPICAL, replace(NOISE, memory=0.97)])
def test_what_is_chosen_is_nearly_the_best(faults):
    taken = shot(193, 80, faults, views=FOUR)
    off = error(solve(taken).keypoints3d_optim, taken.points)
    best = min(
        error(solve(taken, smooth=smooth).keypoints3d_optim, taken.points)
        for smooth in (0.1, 1.0, 10.0)
    )
    assert off <= 1.05 * best


def test_a_number_is_taken_as_it_is_and_two_views_leave_nothing_to_predict():
    taken = shot(194, 20, NOISE, views=FOUR)
    found = solve(taken, smooth=2.5)
    assert (found.quality["smooth"], found.quality["smooth_curve"]) == (2.5, [])
    two = shot(194, 20, NOISE, views=(1, 3))
    assert (solve(two).quality["smooth"], solve(two).quality["smooth_curve"]) == (1.0, [])
    with pytest.raises(ValueError, match="smooth 'much' is neither auto nor a number"):
        solve(taken, smooth="much")


def test_bones_are_stiff_where_they_are_constant_and_noise_lasts():
    taken = shot(197, 90, replace(TYPICAL, memory=0.97), views=range(1, 10))
    found = solve(taken)
    smooth = found.quality["smooth"]
    loose = solve(taken, smooth=smooth)
    assert (found.quality["bone"], loose.quality["bone"]) == (10.0, 1.0)
    off = error(found.keypoints3d_optim, taken.points)
    assert off < error(loose.keypoints3d_optim, taken.points)
    assert solve(taken, bone=0.0).quality["bone"] == 0.0


def test_bones_stay_loose_where_their_lengths_change():
    assert solve(jerky(198, 3.0)).quality["bone"] == 1.0


@pytest.mark.parametrize("value", ["much", "-1", "1001", "nan", ""])
def test_other_weights_are_refused(value):
    with pytest.raises(ValueError, match="neither auto nor a number"):
        InferMultiviewTriangulationParam().set_values({"smooth": value})


def test_weights_of_saved_workflows_are_taken():
    assert Settings(smooth="1.0").options.smooth == 1.0
    assert Settings().options.smooth == "auto"
