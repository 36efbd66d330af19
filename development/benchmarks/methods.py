"""The matting command on whole takes of real people whose alpha is known, method by method.

The pictures and Robust Video Matting's weights come from a folder that is not part of this project
(``development/synthetic/composites.py`` names its files); without it the table is empty and says
what is missing. ``python -m development.benchmarks.methods FOLDER --kinds static pan`` takes
another folder, and some kinds of takes alone.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from development.benchmarks.fusion import FOLDER, ROOM_SEED
from development.synthetic.composites import (
    KINDS,
    RVM_WEIGHTS,
    Composite,
    load_person,
    make_composite,
)
from development.tables import new_table
from plugin_kit.flow.matte_metrics import MatteScore, mean_score, score_clip
from plugin_kit.picture_files import folder_pictures, read_grey, read_picture

# People, scenes and seeds on which nothing was chosen.
CLIPS = (("person", "handheld_background.png", 101), ("front", "a drawn room", 102))
WIDTH, HEIGHT, FRAMES, RATE = 640, 360, 8, Fraction(24)
# What is asked of the command; RVM's weights are given to the first two.
WAYS = {"rvm": "--method rvm", "auto": "--method auto", "people": "auto without RVM's weights"}
COLUMNS = ("clip", *WAYS.values(), "auto's MAD, less", "without: times RVM's", "how auto")


def table(folder: Path = FOLDER, kinds: Sequence[str] = KINDS) -> Table:
    """Errors of each method for each kind of take, and how ``auto`` made its alpha."""
    title = (
        f"methods: mean of {len(CLIPS)} takes of {WIDTH}x{HEIGHT}, built-in weights of background "
        "matting, MAD x1000 / Grad / dtSSD x100"
    )
    rows, caption = [], None
    try:
        for kind in kinds:
            rows.append((kind, *_cells(kind, folder)))
    except FileNotFoundError as error:
        caption = f"skipped: {error}"
    return new_table(title, COLUMNS, rows, words=1, caption=caption)


def _cells(kind: str, folder: Path) -> list[str]:
    scores: dict[str, list[MatteScore]] = {way: [] for way in WAYS}
    made = []
    for name, scene, seed in CLIPS:
        take = make_composite(
            kind,
            load_person(folder, name),
            _background(scene, folder),
            seed=seed,
            frames=FRAMES,
            width=WIDTH,
            height=HEIGHT,
        )
        for way, found in scores.items():
            score, words = _run(take, way, folder / RVM_WEIGHTS)
            found.append(score)
            if way == "auto":
                made.append(words)
    rvm, auto, people = (mean_score(found) for found in scores.values())
    gain, times = f"{1 - auto.mad / rvm.mad:.1%}", f"{people.mad / rvm.mad:.2f}"
    return [*map(_cell, (rvm, auto, people)), gain, times, ", ".join(dict.fromkeys(made))]


def _background(scene: str, folder: Path) -> np.ndarray:
    from development.synthetic.clip import SyntheticClip

    is_picture = scene.endswith(".png")
    return read_picture(folder / scene) if is_picture else SyntheticClip(seed=ROOM_SEED).background


def _run(take: Composite, way: str, rvm_weights: Path) -> tuple[MatteScore, str]:
    """The score of the take's own frames, and how the alpha was made."""
    from workflows.matting import ChainOptions, run_chain
    from workflows.media.video_writer import VideoSink
    from workflows.plugins import quiet_ikomia

    quiet_ikomia()
    asked = {
        "rvm": {"method": "rvm", "rvm_weights": rvm_weights},
        "auto": {"rvm_weights": rvm_weights},
        "people": {"matte": "people"},
    }[way]
    with tempfile.TemporaryDirectory() as folder:
        video, output = Path(folder) / "take.mkv", Path(folder) / "out"
        with VideoSink(video, WIDTH, HEIGHT, RATE, 1 / RATE, codec="ffv1") as sink:
            for index, frame in enumerate(take.frames):
                sink.write(frame, index)
        report = run_chain(
            ChainOptions(video, output, codec="png", weights="builtin", quiet=True, **asked)
        )
        alphas = [read_grey(path) for path in folder_pictures(output / "alpha")[take.earlier :]]
    found = np.stack(alphas).astype(np.float32) / 255
    kind = "registered" if "registration" in report.plate and report.alpha["way"] == "fused" else ""
    words = " ".join(filter(None, (report.alpha["way"], kind)))
    return score_clip(found, take.truth[take.earlier :]), words


def _cell(score: MatteScore) -> str:
    return f"{score.mad:.2f}/{score.grad:.1f}/{score.dtssd:.1f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m development.benchmarks.methods")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, metavar="KIND")
    given = parser.parse_args()
    Console(width=150).print(table(given.folder, given.kinds))
