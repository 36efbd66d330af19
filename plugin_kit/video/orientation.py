"""How a container wants its pictures turned and mirrored before they are shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame


@dataclass(frozen=True)
class Orientation:
    """Quarter turns and mirroring: swap the axes, then reverse columns, rows or both."""

    swaps_axes: bool = False
    reverses_columns: bool = False
    reverses_rows: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> Orientation:
        """What the frame's display matrix asks for; phones write one, and cameras that mirror."""
        try:
            stored = frame.side_data.get("DISPLAYMATRIX")
        except ValueError:
            # The frame has other data too, of a kind that this version of PyAV does not know.
            return QUARTER_TURNS[(round(frame.rotation) % 360) // 90]
        if stored is None:
            return cls()
        # Pixel (x, y) is shown at (a x + c y, b x + d y).
        (a, b), (c, d) = np.frombuffer(bytes(stored), np.int32)[:9].reshape(3, 3)[:2, :2].tolist()
        if abs(a) >= abs(b):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    def upright(self, image: np.ndarray) -> np.ndarray:
        """The picture (H, W) or (H, W, C) as it is to be shown."""
        if self == Orientation():
            return image
        turned = np.swapaxes(image, 0, 1) if self.swaps_axes else image
        rows, columns = (-1 if r else 1 for r in (self.reverses_rows, self.reverses_columns))
        return np.ascontiguousarray(turned[::rows, ::columns])


# Counter-clockwise.
QUARTER_TURNS = (
    Orientation(),
    Orientation(swaps_axes=True, reverses_rows=True),
    Orientation(reverses_columns=True, reverses_rows=True),
    Orientation(swaps_axes=True, reverses_columns=True),
)
