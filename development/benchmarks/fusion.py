"""What fusing two mattes at the edges gains, on composites of real people with known alpha.

The pictures and Robust Video Matting's weights come from a folder that is not part of this project
(``development/synthetic/composites.py`` names its files); without it the table is empty and says
what is missing. ``python -m development.benchmarks.fusion FOLDER`` takes another folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from development.synthetic.composites import (
    FIXED,
    KINDS,
    Composite,
    Truth,
    builtin_matting,
    load_person,
    make_composite,
    rvm_stream,
)
from development.tables import new_table
from plugin_kit.flow.matte_metrics import MatteScore, mean_score, score_clip
from plugin_kit.picture_files import read_picture
from plugin_kit.pictures import to_uint8
from workflows.plugins import REPOSITORY

FOLDER = REPOSITORY.parent / "shared" / "data" / "matting"
# People, scenes and seeds; the fusion's constants were chosen on other people and scenes.
ROOM_SEED = 5
CLIPS = (("person", "handheld_background.png", 29), ("front", "a drawn room", 11))
COLUMNS = ("clip", "base", "second", "fused", "MAD less", "registered: second", "fused", "MAD less")


@dataclass(frozen=True)
class MattedClip:
    """A composite's own frames, and what the chain knows of them.

    Attributes:
        frames: uint8 (N, H, W, 3).
        truth, base, second: float32 (N, H, W).
        plates: uint8 (N, H, W, 3), one for each frame.
        coverages: float32 (N, H, W).
    """

    frames: np.ndarray
    truth: np.ndarray
    base: np.ndarray
    second: np.ndarray
    plates: np.ndarray
    coverages: np.ndarray

    def fused(self) -> np.ndarray:
        """float32 (N, H, W), by the constants of the built-in weights."""
        from infer_matte_fusion.matte_fusing import fuse

        given = zip(self.frames, self.base, self.second, self.plates, self.coverages, strict=True)
        return np.stack([fuse(*four, coverage=seen).alpha for *four, seen in given])


def matted(clip: Composite, base: np.ndarray, *, registered: bool = False) -> MattedClip:
    """A plate of all frames, and background matting before it.

    Args:
        clip: The frames.
        base: Robust Video Matting's alpha of each, float32 (N, H, W).
        registered: Whether each frame gets a plate of its own, brought to it by its features.
    """
    plates, coverages = (_registered_plates if registered else _one_plate)(clip, base)
    own = np.s_[clip.earlier :]
    matting = builtin_matting()
    pairs = zip(clip.frames[own], plates[own], strict=True)
    second = [matting(frame, np.ascontiguousarray(plate)).alpha for frame, plate in pairs]
    return MattedClip(
        clip.frames[own], clip.truth[own], base[own], np.stack(second), plates[own], coverages[own]
    )


def _one_plate(clip: Composite, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from extract_background.plate_estimation import FrameStore, estimate_plate

    store = FrameStore()
    for frame, alpha in zip(clip.frames, base, strict=True):
        store.add(frame, to_uint8(alpha))
    plate = estimate_plate(store)
    return (
        np.broadcast_to(plate.background, clip.frames.shape),
        np.broadcast_to(plate.coverage, base.shape),
    )


def _registered_plates(clip: Composite, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from extract_background.plate_estimation import FrameStore, estimate_plate
    from extract_background.plate_estimation.registration import register_frames

    mattes = [to_uint8(alpha) for alpha in base]
    registration = register_frames(list(clip.frames), mattes)
    store = FrameStore()
    for index in np.flatnonzero(registration.is_found).tolist():
        store.add(*registration.to_canvas(index, clip.frames[index], mattes[index]))
    plate = estimate_plate(store)

    plates, coverages = clip.frames.copy(), np.zeros_like(base)
    for index in np.flatnonzero(registration.is_found).tolist():
        plates[index], coverages[index] = registration.from_canvas(
            index, plate.background, plate.coverage
        )
    return plates, coverages


def matted_clips(
    kind: str, folder: Path = FOLDER, truth: Truth = "mean"
) -> Iterator[tuple[MattedClip, MattedClip | None]]:
    """The clips of one kind, each with one plate, and where the camera moves with registered ones.

    Raises:
        FileNotFoundError: A picture or the weights are missing.
    """
    from development.synthetic.clip import SyntheticClip

    stream = rvm_stream(folder)
    for name, scene, seed in CLIPS:
        is_picture = scene.endswith(".png")
        background = (
            read_picture(folder / scene) if is_picture else SyntheticClip(seed=ROOM_SEED).background
        )
        clip = make_composite(kind, load_person(folder, name, truth), background, seed=seed)
        stream.reset()
        base = np.stack([stream(frame).alpha for frame in clip.frames])
        of = partial(matted, clip, base)
        yield of(), None if kind in FIXED else of(registered=True)


def table(folder: Path = FOLDER, truth: Truth = "mean") -> Table:
    """Errors of the base, of background matting and of both fused, for each kind of clip."""
    count = len(CLIPS)
    title = f"fusion: mean of {count} clips of 1280x720, MAD x1000 / Grad / dtSSD x100"
    rows, caption = [], None
    try:
        for kind in KINDS:
            plain, registered = zip(*matted_clips(kind, folder, truth), strict=True)
            rows.append((kind, *_cells(plain), *_cells(registered)[1:]))
    except FileNotFoundError as error:
        caption = f"skipped: {error}"
    return new_table(title, COLUMNS, rows, words=1, caption=caption)


def _cells(clips: tuple[MattedClip | None, ...]) -> list[str]:
    """Of base, second and fused, and what the fused takes off the base's MAD."""
    known = [clip for clip in clips if clip is not None]
    if not known:
        return [""] * 4
    base, second, fused = (
        mean_score([score_clip(alphas(clip), clip.truth) for clip in known])
        for alphas in (lambda c: c.base, lambda c: c.second, MattedClip.fused)
    )
    return [*map(_cell, (base, second, fused)), f"{1 - fused.mad / base.mad:.1%}"]


def _cell(score: MatteScore) -> str:
    return f"{score.mad:.2f}/{score.grad:.1f}/{score.dtssd:.1f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m development.benchmarks.fusion")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER")
    parser.add_argument("--truth", choices=("mean", "rvm"), default="mean")
    given = parser.parse_args()
    Console(width=130).print(table(given.folder, given.truth))
