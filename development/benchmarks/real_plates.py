"""Plates against a truth: the real clip Hall&Monitor as it is and shaken, things put down, traffic.

Hall&Monitor (Scene Background Initialization, arXiv 1506.04051) comes from a folder that is not
part of this project; without it its rows are left out, and the table says so. ``python -m
development.benchmarks.real_plates FOLDER`` takes another folder.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from development.tables import new_table
from plugin_kit.picture_files import folder_pictures, read_picture
from workflows.plugins import REPOSITORY

FOLDER = REPOSITORY.parent / "shared" / "data" / "hall_and_monitor"
TRUTH = "ground_truth.png"
SEEDS = range(501, 504)
# Pixels: the largest shift each way; what is so near to the picture's edge is not judged.
SHAKE, EDGE = 3.0, 8
FRAMES = 60
METHODS = ("median", "bootstrap")
THINGS, STAYS = 3, 0.65
CARS = 14


def table(folder: Path = FOLDER) -> Table:
    """AGE and pEPs of the methods that need no mattes."""
    rows = [("things put down", *_mean(put_down)), ("busy traffic", *_mean(traffic))]
    caption = "AGE / pEPs %, as SBMnet defines them; means of the seeds"
    try:
        frames, truth = hall_and_monitor(folder)
    except FileNotFoundError as error:
        caption += f"; Hall&Monitor is left out: {error}"
    else:
        rows.append(("Hall&Monitor", *_errors(frames, truth)))
        shaken = [_errors(shake(frames, seed), truth) for seed in SEEDS]
        rows.append((f"Hall&Monitor, shaken by {SHAKE:g} px", *np.mean(shaken, axis=0)))
    cells = [
        (name, *(f"{age:.2f} / {100 * worst:.2f}" for age, worst in errors))
        for name, *errors in rows
    ]
    return new_table(
        f"plates without mattes, seeds {SEEDS[0]} to {SEEDS[-1]}",
        ("clip", *METHODS, "registered"),
        cells,
        words=2,
        caption=caption,
    )


def hall_and_monitor(folder: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """The frames and the empty scene.

    Raises:
        FileNotFoundError: They are not there.
    """
    truth = read_picture(folder / TRUTH)
    pictures = [path for path in folder_pictures(folder) if path.name != TRUTH]
    return [read_picture(path) for path in pictures], truth


def shake(frames: Sequence[np.ndarray], seed: int) -> list[np.ndarray]:
    """Each frame but the middle one moved by up to :data:`SHAKE` pixels each way."""
    rng = np.random.default_rng(seed)
    shifts = rng.uniform(-SHAKE, SHAKE, (len(frames), 2))
    shifts[len(frames) // 2] = 0
    size = frames[0].shape[1::-1]
    return [
        cv2.warpAffine(
            frame,
            np.array([[1, 0, x], [0, 1, y]]),
            size,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REFLECT,
        )
        for frame, (x, y) in zip(frames, shifts, strict=True)
    ]


def put_down(seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Things that lie in a room for most of the time, put down or taken away."""
    room, rng = _room(seed)
    shown = np.repeat(room[None].astype(np.float32), FRAMES, axis=0)
    for number in range(THINGS):
        width, height = rng.integers(16, 50, 2)
        x, y = rng.integers(10, 250), rng.integers(10, 180)
        place = slice(y, y + height), slice(x, x + width)
        with_it = round(STAYS * FRAMES)
        when = slice(FRAMES - with_it, None) if number % 2 else slice(with_it)
        shown[(when, *place)] = rng.uniform(20, 235, 3)
    return _noisy(shown, rng), room


def traffic(seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Cars on three lanes, with hardly a moment without one."""
    room, rng = _room(seed)
    shown = np.repeat(room[None].astype(np.float32), FRAMES, axis=0)
    for _ in range(CARS):
        lane, length = int(rng.integers(3)), int(rng.integers(30, 70))
        speed, begin = rng.uniform(4, 9), rng.uniform(-200, 250)
        colour = rng.uniform(20, 235, 3)
        for index in range(FRAMES):
            x = round(begin + speed * index)
            rows = slice(60 + 45 * lane, 60 + 45 * lane + 28)
            shown[index, rows, max(0, x) : max(0, x + length)] = colour
    return _noisy(shown, rng), room


def _room(seed: int) -> tuple[np.ndarray, np.random.Generator]:
    from development.synthetic.scenes import make_scene

    room = make_scene("moving", seed=seed, moments=[]).background
    return room, np.random.default_rng(seed)


def _noisy(shown: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    noisy = shown + rng.normal(0, 3, shown.shape)
    return list(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))


def _mean(scene: Any) -> np.ndarray:
    """Errors (M + 1, 2) of what ``scene`` makes of each seed."""
    return np.mean([_errors(*scene(seed)) for seed in SEEDS], axis=0)


def _errors(frames: Sequence[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """AGE and pEPs (M + 1, 2) by each method, and by the default on registered frames."""
    from development.synthetic.scenes import metrics
    from extract_background.plate_estimation import FrameStore, PlateOptions, estimate_plate

    store = FrameStore(max_frames=len(frames))
    for frame in frames:
        store.add(frame)
    asked = [PlateOptions(method=method) for method in METHODS]
    inner = slice(EDGE, -EDGE), slice(EDGE, -EDGE)
    found = []
    for options in (*asked, PlateOptions(registration="on")):
        plate = estimate_plate(store, options).background
        found.append(metrics(plate[inner], truth[inner]))
    return np.array(found)


if __name__ == "__main__":
    Console(width=110).print(table(*map(Path, sys.argv[1:2])))
