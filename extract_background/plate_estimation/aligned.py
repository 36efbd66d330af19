"""Frames brought to one exposure: what every method estimates from, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..extract_background_kit.stopping import ShouldStop, check_stop, never
from .progress import Meter
from .store import FrameStore, Tile

# Takes frames uint8 (N, h, w, 3), weights uint8 (N, h, w), gains float32 (N, 3).
Kernel = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

MOSTLY_BACKGROUND = 128
MOST_IN_A_BYTE = 255


@dataclass(frozen=True)
class AlignedFrames:
    """The frames of a store, and the gains that bring them to one exposure.

    Attributes:
        store: The frames and their weights.
        gains: float32 (N, 3), one a frame and channel.
        should_stop: Asked between tiles and frames.
        meter: Told of each tile and frame.
    """

    store: FrameStore
    gains: np.ndarray
    should_stop: ShouldStop = never
    meter: Meter = field(default_factory=Meter)

    def check_stop(self) -> None:
        """Raise Stopped where the user asked to stop."""
        check_stop(self.should_stop, "the estimation")

    def tiles(self, weights: np.ndarray | None = None) -> Iterator[Tile]:
        """The store's tiles; raises Stopped where the user asked to stop."""
        for tile in self.meter.over(self.store.tiles(weights), self.store.tile_count):
            self.check_stop()
            yield tile

    def each(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The store's frames and weights, one by one; raises Stopped likewise."""
        for pair in self.meter.over(self.store.each(), self.store.count):
            self.check_stop()
            yield pair

    def over_tiles(self, kernel: Kernel, weights: np.ndarray | None = None) -> np.ndarray:
        """``kernel(frames, weights, gains)`` of all tiles, together: float32 (H, W, 3)."""
        out = np.empty(self.store.shape, np.float32)
        for tile in self.tiles(weights):
            out[tile.rows] = kernel(tile.frames, tile.weights, self.gains)
        return out

    def estimate_of(self, kernel: Kernel) -> Estimate:
        """What ``kernel`` makes of all tiles and all frames."""
        return Estimate(self.over_tiles(kernel), self.times_seen(), self.store.count)

    def times_seen(self) -> np.ndarray:
        """How many frames show each pixel with a weight of one half or more, int32 (H, W)."""
        if not self.store.has_mattes:
            return np.full(self.store.shape[:2], self.store.count, np.int32)
        total = np.zeros(self.store.shape[:2], np.int32)
        some = np.zeros(total.shape, np.uint8)
        for index, (_, weight) in enumerate(self.each(), 1):
            some += weight // MOSTLY_BACKGROUND
            if index % MOST_IN_A_BYTE == 0 or index == self.store.count:
                total += some
                some[:] = 0
        return total


@dataclass(frozen=True)
class Estimate:
    """What a method found.

    Attributes:
        background: float (H, W, 3), in levels from 0 to 255.
        seen: int (H, W), how many frames show each pixel.
        frames_used: How many frames the method looked at.
    """

    background: np.ndarray
    seen: np.ndarray
    frames_used: int

    @cached_property
    def coverage(self) -> np.ndarray:
        """The share of the used frames that show each pixel, float32 (H, W)."""
        return (self.seen / self.frames_used).astype(np.float32)
