"""The compiled statistics through time, against their definitions and other libraries."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from extract_background.plate_estimation import kernels, mixture, time_statistics


def test_mixture_equals_sklearn_from_the_same_start():
    rng = np.random.default_rng(5)
    for _ in range(20):
        spread = rng.uniform(1, 12, 2)
        count = int(rng.integers(20, 120))
        near = rng.normal(rng.uniform(30, 200), spread[0], count)
        far = rng.normal(rng.uniform(30, 200), spread[1], 150 - count)
        values = np.clip(np.rint(np.concatenate([near, far])), 0, 255)
        levels, counts = np.unique(values, return_counts=True)
        counts = counts.astype(float)
        course = (levels, counts, np.empty_like(levels), len(levels))
        ours = np.empty((3, 2))
        mixture.start_mixture(*course, ours)
        weights, means, variances = ours.copy()
        reference = GaussianMixture(
            2,
            weights_init=weights,
            means_init=means[:, None],
            precisions_init=1 / variances[:, None, None],
        ).fit(values[:, None])
        iterations = mixture.fit_mixture(*course, ours)
        assert iterations == reference.n_iter_
        _, means, variances = ours
        np.testing.assert_allclose(means, reference.means_[:, 0], atol=1e-6)
        np.testing.assert_allclose(variances, reference.covariances_[:, 0, 0], atol=1e-6)


@pytest.mark.parametrize("count", [1, 9])
def test_medians_and_means_are_those_of_the_definitions(count):
    """Over more than a block of channels, with gains, weights, an outlier and an unseen pixel."""
    rng = np.random.default_rng(3)
    frames = rng.normal(rng.integers(0, 256, (1, 2, 70, 3)), 4, (count, 2, 70, 3))
    frames = frames.clip(0, 255).astype(np.uint8)
    frames[0, :, ::5] = 255
    weights = rng.choice(np.array([0, 40, 255], np.uint8), (count, 2, 70))
    weights[:, 0, 0] = 0
    gains = rng.uniform(0.9, 1.1, (count, 3)).astype(np.float32)
    medians, means = (
        kernel(frames, weights, gains) for kernel in (kernels.median, kernels.robust_mean)
    )
    for y, x, c in np.ndindex(2, 70, 3):
        mass = weights[:, y, x].astype(np.float64)
        values = (frames[:, y, x, c] * gains[:, c]).astype(np.float64)
        if mass.sum() == 0:
            assert medians[y, x, c] == means[y, x, c] == 0
            continue
        centre = _histogram_median(values + 0.5, mass) - 0.5
        assert medians[y, x, c] == pytest.approx(centre, abs=1e-3)
        mad = (_histogram_median(4 * abs(values - centre), mass)) / 4
        reach = 4.685 * max(1.4826 * mad, 0.7)
        for _ in range(2):
            kept = mass * np.clip(1 - ((values - centre) / reach) ** 2, 0, None) ** 2
            centre += (kept * (values - centre)).sum() / kept.sum()
        assert means[y, x, c] == pytest.approx(centre, abs=0.02)


def _histogram_median(values, mass):
    """Of bins of width 1, each of which is evenly filled."""
    histogram = np.bincount(np.minimum(values, 255).astype(int), mass, 256)
    level = int(np.argmax(2 * np.cumsum(histogram) >= mass.sum()))
    return level + (mass.sum() / 2 - histogram[:level].sum()) / histogram[level]


def test_kernels_are_compiled_for_one_set_of_types():
    """A second one would cost a first run as much again."""
    frames, weights = np.full((5, 8, 8, 3), 90, np.uint8), np.full((5, 8, 8), 255, np.uint8)
    # As tiles are, and as they are on disk; as a plain array, and broadcast.
    gains = np.ones((5, 3), np.float32)
    plate = kernels.median(frames, np.broadcast_to(np.uint8(255), weights.shape), gains)
    kernels.polish(frames, weights, gains, start=kernels.robust_mean(frames, weights, gains))
    kernels.largest_difference(frames[0], gains[0], plate)
    mixture.heavier_mean(frames, weights, gains)
    whole = (kernels._polish, kernels._differences, mixture._heavier_mean)
    whole += (time_statistics._statistics,)
    for kernel in whole:
        kernel.recompile()
    parts = (kernels._load, kernels._count, kernels._median, kernels._tukey_mean)
    parts += (mixture.start_mixture, mixture.fit_mixture, mixture._maximise, mixture._expect)
    parts += (time_statistics._load, time_statistics._search, time_statistics._weigh)
    assert {kernel: len(kernel.signatures) for kernel in whole} == dict.fromkeys(whole, 1)
    # Of kernels that an earlier run has kept, the parts need not be compiled at all.
    assert max(len(part.signatures) for part in parts) <= 1
