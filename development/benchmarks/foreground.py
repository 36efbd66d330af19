"""Which colours of a person are nearest to the truth over another background.

Composites of real people with known alpha, background matting with the built-in weights before
the true plate; the people come from a folder that is not part of this project
(``development/synthetic/composites.py`` names its files), without which the table is empty.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from rich.table import Table

from development.synthetic.composites import (
    Person,
    builtin_matting,
    load_person,
    make_composite,
)
from development.tables import new_table
from plugin_kit.foreground import extend_foreground
from plugin_kit.picture_files import read_picture
from plugin_kit.pictures import blend, plain, resized
from workflows.plugins import REPOSITORY

FOLDER = REPOSITORY.parent / "shared" / "data" / "matting"
PEOPLE = ("person", "front", "side")
SCENES = ("handheld_background.png", "noise of 30 pixels")
SIZE = (1280, 720)
BEHIND = (255, 0, 255)
COLUMNS = ("scene", "person", "alpha", "the picture's", "the network's", "extended")


def table(folder: Path = FOLDER) -> Table:
    """Mean errors in grey levels over magenta, within 2 pixels of where alpha is soft."""
    rows, caption = [], None
    try:
        for scene in SCENES:
            behind = _scene(folder, scene)
            for name in PEOPLE:
                rows += [
                    (scene, name, *cells) for cells in _errors(load_person(folder, name), behind)
                ]
    except FileNotFoundError as error:
        caption = f"skipped: {error}"
    title = "foreground: error of a composite over magenta, grey levels"
    return new_table(title, COLUMNS, rows, words=3, caption=caption)


def _scene(folder: Path, name: str) -> np.ndarray:
    if name.endswith(".png"):
        return read_picture(folder / name)
    noise = np.random.default_rng(0).integers(0, 255, (24, 43, 3)).astype(np.uint8)
    return cv2.resize(noise, SIZE, interpolation=cv2.INTER_CUBIC)


def _errors(person: Person, scene: np.ndarray) -> list[tuple[str, str, str, str]]:
    nobody = Person(person.colours, np.zeros_like(person.alpha))
    composite, empty, wanted = (
        make_composite("static", who, behind, seed=1, frames=1)
        for who, behind in (
            (person, scene),
            (nobody, scene),
            (person, plain(BEHIND, *SIZE[::-1])),
        )
    )
    image, truth = composite.frames[-1], composite.truth[-1]
    soft = ((truth > 0.004) & (truth < 0.996)).astype(np.uint8)
    near = cv2.dilate(soft, np.ones((5, 5), np.uint8)) > 0
    target = wanted.frames[-1].astype(np.float32)

    def error(foreground: np.ndarray | None, alpha: np.ndarray) -> str:
        if foreground is None:
            return ""
        made = blend(foreground, alpha, plain(BEHIND, *truth.shape)).astype(np.float32)
        return f"{np.abs(made - target)[near].mean():.2f}"

    matte = builtin_matting()(image, resized(empty.frames[-1], *SIZE))
    return [
        (
            said,
            error(image, alpha),
            error(network, alpha),
            error(extend_foreground(image, alpha), alpha),
        )
        for said, alpha, network in (
            ("true", truth, None),
            ("background matting's", matte.alpha, matte.foreground),
        )
    ]
