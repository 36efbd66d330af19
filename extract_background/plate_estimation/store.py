"""Frames to estimate from: an even sample within a frame budget, on disk when it is large."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import cv2
import numpy as np

SNAP_LOW, SNAP_HIGH = 4, 251
TILE_ROWS = 32


class FrameStore:
    """Collect frames of one size (and mattes) one by one; keep at most ``max_frames``.

    When it is full, every second frame is dropped and from then on only every second is taken,
    so that what is kept is always spread evenly over what was offered.

    Args:
        max_frames: Frame budget, at least 2.
        stride: Take every ``stride``-th frame offered.
        memory_budget_mb: Above it frames lie in a temporary file, deleted with the store.
    """

    def __init__(
        self, max_frames: int = 200, stride: int = 1, memory_budget_mb: int = 1024
    ) -> None:
        if max_frames < 2 or stride < 1:
            raise ValueError(
                f"max_frames {max_frames} must be 2 or more, stride {stride} 1 or more"
            )
        self._max_frames, self._stride = max_frames, stride
        self._budget = memory_budget_mb * 2**20
        self._frames: np.ndarray | None = None
        self._weights: np.ndarray | None = None
        self.offered = 0
        self.count = 0
        self.has_mattes = False

    @property
    def frames(self) -> np.ndarray:
        """uint8 RGB (N, H, W, 3)."""
        return self._frames[: self.count]

    @property
    def weights(self) -> np.ndarray:
        """uint8 (N, H, W): 255 minus the matte, 255 everywhere without mattes."""
        return self._weights[: self.count]

    def takes_next(self) -> bool:
        """Whether the frame that comes next would be kept (so its matte is worth making)."""
        return self.offered % self._stride == 0

    def add(self, frame: np.ndarray, matte: np.ndarray | None = None) -> bool:
        """Offer the next frame, uint8 RGB (H, W, 3), and its matte, uint8 (h, w); say if taken.

        A matte of another size is resized by area; below 4 it counts as 0, above 251 as 255.

        Raises:
            ValueError: The frame has another size than those before.
        """
        taken = self.takes_next()
        self.offered += 1
        if not taken:
            return False
        if self._frames is None:
            self._allocate(frame.shape)
        if frame.shape != self._frames.shape[1:]:
            raise ValueError(
                f"frame {self.offered - 1} is {frame.shape}, those before it "
                f"{self._frames.shape[1:]}; a plate is made of frames of one size"
            )
        if self.count == self._max_frames:
            self._thin()
            if (self.offered - 1) % self._stride:
                return False
        self._frames[self.count] = frame
        self._weights[self.count] = 255 if matte is None else 255 - prepared_matte(matte, frame)
        self.has_mattes = self.has_mattes or matte is not None
        self.count += 1
        return True

    def tiles(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield (rows, frames, weights) of 32 rows each, as contiguous copies."""
        height = self._frames.shape[1]
        for top in range(0, height, TILE_ROWS):
            rows = slice(top, min(top + TILE_ROWS, height))
            yield (
                rows,
                np.ascontiguousarray(self.frames[:, rows]),
                np.ascontiguousarray(self.weights[:, rows]),
            )

    def _thin(self) -> None:
        kept = (self.count + 1) // 2
        for index in range(kept):
            self._frames[index] = self._frames[2 * index]
            self._weights[index] = self._weights[2 * index]
        self.count = kept
        self._stride *= 2

    def _allocate(self, shape: tuple[int, ...]) -> None:
        self._frames = self._array((self._max_frames, *shape))
        self._weights = self._array((self._max_frames, *shape[:2]))

    def _array(self, shape: tuple[int, ...]) -> np.ndarray:
        if int(np.prod(shape, dtype=np.int64)) <= self._budget:
            return np.empty(shape, np.uint8)
        with tempfile.TemporaryFile() as file:
            return np.memmap(file, np.uint8, "w+", shape=shape)


def prepared_matte(matte: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """A matte of the frame's size whose nearly empty and nearly full values are exact."""
    matte = matte[..., 0] if matte.ndim == 3 else matte
    if np.issubdtype(matte.dtype, np.floating):
        matte = np.rint(np.clip(matte, 0, 1) * 255).astype(np.uint8)
    height, width = frame.shape[:2]
    if matte.shape != (height, width):
        matte = cv2.resize(matte, (width, height), interpolation=cv2.INTER_AREA)
    snapped = matte.copy()
    snapped[matte < SNAP_LOW] = 0
    snapped[matte > SNAP_HIGH] = 255
    return snapped
