"""From a store of frames to a plate, by any of the methods."""

from __future__ import annotations

import logging

import numpy as np

from ..extract_background_kit.stopping import ShouldStop, never
from .aligned import AlignedFrames, Estimate
from .bootstrap import bootstrap
from .gain import estimate_gains
from .holes import fill_holes
from .means import alpha_mean, masked_mean
from .options import PlateOptions
from .per_pixel import gaussian_mixture, median, weighted_median
from .plate import Plate
from .report import make_report, plate_warnings
from .robust import robust
from .store import FrameStore

logger = logging.getLogger(__name__)


def estimate_plate(
    store: FrameStore, options: PlateOptions | None = None, should_stop: ShouldStop = never
) -> Plate:
    """Estimate the empty background of the frames in ``store``.

    Example:
        >>> store = FrameStore()
        >>> for frame, matte in zip(frames, mattes):  # doctest: +SKIP
        ...     store.add(frame, matte)
        >>> plate = estimate_plate(store).background  # doctest: +SKIP

    Raises:
        ValueError: The store is empty, or the method is unknown or needs mattes.
        Stopped: ``should_stop`` returned True.
    """
    options = options or PlateOptions()
    if store.count == 0:
        raise ValueError("there is no frame to estimate a background from")
    method = options.method_for(store.has_mattes)
    gains = np.ones((store.count, 3), np.float32)
    if options.gain_alignment and store.count > 1:
        gains = estimate_gains(store)
    frames = AlignedFrames(store, gains, should_stop)
    estimate = _estimated(method, frames, options)
    levels = np.clip(estimate.background, 0, 255)
    is_cut = method == "alpha_mean" and options.truncate
    background = (levels if is_cut else np.rint(levels)).astype(np.uint8)
    holes = estimate.seen == 0
    if options.fill_holes and holes.any() and not holes.all():
        background = fill_holes(background, holes)
    report = make_report(frames, estimate, background, method=method)
    found = plate_warnings(store, report)
    for warning in found:
        logger.warning(warning)
    report["warnings"] = [*store.warnings, *found]
    return Plate(background, estimate.coverage, holes, report)


def _estimated(method: str, frames: AlignedFrames, options: PlateOptions) -> Estimate:
    if method == "robust":
        return robust(frames)
    if method == "bootstrap":
        return bootstrap(frames)
    if method == "median":
        return median(frames)
    if method == "weighted_median":
        return weighted_median(frames)
    if method == "gmm":
        return gaussian_mixture(frames, options.polish)
    if method == "alpha_mean":
        return alpha_mean(frames)
    return masked_mean(frames, options.dilation)
