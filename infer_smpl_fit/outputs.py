"""The motion files of everybody's fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from .people import Person
from .smpl_body.model import BodyModel
from .smpl_export.bvh import write_bvh
from .smpl_export.figures import Figure
from .smpl_export.gltf import SURFACE, write_people_glb
from .smpl_export.motion import BodyMotion, rotation_to_y_up
from .smpl_export.research_files import write_aist, write_amass, write_trc

# File systems take 255 bytes.
MOST_LETTERS = 100


def write_all(folder: Path, people: Sequence[Person], model: BodyModel, *, up: str) -> list[Path]:
    """Write every motion file, and return their paths.

    Of each person motion.npz (AMASS), .bvh, .trc and .pkl, with ``_NAME`` after motion where people
    have names; one motion.glb of all. motion.pkl (AIST++) is of the fit without a shape, of which
    AIST++'s file has none. The .bvh and the .glb are y up, as the programs that open them expect;
    the others keep the keypoints' world.

    Args:
        folder: Where to; made if needed.
        people: Those who were fitted.
        model: The body.
        up: The axis of the keypoints' world that points up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written, figures = [], []
    stems = file_stems([person.name for person in people])
    for person, stem in zip(people, stems, strict=True):
        motion, fit = person.motion, person.aist_fit
        y_up = motion.rotated(rotation_to_y_up(up), model)
        aist = BodyMotion(fit.poses, fit.transl, fit.betas, fit.scaling, motion.fps)
        written += [
            write_aist(folder / f"{stem}.pkl", aist, fit.report["aist_loss"]),
            write_amass(folder / f"{stem}.npz", motion, model.gender),
            write_bvh(folder / f"{stem}.bvh", y_up, model),
            write_trc(folder / f"{stem}.trc", motion, model),
        ]
        figures.append(Figure(y_up, person.colour if person.name else SURFACE, person.name))
    return [*written, write_people_glb(folder / "motion.glb", figures, model)]


def file_stems(names: Sequence[str]) -> list[str]:
    """What the files of each person are called: ``motion``, or ``motion_NAME``, all different.

    They differ on disks that tell no capitals from small letters as well.

    Example:
        >>> file_stems(["1", "2"]), file_stems([""]), file_stems(["A/b", "A b"])
        (['motion_1', 'motion_2'], ['motion'], ['motion_A_b', 'motion_A_b-2'])
    """
    stems: list[str] = []
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9.-]+", "_", name)[:MOST_LETTERS]
        stem = first = f"motion_{plain}" if name else "motion"
        number = 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{first}-{number}"
        taken.add(stem.casefold())
        stems.append(stem)
    return stems
