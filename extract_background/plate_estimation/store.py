"""Frames to estimate from: an even sample within a frame budget, on disk when it is large."""

from __future__ import annotations

import logging
import mmap
import os
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from ..extract_background_kit.pictures import size_within, to_uint8

logger = logging.getLogger(__name__)

SNAP_LOW, SNAP_HIGH = 4, 251
SNAPPED = np.arange(256, dtype=np.uint8)
SNAPPED[:SNAP_LOW], SNAPPED[SNAP_HIGH + 1 :] = 0, 255
TILE_ROWS = 32
SMALL_SIDE = 240
RELEASE_EVERY = 8


class Tile(NamedTuple):
    """Some rows of all frames: uint8 (N, h, W, 3) and (N, h, W), contiguous."""

    rows: slice
    frames: np.ndarray
    weights: np.ndarray


class FrameStore:
    """Collect frames of one size (and mattes) one by one; keep at most ``max_frames``.

    When it is full, every second frame is dropped and from then on only every second is taken,
    so that what is kept is always spread evenly over what was offered.

    Args:
        max_frames: Frame budget, at least 2.
        stride: Take every ``stride``-th frame offered.
        memory_budget_mb: When all that may be kept needs more, it lies in a temporary file that
            is deleted with the store.
        expected: How many frames will be offered, where that is known: fewer than ``max_frames``
            need less memory.

    Attributes:
        warnings: What whoever filled the store wants the report to say.
    """

    def __init__(
        self,
        max_frames: int = 200,
        stride: int = 1,
        memory_budget_mb: int = 1024,
        *,
        expected: int | None = None,
    ) -> None:
        if max_frames < 2 or stride < 1:
            raise ValueError(
                f"max_frames {max_frames} must be 2 or more, stride {stride} 1 or more"
            )
        self._max_frames, self.stride = max_frames, stride
        self._budget = memory_budget_mb * 2**20
        self._spent = 0
        self._expected = max_frames if expected is None else -(-expected // stride)
        # Room for all frames is made when the first one tells their size.
        self._frames = np.empty((0, 0, 0, 3), np.uint8)
        self._weights: np.ndarray | None = None
        self._shrunk: tuple[tuple[int, int], FrameStore] | None = None
        self.offered = 0
        self.count = 0
        self.mattes = 0
        self.highest_matte = 0
        self.warnings: list[str] = []

    @property
    def frames(self) -> np.ndarray:
        """uint8 RGB (N, H, W, 3)."""
        return self._frames[: self.count]

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels of a frame."""
        return self._frames.shape[1:]

    @property
    def weights(self) -> np.ndarray:
        """uint8 (N, H, W): 255 minus the matte, 255 everywhere without mattes; read only."""
        if self._weights is None:
            return np.broadcast_to(np.uint8(255), self.frames.shape[:3])
        return self._weights[: self.count]

    @property
    def has_mattes(self) -> bool:
        return self._weights is not None

    def warn(self, text: str) -> None:
        """Log what the report is to say too."""
        logger.warning(text)
        self.warnings.append(text)

    def add(self, frame: np.ndarray, matte: np.ndarray | None = None) -> bool:
        """Offer the next frame, uint8 RGB (H, W, 3), and its matte, (h, w); say if taken.

        A matte of another size is resized by area; below 4 it counts as 0, above 251 as 255.

        Raises:
            ValueError: The frame has another size than those before.
            OSError: The temporary file does not fit on the disk.
        """
        index, self.offered = self.offered, self.offered + 1
        if index % self.stride:
            return False
        if len(self._frames) == 0:
            self._frames = self._room(frame.shape)
        if frame.shape != self.shape:
            raise ValueError(
                f"frame {index} is {frame.shape}, those before it {self.shape}; a "
                "plate is made of frames of one size"
            )
        if self.count == self._max_frames:
            self._thin()
            if index % self.stride:
                return False
        self._keep(frame, matte)
        return True

    def forget_mattes(self) -> None:
        """Count all of every frame as background, as if no matte had been given."""
        self._weights, self._shrunk, self.mattes, self.highest_matte = None, None, 0, 0

    def like_this(self, max_frames: int) -> FrameStore:
        """An empty store of the same memory budget."""
        return FrameStore(max(2, max_frames), 1, self._budget // 2**20)

    def shrunk(self) -> FrameStore:
        """A store of small copies of the frames, 240 pixels long at most; made once."""
        size = size_within(self.shape, SMALL_SIDE)
        if size == self.shape[1::-1]:
            return self
        # After thinning there are as many frames again, but others.
        key = (self.stride, self.count)
        if self._shrunk is None or self._shrunk[0] != key:
            small = self.like_this(self.count)
            for frame, weight in self.each():
                matte = None
                if self.has_mattes:
                    matte = 255 - cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
                small.add(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), matte)
            self._shrunk = key, small
        return self._shrunk[1]

    def each(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (frame, weight) one by one, without all of them staying in memory."""
        for index in range(self.count):
            yield self.frames[index], self.weights[index]
            if index % RELEASE_EVERY == RELEASE_EVERY - 1:
                self.release()
        self.release()

    @property
    def tile_count(self) -> int:
        """How many tiles there are."""
        return -(-self.shape[0] // TILE_ROWS)

    def tiles(self, weights: np.ndarray | None = None) -> Iterator[Tile]:
        """Yield tiles of 32 rows, with ``weights`` uint8 (N, H, W) in place of the store's own."""
        weights = self.weights if weights is None else weights
        height = self.shape[0]
        for top in range(0, height, TILE_ROWS):
            rows = slice(top, min(top + TILE_ROWS, height))
            yield Tile(rows, *(np.ascontiguousarray(a[:, rows]) for a in (self.frames, weights)))
            self.release(weights)

    def _room(self, shape: tuple[int, ...]) -> np.ndarray:
        used = min(1.0, self._expected / self._max_frames)
        return self.array((self._max_frames, *shape), used=used)

    def array(self, shape: tuple[int, ...], *, used: float = 1.0) -> np.ndarray:
        """An uninitialised uint8 array, in memory while the budget lasts, then on the disk.

        Args:
            shape: Its own.
            used: What share of it will be written to; the rest takes no memory.
        """
        size = int(np.prod(shape, dtype=np.int64))
        self._spent += round(size * used)
        if self._spent <= self._budget:
            return np.empty(shape, np.uint8)
        with tempfile.TemporaryFile() as file:
            _reserve(file.fileno(), size)
            return np.memmap(file, np.uint8, "w+", shape=shape)

    def release(self, *arrays: np.ndarray) -> None:
        """Let the pages of what lies on disk leave memory; their content stays."""
        if not hasattr(mmap, "MADV_DONTNEED"):
            return
        for array in (self._frames, self._weights, *arrays):
            base = array
            while isinstance(base, np.ndarray):
                base = base.base
            if isinstance(base, mmap.mmap):
                base.madvise(mmap.MADV_DONTNEED)

    def _keep(self, frame: np.ndarray, matte: np.ndarray | None) -> None:
        self._frames[self.count] = frame
        if matte is not None and self._weights is None:
            self._weights = self._room(self._frames.shape[1:3])
            self._weights[: self.count] = 255
        if self._weights is not None:
            weight = 255 if matte is None else 255 - prepared_matte(matte, frame.shape[:2])
            self._weights[self.count] = weight
        if matte is not None:
            self.mattes += 1
            # As 8 bits, for floats reach 1 without being masks of ones.
            self.highest_matte = max(self.highest_matte, _highest(matte))
        self.count += 1
        if self.count % RELEASE_EVERY == 0:
            self.release()

    def _thin(self) -> None:
        kept = (self.count + 1) // 2
        for index in range(kept):
            self._frames[index] = self._frames[2 * index]
            if self._weights is not None:
                self._weights[index] = self._weights[2 * index]
        self.count = kept
        self.stride *= 2


def prepared_matte(matte: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A matte as uint8 of ``size`` (H, W) whose nearly empty and nearly full values are exact.

    Takes uint8 (0 to 255), uint16 (0 to 65535), floats (0 to 1) and bool.
    """
    matte = matte[..., 0] if matte.ndim == 3 else matte
    if matte.dtype == bool or np.issubdtype(matte.dtype, np.floating):
        matte = to_uint8(matte.astype(np.float32, copy=False))
    elif matte.dtype == np.uint16:
        matte = np.rint(matte / np.float32(257)).astype(np.uint8)
    height, width = size
    if matte.shape != (height, width):
        matte = cv2.resize(matte, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.LUT(matte, SNAPPED)


def _highest(matte: np.ndarray) -> int:
    """The greatest value of a matte of any type as 8 bits have it."""
    if matte.dtype == bool or np.issubdtype(matte.dtype, np.floating):
        return round(255 * float(matte.max()))
    return int(matte.max()) // (257 if matte.dtype == np.uint16 else 1)


def _reserve(descriptor: int, size: int) -> None:
    """Claim the disk space now: a full disk met through a memory map kills the process."""
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        raise OSError(
            error.errno,
            f"the sampled frames need {size / 2**20:.0f} MB in {tempfile.gettempdir()} "
            f"({error.strerror}): lower max_frames, raise memory_budget_mb, or set TMPDIR",
        ) from error
