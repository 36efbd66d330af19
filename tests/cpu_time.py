"""CPU time on machines that differ, and that others use too.

A limit holds for the machine on which it was measured, when that is quiet. Elsewhere, and where
others fill the caches, all work takes longer: :func:`slowdown` says by how much a fixed piece of
work does just now, and the least of a few tries is what the code costs.
"""

import time

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded

TRIES = 4
# What the fixed work takes on the quiet machine that the limits come from.
FIXED_WORK_SECONDS = 0.16


def least(measure, limit):
    """The least of up to four values of ``measure()``; the first one below ``limit`` ends it."""
    values = []
    while len(values) < TRIES and (not values or min(values) >= limit):
        values.append(measure())
    return min(values)


def seconds_of(work):
    """How many seconds of CPU time ``work()`` would take on the quiet machine."""
    before = slowdown()
    taken = _cpu_seconds(work)
    return taken / ((before + slowdown()) / 2)


def slowdown():
    """How many times longer than on the quiet machine fixed work takes here and now; at least 1."""
    return max(1.0, _cpu_seconds(_fixed_work) / FIXED_WORK_SECONDS)


def _cpu_seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def _fixed_work():
    """Rotations of many points, small arrays in a loop, banded systems: what the engines do."""
    random = np.random.default_rng(0)
    points, rotations = random.normal(size=(2000, 25, 3)), random.normal(size=(25, 3, 3))
    band = np.abs(random.normal(size=(13, 3000))) + 30 * (np.arange(13) == 0)[:, None]
    for _ in range(8):
        turned = np.einsum("jab,fjb->fja", rotations, points)
        np.linalg.norm(turned - np.roll(turned, 1, axis=0), axis=-1).sum()
        factor = cholesky_banded(band, lower=True)
        cho_solve_banded((factor, True), points.reshape(-1)[:3000])
        for row in points[:400, 0]:
            np.cross(row, rotations[0, 0])
