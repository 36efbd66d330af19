"""The demo's alpha made stable along the flow, beside the alpha as it was matted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from development.demo.output import frames_of
from development.demo.pictures import side_by_side
from development.synthetic.clip import SyntheticClip, write_frames
from infer_flow_matting.flow_matting_engine import refine_clip
from plugin_kit.picture_files import write_picture
from plugin_kit.pictures import to_uint8

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

    flicker: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    _last: np.ndarray | None = None
    _absolute: list[float] = field(default_factory=list)
    _squared: list[float] = field(default_factory=list)
    _changes: list[float] = field(default_factory=list)

    def add(self, alpha: np.ndarray, truth: np.ndarray) -> None:
        """Take the next frame's alpha and its truth, float32 (H, W) in 0..1."""
        error = alpha - truth
        self.flicker = np.abs(error - (error if self._last is None else self._last))
        self._last = error
        self._absolute.append(float(np.abs(error).mean()))
        self._squared.append(float(np.square(error).mean()))
        self._changes.append(float(np.sqrt(np.square(self.flicker).mean())))

    @property
    def mad(self) -> float:
        return 1000 * float(np.mean(self._absolute))

    @property
    def mse(self) -> float:
        return 1000 * float(np.mean(self._squared))

    @property
    def worst(self) -> int:
        return int(np.argmax(self._changes))

    @property
    def dtssd(self) -> float:
        # The first frame has no change.
        return 100 * float(np.sum(self._changes)) / max(1, len(self._changes) - 1)


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
    refined = refine_clip(frames_of(folder / "source.mp4"), _alphas(folder / "alpha.mp4"))
    rows = zip(refined, _alphas(folder / "alpha.mp4"), strict=True)

    def alphas() -> Iterator[np.ndarray]:
        for index, (result, alpha) in enumerate(rows):
            truth = clip.frame(index)[1]
            raw.add(alpha, truth)
            stable.add(result.alpha, truth)
            above = {"source": result.frame, "alpha": alpha, "stabilised": result.alpha}
            below = {"true alpha": truth}
            for name, errors in (("alpha", raw), ("stabilised", stable)):
                below[f"{name}: flicker x{FLICKER_GAIN}"] = FLICKER_GAIN * errors.flicker
            pictures.append(np.vstack([side_by_side(above), side_by_side(below)]))
            yield to_uint8(result.alpha)

    write_frames(folder / "alpha_stabilised.mp4", alphas(), clip.rate, channels=1)
    write_frames(folder / "stabilised.mp4", pictures, clip.rate)
    write_picture(folder / "stabilised.png", pictures[raw.worst])
    return raw, stable


def _alphas(path: Path) -> Iterator[np.ndarray]:
    return (image[..., 0].astype(np.float32) / 255 for image in frames_of(path))
