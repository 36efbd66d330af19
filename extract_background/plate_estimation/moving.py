"""The plate of a camera that moves: one canvas for all frames, brought back to each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..extract_background_kit.pictures import to_uint8
from ..extract_background_kit.stopping import ShouldStop, never
from .progress import Progress, silent
from .registration import Registration, register_frames
from .store import FrameStore

# As many frames tell a plate; each costs its features, and room on the canvas.
MOST_FRAMES = 48
# A canvas this many times a frame is no scene that one homography a frame explains.
MOST_CANVAS_AREA = 6.0
# A plate of fewer of the frames than this leaves too many out.
FEWEST_FOUND = 0.8


@dataclass(frozen=True)
class PlateView:
    """A plate as it lies behind one frame.

    Attributes:
        background: uint8 RGB (H, W, 3).
        coverage: float32 (H, W), the share of the used frames in which the pixel was seen.
    """

    background: np.ndarray
    coverage: np.ndarray


@dataclass(frozen=True)
class Registered:
    """Frames of a store that lie on a canvas.

    Attributes:
        registration: Where each of them lies.
        indices: Which frames of the store they are.
        store: It.
    """

    registration: Registration
    indices: np.ndarray
    store: FrameStore

    def shrunk(self) -> Registered:
        """The same of the store's small copies."""
        small = self.store.shrunk()
        size = (small.shape[1], small.shape[0])
        return replace(self, registration=self.registration.scaled(size), store=small)

    def canvas(self) -> FrameStore:
        """The frames on the canvas; what a frame does not show is a person there."""
        found = self.registration.is_found
        canvas = self.store.like_this(int(found.sum()))
        for place in np.flatnonzero(found).tolist():
            index = self.indices[place]
            matte = 255 - self.store.weights[index] if self.store.has_mattes else None
            canvas.add(*self.registration.to_canvas(place, self.store.frames[index], matte))
        return canvas


@dataclass(frozen=True)
class MovingPlate:
    """A plate on a canvas.

    Attributes:
        background: uint8 RGB (h, w, 3), the mosaic of all frames.
        coverage: float32 (h, w).
        registration: Where frames lie on it.
        positions: int (N,), which frames of the video those are.
    """

    background: np.ndarray
    coverage: np.ndarray
    registration: Registration
    positions: np.ndarray

    @property
    def reference_view(self) -> PlateView:
        """The plate behind the frame that all others were brought onto."""
        return self._view(self.registration.reference)

    def behind(
        self, index: int, frame: np.ndarray, matte: np.ndarray | None = None
    ) -> PlateView | None:
        """The plate behind frame ``index`` of the video; None where it cannot be registered.

        Args:
            index: Its number, from 0.
            frame: uint8 RGB (H, W, 3).
            matte: Where people are, uint8 (H, W) or float32 in 0..1; None: nowhere.
        """
        known = np.flatnonzero(self.positions == index)
        if len(known) and self.registration.is_found[known[0]]:
            return self._view(int(known[0]))
        return self.find_behind(frame, matte, near=index)

    def find_behind(
        self, frame: np.ndarray, matte: np.ndarray | None = None, *, near: int
    ) -> PlateView | None:
        """The plate behind a frame taken about when frame ``near`` was; None if it is not found."""
        if matte is not None and matte.dtype != np.uint8:
            matte = to_uint8(matte)
        place = float(np.interp(near, self.positions, np.arange(len(self.positions))))
        where = self.registration.locate(frame, matte, near=place)
        return None if where is None else self._view(where)

    def _view(self, where: int | np.ndarray) -> PlateView:
        return PlateView(*self.registration.from_canvas(where, self.background, self.coverage))


def registered(
    store: FrameStore, should_stop: ShouldStop = never, progress: Progress = silent
) -> Registered | str:
    """Find how the frames of ``store`` lie on one canvas, or say why that cannot be done.

    Raises:
        Stopped: ``should_stop`` returned True.
    """
    count = min(store.count, MOST_FRAMES)
    indices = np.linspace(0, store.count - 1, count).round().astype(int)
    frames = [store.frames[index] for index in indices]
    mattes = [255 - store.weights[index] for index in indices] if store.has_mattes else None
    registration = register_frames(frames, mattes, should_stop, progress)
    found = registration.is_found
    if found.mean() < FEWEST_FOUND:
        return f"only {found.sum()} of {count} frames have enough in common with the others"
    width, height = registration.canvas_size
    area = width * height / np.prod(registration.frame_size)
    if area > MOST_CANVAS_AREA:
        return f"the camera travels too far: its pictures together are {area:.0f} times one"
    return Registered(registration, indices, store)


def described(plate: MovingPlate) -> dict[str, Any]:
    """How the frames were registered; JSON values."""
    registration = plate.registration
    found = registration.is_found
    return {
        "frames_registered": int(found.sum()),
        "frames_tried": len(found),
        "motion_pixels": round(registration.largest_motion, 2),
        "residual_pixels": round(float(registration.residuals[found].mean()), 3),
        "canvas": list(registration.canvas_size),
    }
