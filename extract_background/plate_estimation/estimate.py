"""From a store of frames to a plate, by any of the methods."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .bootstrap import bootstrap
from .gain import estimate_gains
from .holes import fill
from .means import alpha_mean, masked_mean
from .plate import Plate
from .report import make_report
from .robust import robust
from .store import FrameStore
from .tiling import seen_often, tiled

logger = logging.getLogger(__name__)

METHODS = (
    "auto",
    "robust",
    "bootstrap",
    "median",
    "weighted_median",
    "gmm",
    "alpha_mean",
    "masked_mean",
)
NEEDS_MATTES = ("robust", "weighted_median", "alpha_mean", "masked_mean")
EASYVOLCAP_STEP = 10
FEWEST_AFTER_STEP = 5


@dataclass(frozen=True)
class PlateOptions:
    """How to estimate.

    Attributes:
        method: One of :data:`METHODS`; auto is robust with mattes and bootstrap without.
        gain_alignment: Even out exposure and white balance between frames first.
        fill_holes: Inpaint pixels that no frame shows.
        polish: After gmm, a Tukey mean around its result; False is the notebook's.
        truncate: alpha_mean cuts decimals as AIST++ does, instead of rounding.
        dilation: Side of masked_mean's box in pixels.
    """

    method: str = "auto"
    gain_alignment: bool = True
    fill_holes: bool = True
    polish: bool = True
    truncate: bool = False
    dilation: int = 20

    def method_for(self, has_mattes: bool) -> str:
        """The method that auto stands for, or the one that was named.

        Raises:
            ValueError: There is no such method, or it needs mattes and there are none.
        """
        if self.method not in METHODS:
            raise ValueError(f"method {self.method!r} is not one of {', '.join(METHODS)}")
        if self.method == "auto":
            return "robust" if has_mattes else "bootstrap"
        if self.method in NEEDS_MATTES and not has_mattes:
            raise ValueError(
                f"method {self.method} needs mattes; without them use bootstrap, median or gmm"
            )
        return self.method


def estimate_plate(
    store: FrameStore,
    options: PlateOptions | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Plate:
    """Estimate the empty background of the frames in ``store``.

    Example:
        >>> store = FrameStore()
        >>> for frame, matte in zip(frames, mattes):  # doctest: +SKIP
        ...     store.add(frame, matte)
        >>> plate = estimate_plate(store).background  # doctest: +SKIP

    Raises:
        ValueError: The store is empty, or the method is unknown or needs mattes.
        InterruptedError: ``should_stop`` returned True.
    """
    options = options or PlateOptions()
    if store.count == 0:
        raise ValueError("there is no frame to estimate a background from")
    method = options.method_for(store.has_mattes)
    gains = np.ones((store.count, 3), np.float32)
    if options.gain_alignment and store.count > 1:
        gains = estimate_gains(store)
    background, coverage, used = _estimate(method, store, gains, options, should_stop)
    pixels = np.clip(background, 0, 255)
    truncated = method == "alpha_mean" and options.truncate
    whole = (pixels if truncated else np.rint(pixels)).astype(np.uint8)
    holes = coverage == 0
    if options.fill_holes and holes.any() and not holes.all():
        whole = fill(whole, holes)
    report = make_report(store, method, used, whole, coverage, gains)
    for warning in report["warnings"]:
        logger.warning(warning)
    return Plate(whole, coverage, holes, report)


def _estimate(
    method: str,
    store: FrameStore,
    gains: np.ndarray,
    options: PlateOptions,
    should_stop: Callable[[], bool],
) -> tuple[np.ndarray, np.ndarray, int]:
    """The plate float (H, W, 3), coverage float32 (H, W), and how many frames were looked at."""
    used = store.count
    if method == "robust":
        background, seen = robust(store, gains, should_stop)
    elif method == "bootstrap":
        background, seen = bootstrap(store, gains, should_stop)
    elif method == "masked_mean":
        step = _easyvolcap_step(store)
        background, seen = masked_mean(store, gains, options.dilation, step)
        used = len(range(0, store.count, step))
    elif method == "median":
        even = np.broadcast_to(np.uint8(255), store.frames.shape[:3])
        background = tiled(store, _median(), gains, should_stop, even)
        seen = np.full(store.frames.shape[1:3], store.count)
    else:
        seen = seen_often(store)
        if method == "weighted_median":
            background = tiled(store, _median(), gains, should_stop)
        elif method == "gmm":
            background = tiled(store, _mixture(options.polish), gains, should_stop)
        else:
            background = alpha_mean(store, gains)
    return background, (seen / used).astype(np.float32), used


def _easyvolcap_step(store: FrameStore) -> int:
    """Every 10th frame of the clip; less where that would leave hardly any."""
    return max(1, min(EASYVOLCAP_STEP // store.stride, store.count // FEWEST_AFTER_STEP))


def _median() -> Callable:
    from .kernels import median

    return median


def _mixture(with_polish: bool) -> Callable:
    from .kernels import polish
    from .mixture import heavier_mean

    def kernel(frames: np.ndarray, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
        mean = heavier_mean(frames, weights, gains)
        return polish(frames, weights, gains, mean) if with_polish else mean

    return kernel
