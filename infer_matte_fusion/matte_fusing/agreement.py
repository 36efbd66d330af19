"""How well an empty background fits one frame: as a whole, and near each pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .options import FusionOptions

UNLIKE_LEVELS = 20
FEWEST_PIXELS = 64
# What a camera's automatic may do, how many pixels tell, and from how many levels on a difference
# is no exposure's.
LEAST_GAIN, MOST_GAIN = 0.6, 1.7
SAMPLE, ROUNDS, OUTLIER_LEVELS = 1500, 4, 6.0
# A wall of one colour tells no gain: as if the plate spread this far, in levels, by a gain of 1.
PRIOR_SPREAD = 8.0
# A difference is the person's from here on: levels, and multiples of the background's own nearby.
OWN_LEVELS, OWN_RATIO = 2.0, 2.0
SHRINKING = 4
MOST_LEVELS = 255.0
LEAST_KNOWN = 1e-3
MEAN_OF_CHANNELS = np.full((1, 3), 1 / 3, np.float32)


@dataclass(frozen=True)
class Agreement:
    """How a plate fits a frame.

    Attributes:
        trust: float32 (h, w), 0 to 1: how far the plate is right near each pixel.
        contrast: float32 (h, w), 0 to 1: whether frame and plate differ by more than the
            background nearby does.
        misfit: Share of the background that differs by more than 20 levels.
        difference: Mean difference of the background in grey levels.
        gain, offset: Of each channel: what brings the plate to the frame's exposure.
    """

    trust: np.ndarray
    contrast: np.ndarray
    misfit: float
    difference: float
    gain: np.ndarray
    offset: np.ndarray


def agreement_of(
    frame: np.ndarray,
    plate: np.ndarray,
    is_background: np.ndarray,
    *,
    options: FusionOptions,
    scale: float,
) -> Agreement | None:
    """Compare where there is surely background; None where there is too little of it.

    Args:
        frame, plate: float32 (h, w, 3) of one size, 0 to 255.
        is_background: bool (h, w): surely background, and seen in the plate.
        options: How trust falls.
        scale: Size of these pictures beside one that is 720 high.
    """
    count = int(is_background.sum())
    if count < FEWEST_PIXELS:
        return None
    chosen = np.flatnonzero(is_background)[:: max(1, count // SAMPLE)]
    gain, offset = fit_exposure(plate.reshape(-1, 3)[chosen], frame.reshape(-1, 3)[chosen])
    exposed = cv2.transform(plate, np.column_stack([np.diag(gain), offset]))
    signed = cv2.blur(cv2.subtract(frame, exposed), (3, 3))
    distance = cv2.transform(np.abs(signed), MEAN_OF_CHANNELS)
    of_background = distance[is_background]
    misfit = float((of_background > UNLIKE_LEVELS).mean())
    near = _mean_nearby(distance, is_background, sigma=options.neighbourhood * scale)
    span = options.refused_misfit - options.doubted_misfit
    as_a_whole = np.float32(np.clip((options.refused_misfit - misfit) / span, 0, 1))
    return Agreement(
        trust=np.exp(-np.square(near / options.levels)) * as_a_whole,
        contrast=np.clip(distance / (OWN_LEVELS + OWN_RATIO * near) - 1, 0, 1),
        misfit=misfit,
        difference=float(of_background.mean()),
        gain=gain,
        offset=offset,
    )


def fit_exposure(plate: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gain and offset, float32 (3,) each, that bring ``plate`` to ``frame``, both (N, 3).

    Least squares, weighted anew in each round by Cauchy's weight of what is left over, so that
    what no exposure explains counts little.
    """
    gain, offset = np.ones(3), np.median(frame - plate, axis=0).astype(np.float64)
    for _ in range(ROUNDS):
        weight = 1 / (1 + np.square((frame - plate * gain - offset) / OUTLIER_LEVELS))
        total = weight.sum(axis=0)
        mean_plate, mean_frame = ((weight * x).sum(axis=0) / total for x in (plate, frame))
        dx, dy = plate - mean_plate, frame - mean_frame
        prior = total * PRIOR_SPREAD**2
        gain = ((weight * dx * dy).sum(axis=0) + prior) / ((weight * dx * dx).sum(axis=0) + prior)
        gain = np.clip(gain, LEAST_GAIN, MOST_GAIN)
        offset = mean_frame - gain * mean_plate
    return gain.astype(np.float32), offset.astype(np.float32)


def _mean_nearby(values: np.ndarray, counts: np.ndarray, *, sigma: float) -> np.ndarray:
    """The Gaussian mean of ``values`` (h, w) over what ``counts``; 255 far from any."""
    height, width = values.shape
    size = (-(-width // SHRINKING), -(-height // SHRINKING))
    weight = counts.astype(np.float32)
    shrunk = (cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (values * weight, weight))
    total, known = (cv2.GaussianBlur(x, (0, 0), sigma / SHRINKING) for x in shrunk)
    mean = np.full_like(total, MOST_LEVELS)
    np.divide(total, known, out=mean, where=known > LEAST_KNOWN)
    return cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)
