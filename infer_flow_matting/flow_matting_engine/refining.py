"""A coarse alpha video made stable in time: medians along the flow, or a causal blend.

A neighbour's picture is brought to the frame along the flow, and trusted as far as both agree.
"""

import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

from ..infer_flow_matting_kit.flow.dense_flow import DenseFlow, DisFlow

Method = Literal["median", "causal"]

# What the causal blend takes from the past where the flow is beyond doubt.
PAST_SHARE = 0.7
# The better neighbour's confidence from which the median counts in full.
ENOUGH_CONFIDENCE = 0.3
# A cut's error is this many times what the frames before it had.
CUT_JUMP = 3.0
CUT_MEMORY = 0.8
# Errors at which confidence falls to 1/e: pixels between forward and backward flow, grey levels.
CONSISTENCY_SCALE = 1.0
PHOTOMETRIC_SCALE = 12.0
# cv2.remap takes points in one array or in two.
NO_SECOND_MAP = np.empty(0, np.float32)


@dataclass(frozen=True)
class RefinedMatte:
    """One frame's result.

    Attributes:
        frame: The picture that it belongs to, uint8 RGB (H, W, 3), as it was given.
        alpha: Refined matte, float32 (H, W) in 0..1.
        confidence: How far the flow was trusted, float32 (H, W) in 0..1; 0 without a neighbour.
        flow: From this frame to the one before, float32 (H, W, 2); 0 at a sequence's first.
        begins: Whether a sequence (or a scene) begins here.
    """

    frame: np.ndarray
    alpha: np.ndarray
    confidence: np.ndarray
    flow: np.ndarray
    begins: bool


@dataclass(frozen=True)
class _Neighbour:
    """A neighbouring frame's alpha warped to this one, and the flow's confidence; both (H, W)."""

    alpha: np.ndarray
    confidence: np.ndarray


@dataclass
class _Frame:
    """A frame on its way: picture, matte, flow to the frame before, and what that one brings."""

    picture: np.ndarray
    grey: np.ndarray
    alpha: np.ndarray
    flow: np.ndarray
    begins: bool
    earlier: _Neighbour | None = None

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
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        last = self._last
        if last is not None and last.grey.shape != grey.shape:
            last = None
        current = _Frame(frame, grey, alpha, np.zeros((*grey.shape, 2), np.float32), last is None)
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

    def _connect(self, last: _Frame, current: _Frame) -> _Neighbour | None:
        """Warp each frame's alpha to the other, and return what ``last`` gets.

        None, and nothing is warped, where a scene cut lies between them.
        """
        backward = self._flow(current.picture, last.picture)
        errors = photometric_error(current.grey, warp(last.grey, backward))
        if self._is_cut(float(errors.mean())):
            current.begins = True
            return None
        current.flow = backward
        forward = self._flow(last.picture, current.picture)
        current.earlier = _neighbour(last.alpha, backward, forward, errors=errors)
        if self._method == "causal":
            return None
        errors = photometric_error(last.grey, warp(current.grey, forward))
        return _neighbour(current.alpha, forward, backward, errors=errors)

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


def median_of_three(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The middle one of three values, pixel by pixel."""
    return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))


def _neighbour(
    alpha: np.ndarray, flow: np.ndarray, way_back: np.ndarray, *, errors: np.ndarray
) -> _Neighbour:
    """``alpha`` brought along ``flow``, whose photometric ``errors`` are known."""
    confidence = flow_confidence(forward_backward_error(flow, way_back), errors)
    return _Neighbour(warp(alpha, flow), confidence)


def _median(current: _Frame, later: _Neighbour | None) -> RefinedMatte:
    """The frame between its neighbours; with one neighbour alone the causal blend."""
    earlier = current.earlier
    if earlier is None or later is None:
        alpha, confidence = _blended(current.alpha, earlier or later)
    else:
        middle = median_of_three(earlier.alpha, current.alpha, later.alpha)
        # Two neighbours whose flow lost the pixel would outvote the frame's own matte.
        best = np.maximum(earlier.confidence, later.confidence)
        share = np.minimum(1, best / ENOUGH_CONFIDENCE)
        alpha = current.alpha + share * (middle - current.alpha)
        confidence = (earlier.confidence + later.confidence) / 2
    return current.refined(alpha, confidence)


def _blended(alpha: np.ndarray, neighbour: _Neighbour | None) -> tuple[np.ndarray, np.ndarray]:
    if neighbour is None:
        return alpha, np.zeros_like(alpha)
    share = PAST_SHARE * neighbour.confidence
    return alpha + share * (neighbour.alpha - alpha), neighbour.confidence


def _check(frame: np.ndarray, alpha: np.ndarray) -> None:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise ValueError(f"a frame is uint8 (H, W, 3); this one is {frame.dtype} {frame.shape}")
    if alpha.dtype != np.float32 or alpha.shape != frame.shape[:2]:
        raise ValueError(
            f"the matte of a frame {frame.shape[:2]} is float32 of that size; this one is "
            f"{alpha.dtype} {alpha.shape}"
        )


@lru_cache(maxsize=2)
def _grid(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([x, y], axis=-1)


def warp(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """What ``image`` (H, W) or (H, W, C) shows at the points to which ``flow`` leads.

    ``flow`` float32 (H, W, 2) goes from the wanted frame to the frame of ``image``. Points outside
    take the nearest border pixel.
    """
    points = _grid(*flow.shape[:2]) + flow
    return cv2.remap(
        image, points, NO_SECOND_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def forward_backward_error(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """Distance in pixels (H, W) between a point and where ``forward`` and ``backward`` lead it."""
    gap = forward + warp(backward, forward)
    return cv2.magnitude(gap[..., 0], gap[..., 1])


def photometric_error(image: np.ndarray, warped: np.ndarray) -> np.ndarray:
    """Absolute difference of two uint8 grey pictures as float32 (H, W)."""
    return cv2.absdiff(image, warped).astype(np.float32)


def flow_confidence(consistency: np.ndarray, photometric: np.ndarray) -> np.ndarray:
    """1 where both errors are 0, falling to 0 as either grows, float32 (H, W)."""
    distance, difference = consistency / CONSISTENCY_SCALE, photometric / PHOTOMETRIC_SCALE
    return cv2.exp(-(distance * distance) - difference * difference)
