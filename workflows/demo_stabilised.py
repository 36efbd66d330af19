"""The demo's alpha made stable along the flow, beside the alpha as it was matted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from infer_flow_matting.flow_matting_engine import refine_clip
from plugin_kit.pictures import to_uint8
from workflows.output_files import write_picture
from workflows.pictures import side_by_side
from workflows.synthetic_clip import SyntheticClip
from workflows.video_reader import VideoInfo, VideoReader
from workflows.video_writer import VideoSink

FLICKER_GAIN = 4


@dataclass
class AlphaErrors:
    """Errors of an alpha video against the truth, as the matting literature counts them.

    Attributes:
        mad, mse: Mean absolute and squared difference, times 1000.
        dtssd: Root of the mean squared difference of the changes between frames, times 100.
        worst: The frame with the most flicker.
        flicker: The last frame's change that the truth has not, float32 (H, W) in 0..1.
    """

    flicker: np.ndarray | None = None
    _rows: list[tuple[float, float]] = field(default_factory=list)
    _changes: list[float] = field(default_factory=list)
    _last: np.ndarray | None = None

    def add(self, alpha: np.ndarray, truth: np.ndarray) -> None:
        """Take the next frame's alpha and its truth, float32 (H, W) in 0..1."""
        error = alpha - truth
        self._rows.append((float(np.abs(error).mean()), float(np.square(error).mean())))
        self.flicker = np.zeros_like(error)
        if self._last is not None:
            self.flicker = np.abs(error - self._last)
            self._changes.append(float(np.sqrt(np.square(self.flicker).mean())))
        self._last = error

    @property
    def mad(self) -> float:
        return 1000 * float(np.mean([row[0] for row in self._rows]))

    @property
    def mse(self) -> float:
        return 1000 * float(np.mean([row[1] for row in self._rows]))

    @property
    def worst(self) -> int:
        return 1 + int(np.argmax(self._changes)) if self._changes else 0

    @property
    def dtssd(self) -> float:
        return 100 * float(np.mean(self._changes)) if self._changes else 0.0


def compare_stabilised(clip: SyntheticClip, folder: Path) -> tuple[AlphaErrors, AlphaErrors]:
    """Refine ``alpha.mp4`` of ``folder`` as --stabilise does, and show both.

    Writes ``alpha_stabilised.mp4`` and ``stabilised.mp4``, whose frame with the most flicker is
    also ``stabilised.png``: above source, alpha and stabilised alpha, below the true alpha, and
    what changed from frame to frame though the truth did not.

    Returns:
        The errors of the alpha as it was matted, and stabilised.
    """
    raw, stable = AlphaErrors(), AlphaErrors()
    pictures = []
    refined = refine_clip(_frames(folder / "source.mp4"), _alphas(folder / "alpha.mp4"))
    rate = Fraction(clip.rate)
    size = (clip.width, clip.height, rate, 1 / rate)
    with VideoSink(folder / "alpha_stabilised.mp4", *size, channels=1) as sink:
        rows = zip(refined, _alphas(folder / "alpha.mp4"), strict=True)
        for index, (result, alpha) in enumerate(rows):
            truth = clip.frame(index)[1]
            raw.add(alpha, truth)
            stable.add(result.alpha, truth)
            sink.write(to_uint8(result.alpha), index)
            above = {"source": result.frame, "alpha": alpha, "stabilised": result.alpha}
            below = {"true alpha": truth}
            for name, errors in (("alpha", raw), ("stabilised", stable)):
                below[f"{name}: flicker x{FLICKER_GAIN}"] = FLICKER_GAIN * errors.flicker
            pictures.append(np.vstack([_panels(above), _panels(below)]))
    height, width = pictures[0].shape[:2]
    with VideoSink(folder / "stabilised.mp4", width, height, rate, 1 / rate) as sink:
        for index, picture in enumerate(pictures):
            sink.write(picture, index)
    write_picture(folder / "stabilised.png", pictures[raw.worst])
    return raw, stable


def _panels(items: dict[str, np.ndarray]) -> np.ndarray:
    """Pictures uint8 RGB, and values in 0..1 as grey ones, in a row, each under its name."""
    return side_by_side(
        {
            name: cv2.cvtColor(to_uint8(item), cv2.COLOR_GRAY2RGB) if item.ndim == 2 else item
            for name, item in items.items()
        }
    )


def _frames(path: Path) -> Iterator[np.ndarray]:
    return (frame.image for frame in VideoReader(VideoInfo.from_path(path)))


def _alphas(path: Path) -> Iterator[np.ndarray]:
    return (image[..., 0].astype(np.float32) / 255 for image in _frames(path))
