"""From a store of frames to a plate, by any of the methods."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..extract_background_kit.stopping import ShouldStop, never
from .aligned import AlignedFrames, Estimate
from .gain import estimate_gains
from .holes import doubtful, fill_holes
from .moving import MovingPlate, described, registered
from .plate import Plate, PlateOptions
from .progress import Meter, Progress, part, silent
from .report import make_report, plate_warnings
from .store import FrameStore

logger = logging.getLogger(__name__)

# Shares of the background that look unlike the plate: from which on registering is tried, and of
# that what may be left for it to be worth it.
TRIED_FROM, WORTH_IT = 0.015, 0.7
# From which share on a plate of registered frames is none: where the camera turns, zooms or shakes,
# 0.003 or less was measured, and 0.05 to 0.07 in a tracking shot, whose middle frames such a plate
# seems to fit.
MOST_UNLIKE_REGISTERED = 0.03
# What registering takes of the time.
REGISTERING = 0.4
# What finding the gains takes of the time, and each method's passes: tenths of a second for 60
# frames of 960x540 on one thread.
GAINS = 5.0
PASSES: dict[str, Sequence[float]] = {
    "robust": (23, 1),
    "bootstrap": (1, 11, 2, 3, *(4, 4) * 2, 4, 16),
    "median": (12,),
    "weighted_median": (17, 1),
    "gmm": (90, 1),
    "alpha_mean": (12, 1),
    "masked_mean": (5, 5),
}


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
    options.method_for(store.has_mattes)
    plate = None
    if options.registration == "on":
        plate = _registered_plate(store, options, None, should_stop, progress)
    elif _may_be_registered(store, options):
        before = _share_unlike(store.shrunk(), options, should_stop)
        if before > TRIED_FROM:
            plate = _registered_plate(store, options, before, should_stop, progress)
    if plate is None or isinstance(plate, str):
        begin = 0.0 if plate is None else REGISTERING
        fixed = _fixed_plate(store, options, should_stop, part(progress, begin, 1))
        if plate is not None:
            fixed.report["registration"] = f"none: {plate}"
        plate = fixed
    progress(1.0)
    found = plate_warnings(store, plate.report)
    for warning in found:
        logger.warning(warning)
    plate.report["warnings"] = [*store.warnings, *found]
    return plate


def _fixed_plate(
    store: FrameStore, options: PlateOptions, should_stop: ShouldStop, progress: Progress
) -> Plate:
    """The plate of the frames as they are."""
    method = options.method_for(store.has_mattes)
    is_aligned = options.gain_alignment and store.count > 1
    meter = Meter(progress, [*([GAINS] if is_aligned else []), *PASSES[method]])
    gains = np.ones((store.count, 3), np.float32)
    frames = AlignedFrames(store, gains, should_stop, meter)
    if is_aligned:
        small = replace(frames, store=store.shrunk())
        frames = replace(frames, gains=estimate_gains(small.store, small.each()))
    estimate = _estimated(method, frames, options)
    levels = np.clip(estimate.background, 0, 255)
    is_cut = method == "alpha_mean" and options.truncate
    background = (levels if is_cut else np.rint(levels)).astype(np.uint8)
    holes = estimate.seen == 0
    if options.fill_holes and holes.any() and not holes.all():
        background = fill_holes(background, doubtful(holes, estimate.coverage))
    report = make_report(frames, estimate, background, method=method)
    return Plate(background, estimate.coverage, holes, report)


def _may_be_registered(store: FrameStore, options: PlateOptions) -> bool:
    """Whether registering the frames may be worth trying."""
    return options.registration == "auto" and store.has_mattes and store.count > 1


def _share_unlike(store: FrameStore, options: PlateOptions, should_stop: ShouldStop) -> float:
    """How much of the background looks unlike a plate of ``store``, which has small frames."""
    unfilled = replace(options, fill_holes=False)
    return _fixed_plate(store, unfilled, should_stop, silent).report["unlike_share"]


def _registered_plate(
    store: FrameStore,
    options: PlateOptions,
    before: float | None,
    should_stop: ShouldStop,
    progress: Progress,
) -> Plate | str:
    """The plate of registered frames, or why it is none.

    Args:
        store: The frames.
        options: How.
        before: How much of the background looks unlike a plate of the frames as they are; None:
            there is to be no such plate.
        should_stop, progress: As for :func:`estimate_plate`.

    Raises:
        ValueError: ``before`` is None, and the frames cannot be registered.
    """
    found = registered(store, should_stop, part(progress, 0, REGISTERING))
    if isinstance(found, str):
        if before is not None:
            return found
        raise ValueError(
            f"registration=on: {found}. Use registration=auto or off, or give mattes of the "
            "people, whose features are then left out"
        )
    own = replace(options, method=_of_canvas(options, store.has_mattes))
    if before is not None:
        after = _share_unlike(found.shrunk().canvas(), own, should_stop)
        if after > min(WORTH_IT * before, MOST_UNLIKE_REGISTERED):
            return (
                f"{after:.1%} of the background would look unlike a plate of registered frames, "
                f"{before:.1%} does as they are"
            )
    mosaic = _fixed_plate(found.canvas(), own, should_stop, part(progress, REGISTERING, 1))
    positions = found.indices * store.stride
    moving = MovingPlate(mosaic.background, mosaic.coverage, found.registration, positions)
    view = moving.reference_view
    holes = view.coverage == 0
    report = {
        **mosaic.report,
        "frames_offered": store.offered,
        "stride": store.stride,
        "mattes_used": store.mattes,
        "hole_share": float(holes.mean()),
        "mean_coverage": float(view.coverage.mean()),
        "registration": described(moving),
    }
    return Plate(view.background, view.coverage, holes, report, moving)


def _of_canvas(options: PlateOptions, has_mattes: bool) -> str:
    """The method for frames that do not show all of the canvas: one that minds weights."""
    method = options.method_for(has_mattes)
    return "weighted_median" if method == "median" else method


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
