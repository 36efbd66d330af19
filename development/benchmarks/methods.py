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
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
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
# What is asked of the command. RVM's weights are given to the first three.
WAYS = ("rvm", "background", "auto", "people background", "people")
COLUMNS = (
    "clip",
    "--method rvm",
    "background",
    "auto",
    "MAD less",
    "of the best part",
    "without RVM: background",
    "auto",
    "times RVM's",
    "core lost",
    "how auto",
)
# Where a person is surely: this far inside, in pixels; and lost where alpha is below a half.
CORE_OPAQUE, CORE_MARGIN, LOST = 0.98, 6, 0.5


@dataclass(frozen=True)
class Run:
    """What the command made of a take's own frames.

    Attributes:
        score: None where it refused.
        core_lost: Of the frame that lost most, the share of the person's core below alpha 0.5.
        how: How the alpha was made.
    """

    score: MatteScore | None
    core_lost: float = 0.0
    how: str = "refused"


def table(folder: Path = FOLDER, kinds: Sequence[str] = KINDS) -> Table:
    """Errors of each method for each kind of take, and how ``auto`` made its alpha."""
    title = (
        f"methods: mean of {len(CLIPS)} takes of {WIDTH}x{HEIGHT}, built-in weights of background "
        "matting, MAD x1000 / Grad / dtSSD x100"
    )
    rows, caption = [], None
    try:
        for kind in kinds:
            rows.append((kind, *_cells(takes_of(kind, folder))))
    except FileNotFoundError as error:
        caption = f"skipped: {error}"
    return new_table(title, COLUMNS, rows, words=1, caption=caption)


def takes_of(kind: str, folder: Path, ways: Sequence[str] = WAYS) -> list[dict[str, Run]]:
    """Of each of :data:`CLIPS`: what each of ``ways`` made of it."""
    takes = []
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
        takes.append({way: run_way(take, way, folder / RVM_WEIGHTS) for way in ways})
    return takes


def _cells(takes: list[dict[str, Run]]) -> list[str]:
    """The means over the takes; of those that are aims for each take, the worst."""
    rvm, background, auto, plate_alone, people = (_mean([t[way] for t in takes]) for way in WAYS)
    assert rvm and auto and people
    parts = [_ratio(t["auto"], t["rvm"], t["background"]) for t in takes]
    lost = max(take["people"].core_lost for take in takes)
    return [
        *map(_cell, (rvm, background, auto)),
        f"{1 - auto.mad / rvm.mad:.1%}",
        f"{max(parts):.2f}",
        *map(_cell, (plate_alone, people)),
        f"{people.mad / rvm.mad:.2f}",
        f"{lost:.1%}",
        ", ".join(dict.fromkeys(take["auto"].how for take in takes)),
    ]


def _mean(runs: list[Run]) -> MatteScore | None:
    scores = [run.score for run in runs if run.score is not None]
    return mean_score(scores) if len(scores) == len(runs) else None


def _ratio(run: Run, *parts: Run) -> float:
    """MAD beside that of the best part."""
    assert run.score
    return run.score.mad / min(part.score.mad for part in parts if part.score)


def _background(scene: str, folder: Path) -> np.ndarray:
    from development.synthetic.clip import SyntheticClip

    is_picture = scene.endswith(".png")
    return read_picture(folder / scene) if is_picture else SyntheticClip(seed=ROOM_SEED).background


def run_way(take: Composite, way: str, rvm_weights: Path) -> Run:
    """Let the command work on ``take`` in one of :data:`WAYS`."""
    from workflows.matting import ChainOptions, run_chain
    from workflows.media.video_writer import VideoSink
    from workflows.plugins import quiet_ikomia

    quiet_ikomia()
    asked: dict[str, Any] = {
        "rvm": {"method": "rvm", "rvm_weights": rvm_weights},
        "background": {"method": "background", "rvm_weights": rvm_weights},
        "auto": {"rvm_weights": rvm_weights},
        "people background": {"method": "background", "matte": "people"},
        "people": {"matte": "people"},
    }[way]
    with tempfile.TemporaryDirectory() as folder:
        video, output = Path(folder) / "take.mkv", Path(folder) / "out"
        with VideoSink(video, WIDTH, HEIGHT, RATE, 1 / RATE, codec="ffv1") as sink:
            for index, frame in enumerate(take.frames):
                sink.write(frame, index)
        options = ChainOptions(video, output, codec="png", weights="builtin", quiet=True, **asked)
        try:
            report = run_chain(options)
        except RuntimeError as error:
            if "does not look like the video" not in str(error):
                raise
            return Run(None)
        alphas = [read_grey(path) for path in folder_pictures(output / "alpha")[take.earlier :]]
    found = np.stack(alphas).astype(np.float32) / 255
    truth = take.truth[take.earlier :]
    kind = "registered" if "registration" in report.plate and report.alpha["way"] == "fused" else ""
    how = " ".join(filter(None, (report.alpha["way"], kind)))
    return Run(score_clip(found, truth), _core_lost(found, truth), how)


def _core_lost(found: np.ndarray, truth: np.ndarray) -> float:
    side = 2 * CORE_MARGIN + 1
    lost = []
    for alpha, true in zip(found, truth, strict=True):
        core = cv2.erode((true > CORE_OPAQUE).view(np.uint8), np.ones((side, side), np.uint8)) > 0
        lost.append(float((alpha[core] < LOST).mean()))
    return max(lost)


def _cell(score: MatteScore | None) -> str:
    return f"{score.mad:.2f}/{score.grad:.1f}/{score.dtssd:.1f}" if score else "refused"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m development.benchmarks.methods")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, metavar="KIND")
    given = parser.parse_args()
    for chosen in given.kinds:
        Console(width=170).print(table(given.folder, [chosen]))
