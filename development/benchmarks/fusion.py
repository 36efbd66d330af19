"""What fusing two mattes at the edges gains, on composites of real people with known alpha.

The pictures and Robust Video Matting's weights come from a folder that is not part of this project
(``development/synthetic/composites.py`` names its files); without it the table says so and is
empty. ``python -m development.benchmarks.fusion FOLDER`` takes another folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from development.synthetic.composites import Composite, builtin_matting, rvm_stream
from workflows.plugins import REPOSITORY

FOLDER = REPOSITORY.parent / "shared" / "data" / "matting"


@dataclass(frozen=True)
class MattedClip:
    """A composite's own frames, and what the chain knows of them.

    Attributes:
        frames: uint8 (N, H, W, 3).
        truth, base, second: float32 (N, H, W).
        plates: uint8 (N, H, W, 3), one for each frame.
        coverage: float32 (N, H, W).
    """

    frames: np.ndarray
    truth: np.ndarray
    base: np.ndarray
    second: np.ndarray
    plates: np.ndarray
    coverage: np.ndarray


def matted(clip: Composite, folder: Path = FOLDER) -> MattedClip:
    """Robust Video Matting, a plate of all frames by it, and background matting before that."""
    from extract_background.plate_estimation import FrameStore, estimate_plate

    stream, store = rvm_stream(folder), FrameStore()
    base = [stream(frame).alpha for frame in clip.frames]
    for frame, alpha in zip(clip.frames, base, strict=True):
        store.add(frame, alpha)
    plate = estimate_plate(store)
    own = np.s_[clip.earlier :]
    matting = builtin_matting()
    second = [matting(frame, plate.background).alpha for frame in clip.frames[own]]
    shape = (len(second), *plate.coverage.shape)
    return MattedClip(
        clip.frames[own],
        clip.truth[own],
        np.stack(base[clip.earlier :]),
        np.stack(second),
        np.broadcast_to(plate.background, (*shape, 3)),
        np.broadcast_to(plate.coverage, shape),
    )
