"""From a store of frames to a plate, by any of the methods."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..extract_background_kit.pictures import size_within
from ..extract_background_kit.stopping import ShouldStop, never
from .aligned import AlignedFrames, Estimate
from .gain import estimate_gains
from .plate import Plate, PlateOptions
from .progress import Meter, Progress, silent
from .report import make_report, plate_warnings
from .store import FrameStore

logger = logging.getLogger(__name__)

# What finding the gains takes of the time, and each method's passes: tenths of a second for 60
# frames of 960x540 on one thread.
GAINS = 5.0
PASSES: dict[str, Sequence[float]] = {
    "robust": (23, 1),
    "bootstrap": (1, 11, 10, *(16, 16) * 3),
    "median": (12,),
    "weighted_median": (17, 1),
    "gmm": (90, 1),
    "alpha_mean": (12, 1),
    "masked_mean": (5, 5),
}
INPAINTED_SIDE, INPAINTING_RADIUS = 960, 5


def estimate_plate(
    store: FrameStore,
    options: PlateOptions | None = None,
    should_stop: ShouldStop = never,
    progress: Progress = silent,
) -> Plate:
    """Estimate the empty background of the frames in ``store``.

    Example:
        >>> store = FrameStore()
        >>> for frame, matte in zip(frames, mattes):  # doctest: +SKIP
        ...     store.add(frame, matte)
        >>> plate = estimate_plate(store).background  # doctest: +SKIP

    Args:
        store: The frames.
        options: How; None: as by default.
        should_stop: Asked between frames and tiles.
        progress: Told the share that is done, 0 to 1.

    Raises:
        ValueError: The store is empty, or the method is unknown or needs mattes.
        Stopped: ``should_stop`` returned True.
    """
    options = options or PlateOptions()
    if store.count == 0:
        raise ValueError("there is no frame to estimate a background from")
    method = options.method_for(store.has_mattes)
    is_aligned = options.gain_alignment and store.count > 1
    meter = Meter(progress, [*([GAINS] if is_aligned else []), *PASSES[method]])
    gains = np.ones((store.count, 3), np.float32)
    frames = AlignedFrames(store, gains, should_stop, meter)
    if is_aligned:
        frames = replace(frames, gains=estimate_gains(store, frames.each()))
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
    progress(1.0)
    return Plate(background, estimate.coverage, holes, report)


def _estimated(method: str, frames: AlignedFrames, options: PlateOptions) -> Estimate:
    # Their kernels bring numba, which takes seconds to load and to compile.
    from . import means, per_pixel
    from .bootstrap import bootstrap

    if method == "gmm":
        return per_pixel.gaussian_mixture(frames, options.polish)
    if method == "masked_mean":
        return means.masked_mean(frames, options.dilation)
    plain = {
        "robust": per_pixel.robust,
        "bootstrap": bootstrap,
        "median": per_pixel.median,
        "weighted_median": per_pixel.weighted_median,
        "alpha_mean": means.alpha_mean,
    }
    return plain[method](frames)


def fill_holes(background: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Inpaint ``holes`` at a size that keeps the time bounded; other pixels stay.

    Args:
        background: uint8 (H, W, 3).
        holes: bool (H, W).
    """
    height, width = holes.shape
    size = size_within(holes.shape, INPAINTED_SIDE)
    wide = cv2.dilate(holes.astype(np.uint8), np.ones((3, 3), np.uint8))
    touched = cv2.resize(wide.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    small = cv2.resize(background, size, interpolation=cv2.INTER_AREA)
    inpainted = cv2.inpaint(small, touched.astype(np.uint8), INPAINTING_RADIUS, cv2.INPAINT_NS)
    large = cv2.resize(inpainted, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(holes[..., None], large, background)
