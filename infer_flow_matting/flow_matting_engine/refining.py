"""A coarse alpha video made stable in time: medians along the flow, or a causal blend.

A neighbour's picture is brought to the frame along the flow, and trusted as far as both agree.
Flow and trust are found at the flow's own size; only the mattes are brought along it at the
picture's, and only where one of them is above 0.
"""

import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from ..infer_flow_matting_kit.flow.dense_flow import DenseFlow, DisFlow, downscaled, upscaled_flow
from ..infer_flow_matting_kit.pictures import size_within
from .medians import Neighbour, median_along_flow
from .warping import (
    even_share,
    flow_confidence,
    forward_backward_error,
    photometric_error,
    warp,
)

Method = Literal["median", "causal"]

# What the causal blend takes from the past where the flow is beyond doubt.
PAST_SHARE = 0.7
# The better neighbour's confidence from which the median counts in full.
ENOUGH_CONFIDENCE = 0.3
# A cut's error is this many times what the frames before it had.
CUT_JUMP = 3.0
CUT_MEMORY = 0.8


@dataclass(frozen=True)
class RefinedMatte:
    """One frame's result.

    Attributes:
        frame: The picture that it belongs to, uint8 RGB (H, W, 3), as it was given.
        alpha: Refined matte, float32 (H, W) in 0..1.
        small_confidence: ``confidence`` at the size at which it was found, float32 (h, w).
        small_flow: ``flow`` likewise, float32 (h, w, 2), in pixels of that size.
        begins: Whether a sequence (or a scene) begins here.
    """

    frame: np.ndarray
    alpha: np.ndarray
    small_confidence: np.ndarray
    small_flow: np.ndarray
    begins: bool

    @property
    def confidence(self) -> np.ndarray:
        """How far the flow was trusted, float32 (H, W) in 0..1; 0 without a neighbour."""
        return _enlarged(self.small_confidence, self.alpha.shape)

    @property
    def flow(self) -> np.ndarray:
        """From this frame to the one before, float32 (H, W, 2); 0 at a sequence's first."""
        return upscaled_flow(self.small_flow, *self.alpha.shape)


@dataclass
class _Frame:
    """A frame on its way: picture, matte, flow to the frame before, and what that one brings.

    ``small`` (h, w, 3) and ``small_alpha`` (h, w) are picture and matte at the flow's size.
    """

    picture: np.ndarray
    small: np.ndarray
    alpha: np.ndarray
    small_alpha: np.ndarray
    flow: np.ndarray
    begins: bool
    earlier: Neighbour | None = None

    def refined(self, alpha: np.ndarray, confidence: np.ndarray) -> RefinedMatte:
        """Its result."""
        return RefinedMatte(self.picture, alpha, confidence, self.flow, self.begins)


class FlowRefiner:
    """Refine frame after frame.

    Args:
        method: ``median`` of the frame and its two neighbours, which comes one frame late, or
            ``causal``, which blends the past in and is never late.
        flow: Dense flow; OpenCV's DIS if None.
        cut_threshold: Mean brightness error after warping, in grey levels, from which a scene cut
            is suspected; 0 never looks for cuts.

    Example:
        >>> refiner = FlowRefiner("causal")
        >>> picture, matte = np.zeros((48, 64, 3), np.uint8), np.ones((48, 64), np.float32)
        >>> refiner.push(picture, matte).alpha.shape
        (48, 64)
    """

    def __init__(
        self, method: Method = "median", flow: DenseFlow | None = None, cut_threshold: float = 10.0
    ) -> None:
        if method not in ("median", "causal"):
            raise ValueError(f"method {method!r} is neither median nor causal")
        self._method, self._flow, self._cut = method, flow or DisFlow(), cut_threshold
        self._error = 0.0
        self._last: _Frame | None = None

    def push(self, frame: np.ndarray, alpha: np.ndarray) -> RefinedMatte | None:
        """Take the next frame, uint8 RGB (H, W, 3), and its matte, float32 (H, W) in 0..1.

        Returns:
            ``causal``: this frame's result. ``median``: that of the frame before; None at a
            sequence's first. A frame of another size begins a new sequence by itself; the last
            result before it comes first.

        Raises:
            ValueError: The matte's size is not the frame's, or a dtype is not the stated one.
        """
        _check(frame, alpha)
        last = self._last
        if last is not None and last.alpha.shape != alpha.shape:
            last = None
        # Of a flow that has no size of its own the pictures keep theirs.
        long_side = getattr(self._flow, "long_side", max(alpha.shape))
        size = size_within(frame.shape, long_side)
        small, small_alpha = downscaled(frame, size), downscaled(alpha, size)
        still = np.zeros((*small_alpha.shape, 2), np.float32)
        current = _Frame(frame, small, alpha, small_alpha, still, last is None)
        later = None if last is None else self._connect(last, current)
        done = self._last
        self._last = current
        if self._method == "causal":
            current.alpha, confidence = _blended(current.alpha, current.earlier)
            return current.refined(current.alpha, confidence)
        return None if done is None else _median(done, later)

    def flush(self) -> RefinedMatte | None:
        """End the sequence, and return the last frame's result if it is still owed."""
        last = self._last
        self.reset()
        return _median(last, None) if last is not None and self._method == "median" else None

    def reset(self) -> None:
        """Forget the frames so far: the next one begins a new sequence."""
        self._last, self._error = None, 0.0

    def _connect(self, last: _Frame, current: _Frame) -> Neighbour | None:
        """Find the way of each frame's alpha to the other, and return what ``last`` gets.

        None, and there is no way, where a scene cut lies between them.
        """
        backward = self._flow(current.small, last.small)
        brought = warp(last.small, backward)
        if self._is_cut(_brightness_error(current.small, brought)):
            current.begins = True
            return None
        current.flow = backward
        forward = self._flow(last.small, current.small)
        errors = photometric_error(current.small, brought)
        current.earlier = _neighbour(last, backward, forward, errors=errors)
        if self._method == "causal":
            return None
        errors = photometric_error(last.small, warp(current.small, forward))
        return _neighbour(current, forward, backward, errors=errors)

    def _is_cut(self, error: float) -> bool:
        usual, self._error = self._error, error
        if 0 < self._cut < error and error > CUT_JUMP * usual:
            # Twice in a row it is no cut, but what this video's noise does to every frame.
            self._error = math.inf
            return True
        is_known = 0 < usual < math.inf
        self._error = CUT_MEMORY * usual + (1 - CUT_MEMORY) * error if is_known else error
        return False


def refine_clip(
    frames: Iterable[np.ndarray],
    alphas: Iterable[np.ndarray],
    method: Method = "median",
    *,
    flow: DenseFlow | None = None,
    cut_threshold: float = 10.0,
) -> Generator[RefinedMatte, None, None]:
    """Refine a whole clip, one result a frame in order; three frames are held at a time.

    Args:
        frames: uint8 RGB (H, W, 3), the clip's pictures.
        alphas: As many mattes, float32 (H, W) in 0..1.
        method, flow, cut_threshold: As for :class:`FlowRefiner`.

    Raises:
        ValueError: There are more frames than mattes or the reverse, or their sizes differ.
    """
    refiner = FlowRefiner(method, flow, cut_threshold)
    for frame, alpha in zip(frames, alphas, strict=True):
        result = refiner.push(frame, alpha)
        if result is not None:
            yield result
    result = refiner.flush()
    if result is not None:
        yield result


def _neighbour(
    frame: _Frame, flow: np.ndarray, way_back: np.ndarray, *, errors: np.ndarray
) -> Neighbour:
    """``frame``, whose matte is brought along ``flow``; photometric ``errors`` are known."""
    # In pixels of the picture.
    scale = max(frame.alpha.shape) / max(errors.shape)
    gap = scale * forward_backward_error(flow, way_back)
    return Neighbour(frame.alpha, frame.small_alpha, flow, flow_confidence(gap, errors))


def _median(current: _Frame, later: Neighbour | None) -> RefinedMatte:
    """The frame between its neighbours; with one neighbour alone the causal blend."""
    earlier = current.earlier
    if earlier is None or later is None:
        alpha, confidence = _blended(current.alpha, earlier or later)
    else:
        # Two neighbours whose flow lost the pixel would outvote the frame's own matte.
        best = np.maximum(earlier.confidence, later.confidence)
        share = np.minimum(1, best / ENOUGH_CONFIDENCE)
        alpha = median_along_flow(
            earlier, current.alpha, later, own_small=current.small_alpha, share=share
        )
        confidence = (earlier.confidence + later.confidence) / 2
    return current.refined(alpha, confidence)


def _enlarged(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if picture.shape == shape:
        return picture
    return cv2.resize(picture, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def _blended(alpha: np.ndarray, neighbour: Neighbour | None) -> tuple[np.ndarray, np.ndarray]:
    if neighbour is None:
        return alpha, np.zeros_like(alpha)
    confidence = neighbour.confidence
    step = _warped(neighbour) - alpha
    share = even_share(PAST_SHARE * confidence, downscaled(step, confidence.shape[::-1]))
    return alpha + _enlarged(share, alpha.shape) * step, confidence


def _brightness_error(image: np.ndarray, warped: np.ndarray) -> float:
    """The mean difference of two pictures, uint8 RGB (H, W, 3), in grey levels."""
    grey = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (image, warped))
    return float(cv2.absdiff(*grey).mean())


def _warped(neighbour: Neighbour) -> np.ndarray:
    """A neighbour's alpha brought to this frame, float32 (H, W)."""
    return warp(neighbour.alpha, upscaled_flow(neighbour.flow, *neighbour.alpha.shape))


def _check(frame: np.ndarray, alpha: np.ndarray) -> None:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise ValueError(f"a frame is uint8 (H, W, 3); this one is {frame.dtype} {frame.shape}")
    if alpha.dtype != np.float32 or alpha.shape != frame.shape[:2]:
        raise ValueError(
            f"the matte of a frame {frame.shape[:2]} is float32 of that size; this one is "
            f"{alpha.dtype} {alpha.shape}"
        )
