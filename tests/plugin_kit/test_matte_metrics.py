"""The errors of mattes are those of the literature."""

import numpy as np
import pytest

from plugin_kit.flow.matte_metrics import gradient_kernels, score_clip


def test_gradients_are_taken_with_the_usual_kernel():
    """A row of the 9x9 kernel that matting evaluations use, as they print it."""
    along, across = gradient_kernels()
    row = (0.02129793834, 0.09526309547, 0.22739476709, 0.24440984960, 0)
    np.testing.assert_allclose(across[3] * along[:5], row, atol=1e-10)


def test_metrics_equal_the_formulas():
    rng = np.random.default_rng(3)
    a, t = rng.random((2, 4, 30, 40), dtype=np.float32)
    score = score_clip(a, t)
    changes = np.diff(a, axis=0) - np.diff(t, axis=0)
    assert score.mad == pytest.approx(1000 * np.abs(a - t).mean(), rel=1e-5)
    assert score.mse == pytest.approx(1000 * ((a - t) ** 2).mean(), rel=1e-5)
    per_frame = np.sqrt((changes**2).mean(axis=(1, 2)))
    assert score.dtssd == pytest.approx(100 * per_frame.mean(), rel=1e-5)
    both, either = (a > 0.5) & (t > 0.5), (a > 0.5) | (t > 0.5)
    iou = (both.sum(axis=(1, 2)) / either.sum(axis=(1, 2))).mean()
    assert score.iou == pytest.approx(iou, rel=1e-6)
    same = score_clip(t, t)
    assert (same.dice, same.iou, same.mad, same.mse, same.dtssd) == (1, 1, 0, 0, 0)
    # OpenCV's filters round by where an array lies in memory.
    assert same.grad == pytest.approx(0, abs=1e-9)
    empty = score_clip(np.zeros_like(t), np.zeros_like(t))
    assert empty.dice == empty.iou == 1
    with pytest.raises(ValueError, match="two equal clips"):
        score_clip(a, t[:2])
