"""Two mattes of one frame into one: the base, helped at its edges by the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ..infer_matte_fusion_kit.pictures import resized
from .agreement import Agreement, agreement_of
from .options import FusionOptions

WORKING_SIDE = 640
REFERENCE_SIDE = 720
EMPTY, EDGE_RANGE = 0.02, 0.1
# Of the pixels of a picture 720 high: how far from the base's matte background is sure.
SAFE_DISTANCE = 6.0
NEAR = np.ones((3, 3), np.uint8)

UNFIT = (
    "the plate does not fit this frame, so the base is taken as it is: it is another scene's, or "
    "the camera moved; a hand-held camera needs a plate that is registered to each frame"
)
DOUBTED = "the plate fits this frame in part only, so the second matte has a smaller share"
NO_BACKGROUND = (
    "beside the base's matte there is hardly any background that the plate shows, so nothing tells "
    "whether it fits, and the base is taken as it is"
)


@dataclass(frozen=True)
class FusedMatte:
    """One matte of two.

    Attributes:
        alpha: float32 (H, W), 0 to 1.
        share: float32 (H, W), 0 to 1: how much of ``alpha`` is the second matte's.
        report: JSON values: ``mean_share`` over the picture and ``edge_share`` where the second
            matte was asked; of the background beside the person ``misfit``, the share that differs
            from the plate by more than 20 levels, and ``difference``, the mean in grey levels;
            ``gain`` and ``offset`` from the plate's exposure to the frame's, by channel; these
            four are None where there is too little background; ``warnings``.
    """

    alpha: np.ndarray
    share: np.ndarray
    report: dict[str, Any]


def fuse(
    frame: np.ndarray,
    base: np.ndarray,
    second: np.ndarray,
    plate: np.ndarray,
    *,
    coverage: np.ndarray | None = None,
    options: FusionOptions | None = None,
) -> FusedMatte:
    """Let ``second`` help ``base`` near its soft edge, where ``plate`` fits the frame.

    Where it does not fit, ``base`` is returned as it is, and the report says why.

    Args:
        frame: uint8 RGB (H, W, 3).
        base: A matte that needs no plate, float32 (H, W) in 0..1.
        second: Background matting's before ``plate``, likewise.
        plate: The empty scene, uint8 RGB; of another size it is resized.
        coverage: float32 (H, W) in 0..1, the share of frames in which each pixel of the plate was
            seen; None: all was.
        options: None takes those for background matting's built-in weights.

    Raises:
        ValueError: The sizes of frame, mattes and coverage differ.

    Example:
        >>> import numpy as np
        >>> plate = np.full((90, 120, 3), 200, np.uint8)
        >>> second = np.zeros((90, 120), np.float32)
        >>> second[20:, 40:80] = 1
        >>> frame = np.where(second[..., None] > 0, np.uint8(40), plate)
        >>> base = cv2.blur(second, (9, 9))
        >>> fused = fuse(frame, base, second, plate)
        >>> bool(np.abs(fused.alpha - second).sum() < np.abs(base - second).sum())
        True
    """
    options = options or FusionOptions()
    _check_sizes(frame, base=base, second=second, coverage=coverage)
    small = _shrunk(base)
    height, width = small.shape
    scale = min(height, width) / REFERENCE_SIDE
    seen = _seen(coverage, options) if coverage is not None else np.ones_like(small, bool)
    safe = cv2.dilate(small, _disc(SAFE_DISTANCE * scale)) < EMPTY
    small_plate = _shrunk(plate) if plate.shape == frame.shape else resized(plate, width, height)
    fit = agreement_of(
        _shrunk(frame).astype(np.float32),
        small_plate.astype(np.float32),
        safe & seen,
        options=options,
        scale=scale,
    )
    if fit is None:
        return _base_alone(base, None, NO_BACKGROUND)
    if fit.misfit >= options.refused_misfit:
        return _base_alone(base, fit, UNFIT)
    away_from_holes = cv2.erode(seen.astype(np.float32), _disc(options.hole_margin * scale))
    asked = _edge(small, options.reach * scale) * fit.trust * away_from_holes
    adding, removing = options.adding * asked, options.removing * asked
    if options.by_contrast:
        adding, removing = adding * fit.contrast, removing * (1 - fit.contrast)
    share, lower = (cv2.resize(x, base.shape[::-1]) for x in (adding, removing))
    cv2.copyTo(lower, cv2.compare(second, base, cv2.CMP_LE), share)
    alpha = cv2.add(base, cv2.multiply(share, cv2.subtract(second, base)))
    warnings = [DOUBTED] if fit.misfit > options.doubted_misfit else []
    return FusedMatte(alpha, share, _report(fit, share, warnings))


def _check_sizes(
    frame: np.ndarray, *, base: np.ndarray, second: np.ndarray, coverage: np.ndarray | None
) -> None:
    for name, given in (("base", base), ("second", second), ("coverage", coverage)):
        if given is not None and given.shape != frame.shape[:2]:
            raise ValueError(f"{name} is {given.shape}, but the frame {frame.shape}")


def _shrunk(picture: np.ndarray) -> np.ndarray:
    """Halved until the long side is small enough: by two OpenCV averages fast."""
    while max(picture.shape[:2]) > WORKING_SIDE:
        height, width = picture.shape[:2]
        half = (-(-width // 2), -(-height // 2))
        picture = cv2.resize(picture, half, interpolation=cv2.INTER_AREA)
    return picture


def _seen(coverage: np.ndarray, options: FusionOptions) -> np.ndarray:
    """Where nothing of the plate is a guess, bool (h, w)."""
    known = (coverage >= options.least_coverage).view(np.uint8) * np.uint8(255)
    return _shrunk(known) == 255


def _edge(alpha: np.ndarray, reach: float) -> np.ndarray:
    """1 within ``reach`` pixels of where ``alpha`` (h, w) changes, falling to 0 over one pixel."""
    changes = cv2.dilate(alpha, NEAR) - cv2.erode(alpha, NEAR) > EDGE_RANGE
    return cv2.blur(cv2.dilate(changes.astype(np.float32), _disc(reach)), (3, 3))


def _disc(radius: float) -> np.ndarray:
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def _base_alone(base: np.ndarray, fit: Agreement | None, warning: str) -> FusedMatte:
    share = np.zeros_like(base)
    return FusedMatte(base.copy(), share, _report(fit, share, [warning]))


def _report(fit: Agreement | None, share: np.ndarray, warnings: list[str]) -> dict[str, Any]:
    count = cv2.countNonZero(share)
    total = cv2.sumElems(share)[0]
    return {
        "mean_share": total / share.size,
        "edge_share": total / count if count else 0.0,
        "misfit": fit and fit.misfit,
        "difference": fit and fit.difference,
        "gain": fit and fit.gain.tolist(),
        "offset": fit and fit.offset.tolist(),
        "warnings": warnings,
    }
