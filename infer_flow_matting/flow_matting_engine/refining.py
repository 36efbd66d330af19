"""A coarse alpha video made stable in time: medians along the flow, or a causal blend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from .flow import DenseFlow, DisFlow
from .warping import brightness_error, round_trip_error, trust, warp

Method = Literal["median", "causal"]

# What the causal blend takes from the past where the flow is beyond doubt.
PAST_SHARE = 0.7
# The better neighbour's trust from which the median counts in full.
LEAST_TRUST = 0.3
# A cut's error is this many times what the frames before it had.
CUT_JUMP = 3.0
CUT_MEMORY = 0.8


@dataclass(frozen=True)
class Refined:
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


@dataclass
class _Moment:
    """A frame on its way: picture, matte, and what its neighbours say of it."""

    frame: np.ndarray
    grey: np.ndarray
    alpha: np.ndarray
    flow: np.ndarray
    begins: bool
    earlier: _Neighbour | None = None


@dataclass(frozen=True)
class _Neighbour:
    """A neighbouring frame's alpha brought here, and the trust in it; both (H, W)."""

    alpha: np.ndarray
    trust: np.ndarray


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
        self._last: _Moment | None = None

    def push(self, frame: np.ndarray, alpha: np.ndarray) -> Refined | None:
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
        moment = _Moment(frame, grey, alpha, np.zeros((*grey.shape, 2), np.float32), last is None)
        later = None if last is None else self._connect(last, moment)
        done = self._last
        self._last = moment
        if self._method == "causal":
            return self._blend_in_past(moment)
        return None if done is None else _median(done, later)

    def flush(self) -> Refined | None:
        """End the sequence, and return the last frame's result if it is still owed."""
        last = self._last
        self.reset()
        return _median(last, None) if last is not None and self._method == "median" else None

    def reset(self) -> None:
        """Forget the frames so far: the next one begins a new sequence."""
        self._last, self._error = None, 0.0

    def _connect(self, last: _Moment, moment: _Moment) -> _Neighbour | None:
        """Let two frames see each other; None, and nothing seen, if a scene cut lies between."""
        back = self._flow(moment.frame, last.frame)
        errors = brightness_error(moment.grey, warp(last.grey, back))
        if self._is_cut(float(errors.mean())):
            moment.begins = True
            return None
        moment.flow = back
        there = self._flow(last.frame, moment.frame)
        moment.earlier = _Neighbour(
            warp(last.alpha, back), trust(round_trip_error(back, there), errors)
        )
        if self._method == "causal":
            return None
        errors = brightness_error(last.grey, warp(moment.grey, there))
        return _Neighbour(warp(moment.alpha, there), trust(round_trip_error(there, back), errors))

    def _is_cut(self, error: float) -> bool:
        usual, self._error = self._error, error
        if 0 < self._cut < error and error > CUT_JUMP * usual:
            # Twice in a row it is no cut, but what this video's noise does to every frame.
            self._error = math.inf
            return True
        is_known = 0 < usual < math.inf
        self._error = CUT_MEMORY * usual + (1 - CUT_MEMORY) * error if is_known else error
        return False

    def _blend_in_past(self, moment: _Moment) -> Refined:
        moment.alpha, confidence = _blended(moment.alpha, moment.earlier)
        return Refined(moment.frame, moment.alpha, confidence, moment.flow, moment.begins)


def refine_clip(
    frames: Iterable[np.ndarray],
    alphas: Iterable[np.ndarray],
    method: Method = "median",
    flow: DenseFlow | None = None,
    cut_threshold: float = 10.0,
) -> Iterator[Refined]:
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


def _median(moment: _Moment, later: _Neighbour | None) -> Refined:
    """The frame between its neighbours; with one neighbour alone the causal blend."""
    earlier = moment.earlier
    if earlier is None or later is None:
        alpha, confidence = _blended(moment.alpha, earlier or later)
    else:
        middle = median_of_three(earlier.alpha, moment.alpha, later.alpha)
        # Two neighbours whose flow lost the pixel would outvote the frame's own matte.
        share = np.minimum(1, np.maximum(earlier.trust, later.trust) / LEAST_TRUST)
        alpha = moment.alpha + share * (middle - moment.alpha)
        confidence = (earlier.trust + later.trust) / 2
    return Refined(moment.frame, alpha, confidence, moment.flow, moment.begins)


def _blended(alpha: np.ndarray, neighbour: _Neighbour | None) -> tuple[np.ndarray, np.ndarray]:
    if neighbour is None:
        return alpha, np.zeros_like(alpha)
    share = PAST_SHARE * neighbour.trust
    return alpha + share * (neighbour.alpha - alpha), neighbour.trust


def _check(frame: np.ndarray, alpha: np.ndarray) -> None:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise ValueError(f"a frame is uint8 (H, W, 3); this one is {frame.dtype} {frame.shape}")
    if alpha.dtype != np.float32 or alpha.shape != frame.shape[:2]:
        raise ValueError(
            f"the matte of a frame {frame.shape[:2]} is float32 of that size; this one is "
            f"{alpha.dtype} {alpha.shape}"
        )
