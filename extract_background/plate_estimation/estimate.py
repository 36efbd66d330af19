"""From a store of frames to a plate, by any of the methods."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from . import bootstrap
from .gain import drift, estimate_gains
from .means import alpha_mean, masked_mean
from .plate import Plate
from .store import FrameStore

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
FOREGROUND_WEIGHT = 40
EDGE_SHARE = 120
SEEN_WEIGHT = 128
INPAINT_RADIUS = 5
EASYVOLCAP_STEP = 10


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


def estimate_plate(
    store: FrameStore,
    options: PlateOptions | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Plate:
    """Estimate the empty background of the frames in ``store``.

    Raises:
        ValueError: The store is empty, or the method is unknown or needs mattes.
        InterruptedError: ``should_stop`` returned True.
    """
    options = options or PlateOptions()
    if store.count == 0:
        raise ValueError("there is no frame to estimate a background from")
    method = _method(options.method, store.has_mattes)
    warnings = []
    if store.count < 5:
        warnings.append(f"only {store.count} frames were used; people may stay in the plate")
    gains = np.ones((store.count, 3), np.float32)
    if options.gain_alignment and store.count > 1:
        gains = estimate_gains(store)
    background, seen = _estimators()[method](store, gains, options, should_stop)
    coverage = seen.astype(np.float32) / store.count
    holes = seen == 0
    share = float(holes.mean())
    if share > 0.05:
        warnings.append(f"{share:.1%} of the plate was never seen and is a guess")
    pixels = np.clip(background, 0, 255)
    truncated = method == "alpha_mean" and options.truncate
    whole = (pixels if truncated else np.rint(pixels)).astype(np.uint8)
    if options.fill_holes and 0 < share < 1:
        whole = fill(whole, holes)
    report = {
        "method": method,
        "frames_offered": store.offered,
        "frames_used": store.count,
        "hole_share": share,
        "gain_drift": drift(gains),
        "warnings": warnings,
    }
    for warning in warnings:
        logger.warning(warning)
    return Plate(whole, coverage, holes, report)


def fill(background: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Inpaint ``holes`` at a size that keeps the time bounded; other pixels stay."""
    height, width = holes.shape
    scale = min(1.0, 960 / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    wide = cv2.dilate(holes.astype(np.uint8), np.ones((3, 3), np.uint8))
    mask = (cv2.resize(wide.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0).astype(
        np.uint8
    )
    small = cv2.resize(background, size, interpolation=cv2.INTER_AREA)
    inpainted = cv2.inpaint(small, mask, INPAINT_RADIUS, cv2.INPAINT_NS)
    large = cv2.resize(inpainted, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(holes[..., None], large, background)


def _method(name: str, has_mattes: bool) -> str:
    if name not in METHODS:
        raise ValueError(f"method {name!r} is not one of {', '.join(METHODS)}")
    if name == "auto":
        return "robust" if has_mattes else "bootstrap"
    if name in NEEDS_MATTES and not has_mattes:
        raise ValueError(f"method {name} needs mattes; without them use bootstrap, median or gmm")
    return name


def _estimators() -> dict[str, Callable]:
    return {
        "robust": _robust,
        "bootstrap": _bootstrap,
        "median": _median,
        "weighted_median": _weighted_median,
        "gmm": _gmm,
        "alpha_mean": _alpha_mean,
        "masked_mean": _masked_mean,
    }


def _tiled(store: FrameStore, kernel: Callable, stop: Callable[[], bool]) -> np.ndarray:
    """Run ``kernel(rows, frames, weights)`` over tiles of rows."""
    out = np.empty(store.frames.shape[1:], np.float32)
    for rows, frames, weights in store.tiles():
        if stop():
            raise InterruptedError("the estimation was stopped")
        out[rows] = kernel(rows, frames, weights)
    return out


def _seen(store: FrameStore) -> np.ndarray:
    total = np.zeros(store.weights.shape[1:], np.int32)
    for weight in store.weights:
        total += weight >= SEEN_WEIGHT
    return total


def _safe_weights(weights: np.ndarray, rows: slice, radius: int) -> np.ndarray:
    """Weights of some rows, eroded by ``radius``: real mattes are smaller than the person.

    A pixel that is then seen in no frame keeps the weights that it had.
    """
    top, bottom = max(0, rows.start - radius), min(weights.shape[1], rows.stop + radius)
    box = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    inner = slice(rows.start - top, rows.stop - top)
    eroded = np.stack([cv2.erode(weight[top:bottom], box)[inner] for weight in weights])
    plain = _background_weights(np.ascontiguousarray(weights[:, rows]))
    eroded = _background_weights(eroded)
    lost = ~(eroded > 0).any(axis=0)
    eroded[:, lost] = plain[:, lost]
    return eroded


def _background_weights(weights: np.ndarray) -> np.ndarray:
    """Weights squared, none where the matte says foreground: its core may be 254, not 255."""
    squared = (weights.astype(np.uint16) ** 2 // 255).astype(np.uint8)
    squared[weights < FOREGROUND_WEIGHT] = 0
    return squared


def _robust(store, gains, options, stop) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001
    from .kernels import robust_mean

    radius = max(1, round(min(store.frames.shape[1:3]) / EDGE_SHARE))

    def kernel(rows: slice, frames: np.ndarray, _: np.ndarray) -> np.ndarray:
        return robust_mean(frames, _safe_weights(store.weights, rows, radius), gains)

    return _tiled(store, kernel, stop), _seen(store)


def _weighted_median(store, gains, options, stop) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001
    from .kernels import median

    return _tiled(store, lambda _, f, w: median(f, w, gains), stop), _seen(store)


def _median(store, gains, options, stop) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001
    from .kernels import median

    def kernel(_: slice, frames: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return median(frames, np.full_like(weights, 255), gains)

    return _tiled(store, kernel, stop), np.full(store.frames.shape[1:3], store.count)


def _gmm(store, gains, options, stop) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001
    from .kernels import polish
    from .mixture import heavier_mean

    def kernel(_: slice, frames: np.ndarray, weights: np.ndarray) -> np.ndarray:
        mean = heavier_mean(frames, weights, gains)
        return polish(frames, weights, gains, mean) if options.polish else mean

    return _tiled(store, kernel, stop), _seen(store)


def _alpha_mean(store, gains, options, stop) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001
    return alpha_mean(store, gains), _seen(store)


def _masked_mean(store, gains, options, stop) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001
    step = EASYVOLCAP_STEP if store.count >= 5 * EASYVOLCAP_STEP else 1
    mean, seen = masked_mean(store, gains, options.dilation, step)
    return mean, seen * step


def _bootstrap(store, gains, options, stop) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001
    from .kernels import median, robust_mean

    motion = bootstrap.motion_weights(store) if store.count > 1 else store.weights
    weights = motion

    def tiled(kernel: Callable) -> np.ndarray:
        return _tiled(store, lambda rows, f, _: kernel(f, _rows(weights, rows), gains), stop)

    plate = tiled(median)
    for _ in range(bootstrap.ROUNDS if store.count > 2 else 0):
        weights = bootstrap.distance_weights(store, plate, gains, motion)
        plate = tiled(robust_mean)
    return plate, np.maximum(1, (weights >= SEEN_WEIGHT).sum(axis=0))


def _rows(weights: np.ndarray, rows: slice) -> np.ndarray:
    return np.ascontiguousarray(weights[:, rows])
