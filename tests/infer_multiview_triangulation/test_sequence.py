"""The optimisation over time: its derivatives, gaps, lengths and standard errors."""

import numpy as np
import pytest
from scipy.linalg import cholesky_banded, solve_triangular

from development.synthetic.capture import NOISE, Faults
from infer_multiview_triangulation.multiview_geometry import SKELETONS
from infer_multiview_triangulation.multiview_geometry.points.rays import rays_of
from infer_multiview_triangulation.multiview_geometry.points.robust import triangulate_robust
from infer_multiview_triangulation.multiview_geometry.sequence.aist_objective import smooth_scale
from infer_multiview_triangulation.multiview_geometry.sequence.banded import solved_lower
from infer_multiview_triangulation.multiview_geometry.sequence.robust_objective import (
    SequenceWeights,
    optimise_sequence,
)
from infer_multiview_triangulation.multiview_geometry.sequence.trajectories import bone_lengths
from infer_multiview_triangulation.multiview_geometry.sequence.uncertainty import marginal_errors
from tests.infer_multiview_triangulation.studio_shots import error, shot

BONES = np.array(SKELETONS["coco17"].bones)


def optimised(taken, **options):
    rays = rays_of(taken.cameras, taken.keypoints)
    found = triangulate_robust(rays)
    start, weights = found.agreed(len(taken.points)), SequenceWeights(**options)
    return start, optimise_sequence(rays, start, BONES, scale=found.scale, weights=weights)


@pytest.fixture(scope="module")
def taken():
    return shot(161, 120, Faults(noise=4, missing=0.05), views=(1, 3, 5, 7))


def test_bones_and_smoothness_each_help(taken):
    start, _ = optimised(taken)
    known = np.isfinite(start[..., 0])

    def off(**weights):
        return error(optimised(taken, **weights)[1].points[known], taken.points[known])

    alone = off(smooth=0, bone=0)
    assert alone <= 1.05 * error(start, taken.points)
    assert off(smooth=0) < 0.95 * alone
    assert off(bone=0) < 0.8 * alone
    assert off() < off(bone=0)


def test_bones_get_their_true_lengths(taken):
    truth = bone_lengths(taken.points, BONES)
    start, found = optimised(taken)
    spread = [
        np.nanstd(np.linalg.norm(x[:, BONES[:, 0]] - x[:, BONES[:, 1]], axis=-1), axis=0).mean()
        for x in (start, found.points)
    ]
    assert np.abs(bone_lengths(found.points, BONES) - truth).max() < 0.5
    assert spread[1] < 0.5 * spread[0]


def test_weights_are_in_pixels_so_that_units_do_not_matter(taken):
    metres = [camera.transformed(np.eye(3), np.zeros(3), 0.01) for camera in taken.cameras]
    _, found = optimised(taken)
    _, small = optimised(taken._replace(cameras=metres))
    np.testing.assert_allclose(small.points * 100, found.points, atol=2e-3)
    np.testing.assert_allclose(small.sigma * 100, found.sigma, rtol=1e-2)


def test_gaps_are_bridged_by_motion_and_bones(taken):
    kept = taken.keypoints.copy()
    kept[:, 50:60, 9] = np.nan
    start, found = optimised(taken._replace(keypoints=kept))
    assert np.isnan(start[50:60, 9]).all()
    assert error(found.points[50:60, 9], taken.points[50:60, 9]) < 6
    lengths = np.linalg.norm(found.points[50:60, 7] - found.points[50:60, 9], axis=-1)
    np.testing.assert_allclose(lengths, bone_lengths(taken.points, BONES)[1], atol=1.5)


def test_standard_errors_are_of_the_errors_size():
    for views in ((1, 3), range(1, 10)):
        taken = shot(162, 150, NOISE, views=views)
        _, found = optimised(taken)
        off = np.linalg.norm(found.points - taken.points, axis=-1)
        assert 0.4 < np.nanmedian(off / found.sigma) < 1.2


def test_standard_errors_are_the_inverses_diagonal():
    rng = np.random.default_rng(163)
    frames, smooth = 9, 2.5
    roots = rng.normal(0, 1, (frames, 2, 3, 3))
    information = np.einsum("fjab,fjcb->fjac", roots, roots)
    information[3:6, 1] = 0
    bend = np.zeros((frames - 2, frames))
    for row in range(frames - 2):
        bend[row, row : row + 3] = 1, -2, 1
    expected = np.empty((frames, 2))
    for joint in range(2):
        whole = np.kron(smooth * bend.T @ bend, np.eye(3))
        for frame in range(frames):
            part = slice(3 * frame, 3 * frame + 3)
            whole[part, part] += information[frame, joint]
        variance = np.diag(np.linalg.inv(whole)).reshape(frames, 3)
        expected[:, joint] = np.sqrt(variance.sum(axis=1))
    np.testing.assert_allclose(marginal_errors(information, smooth), expected, rtol=1e-4)
    alone = marginal_errors(information, 0)
    assert np.isnan(alone[3:6, 1]).all()
    assert (alone[:3] >= expected[:3]).all()


def test_aist_smoothness_is_relative_to_the_motion():
    steps = np.zeros((20, 2, 3))
    steps[..., 0] = np.arange(20)[:, None]
    assert smooth_scale(steps) == pytest.approx(4 / np.abs(np.diff(steps, axis=0)).mean(), rel=0.4)
    assert smooth_scale(np.zeros((5, 2, 3))) == 0
    assert smooth_scale(np.zeros((1, 2, 3))) == 0


@pytest.mark.parametrize(("size", "bandwidth"), [(40, 0), (50, 12), (300, 110), (90, 89)])
def test_a_banded_factor_solves_what_a_dense_one_does(size, bandwidth):
    rng = np.random.default_rng(bandwidth)
    lower = np.tril(np.triu(rng.normal(size=(size, size)), -bandwidth), -1) / 20 + 3 * np.eye(size)
    band = np.zeros((bandwidth + 1, size))
    for below in range(bandwidth + 1):
        band[below, : size - below] = (lower @ lower.T).diagonal(-below)
    right = rng.normal(size=(size, 3))
    solved = solved_lower(cholesky_banded(band, lower=True), right)
    np.testing.assert_allclose(solved, solve_triangular(lower, right, lower=True), atol=1e-12)
