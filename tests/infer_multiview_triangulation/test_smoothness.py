"""The weight of smoothness that the data choose."""

from dataclasses import replace

import numpy as np
import pytest

from development.synthetic.capture import NOISE, TYPICAL, Faults
from infer_multiview_triangulation.parameters import InferMultiviewTriangulationParam, Settings
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve

FOUR = (1, 3, 5, 7)


def test_sharp_observations_are_hardly_smoothed_and_noisy_ones_are():
    sharp = shot(191, 60, Faults(noise=0.3), views=FOUR)
    found = solve(sharp)
    assert found.quality["smooth"] <= 0.1
    assert error(found.keypoints3d_optim, sharp.points) <= 1.05 * error(
        found.keypoints3d, sharp.points
    )
    fixed = solve(sharp, smooth=1.0)
    assert error(found.keypoints3d_optim, sharp.points) < error(
        fixed.keypoints3d_optim, sharp.points
    )
    noisy = solve(shot(192, 60, Faults(noise=8), views=FOUR))
    assert noisy.quality["smooth"] >= 1
    weights, missed = np.array(noisy.quality["smooth_curve"]).T
    assert (np.diff(weights) > 0).all()
    assert (missed > 8).all()


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


@pytest.mark.parametrize("value", ["much", "-1", "1001", "nan", ""])
def test_other_weights_are_refused(value):
    with pytest.raises(ValueError, match="neither auto nor a number"):
        InferMultiviewTriangulationParam().set_values({"smooth": value})


def test_weights_of_saved_workflows_are_taken():
    assert Settings(smooth="1.0").options.smooth == 1.0
    assert Settings().options.smooth == "auto"
