"""The frames of the first pass, for the second: where all are still held, none is decoded again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from extract_background.plate_estimation import FrameStore
from plugin_kit.video import Frame


@dataclass
class SeenFrames:
    """What the plate was made of, if that is every frame of the video; else nothing.

    Attributes:
        store: Holds the pictures, in memory or in its file.
        times: When each is shown and how long, in ticks.
    """

    store: FrameStore | None = None
    times: list[tuple[int, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return 0 if self.store is None else self.store.count

    def __iter__(self) -> Iterator[Frame]:
        """Every frame in order; its picture is the store's own, and must not be written to."""
        if self.store is not None:
            for (image, _), (pts, duration) in zip(self.store.each(), self.times, strict=True):
                yield Frame(np.asarray(image), pts, duration)

    def hold(self, store: FrameStore, times: list[tuple[int, int]]) -> None:
        """Keep ``store`` if it has a picture for each of ``times``; its mattes are let go."""
        if store.count == len(times):
            store.forget_mattes()
            self.store, self.times = store, times

    def close(self) -> None:
        """Let go of them."""
        self.store, self.times = None, []
