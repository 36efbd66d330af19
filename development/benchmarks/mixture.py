"""Mixtures of two Gaussians a pixel and channel: ours against a loop over scikit-learn's."""

from __future__ import annotations

import time

import numpy as np
from rich.table import Table

from development.synthetic.scenes import make_scene
from development.tables import new_table


def table() -> Table:
    """Fits a second of both, on values of the same scene."""
    scene = make_scene("moving", seed=101)
    ours, loop = _ours(scene.frames), _scikit_learn(scene.frames)
    title = "mixtures of two Gaussians, fits a CPU second, one thread each"
    table = new_table(title, ("scikit-learn's loop", "ours", "ratio"))
    table.add_row(f"{loop:.0f}", f"{ours:.0f}", f"{ours / loop:.0f}")
    return table


def _ours(frames: np.ndarray) -> float:
    import numba

    from extract_background.plate_estimation.mixture import heavier_mean

    gains = np.ones((len(frames), 3), np.float32)
    use = np.full(frames.shape[:3], 255, np.uint8)
    heavier_mean(frames[:, :4, :4].copy(), use[:, :4, :4].copy(), gains)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    start = time.process_time()
    heavier_mean(frames, use, gains)
    passed = time.process_time() - start
    numba.set_num_threads(threads)
    return frames[0].size / passed


def _scikit_learn(frames: np.ndarray) -> float:
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    values = frames[:, 100:108, 100:108].reshape(len(frames), -1)
    start = time.process_time()
    with threadpool_limits(1):
        for column in values.T:
            GaussianMixture(2, random_state=0).fit(column[:, None].astype(float))
    return values.shape[1] / (time.process_time() - start)
