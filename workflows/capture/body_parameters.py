"""The bodies of a capture as EasyVolcap and EasyMocap have them: poses, shapes, Rh and Th.

https://github.com/zju3dv/EasyVolcap and https://github.com/zju3dv/EasyMocap pose the body about the
origin and turn and move all of it afterwards: x = Rh * body(poses, shapes) + Th, where the first
three numbers of poses are 0. SMPL's own files turn it about the pelvis.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from infer_smpl_fit.outputs import file_stems
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel
from plugin_kit.array_files import read_arrays, write_npz
from plugin_kit.files import load_json
from plugin_kit.keypoints.trajectories import UNITS_PER_METRE

# EasyVolcap's `motion_file`, and EasyMocap's folder out of which its scripts make it.
MOTION_FILE = "motion.npz"
FULL_POSES = Path("output-output-smpl-3d") / "smplfull"
SHAPES = 10
# A body that is so much larger or smaller than its shape says cannot be told in this form.
SIZE_DIFFERS = 0.01


@dataclass(frozen=True)
class BodyParameters:
    """Somebody's motion in EasyMocap's parameters.

    Attributes:
        name: Empty where there is one person only.
        poses: (F, J * 3), axis-angle, the first three 0; J is 52 as SMPL-H's, or SMPL-X's 55.
        shapes: (F, 10), the same in each frame.
        rotations: Rh, (F, 3), axis-angle about the world's origin.
        translations: Th, (F, 3) metres.
        present: bool (F,), the frames in which the person is there.
        scaling: What they would have to be enlarged by, beside their shape.
    """

    name: str
    poses: np.ndarray
    shapes: np.ndarray
    rotations: np.ndarray
    translations: np.ndarray
    present: np.ndarray
    scaling: float = 1.0

    def arrays(self) -> dict[str, np.ndarray]:
        """As ``motion.npz`` has them, float32; ``present`` only of somebody who is not always."""
        named = {
            "poses": self.poses,
            "shapes": self.shapes,
            "Rh": self.rotations,
            "Th": self.translations,
        }
        arrays = {name: array.astype(np.float32) for name, array in named.items()}
        return arrays if self.present.all() else {**arrays, "present": self.present}

    def annotation(self, number: int, frame: int) -> dict[str, Any]:
        """Of one frame as EasyMocap's JSON has it, the person as ``number``."""
        rows = {name: array[frame : frame + 1] for name, array in self.arrays().items()}
        rows.pop("present", None)
        return {"id": number, **{name: row.tolist() for name, row in rows.items()}}


def about_the_origin(
    rotations: np.ndarray, transl: np.ndarray, pelvis: np.ndarray, scaling: float = 1.0
) -> np.ndarray:
    """Th of a body that SMPL turns about its pelvis.

    Args:
        rotations: (F, 3), axis-angle, of the root.
        transl: (F, 3), SMPL's own translation.
        pelvis: (3,), at rest, of a body that is not enlarged.
        scaling: Of SMPL's body; the pelvis comes to the same place without it.

    Returns:
        (F, 3).
    """
    return transl + scaling * pelvis - Rotation.from_rotvec(rotations).apply(pelvis)


def read_bodies(motion: Path, model: BodyModel) -> list[BodyParameters]:
    """Everybody who was fitted, of the folder that ``python -m workflows.motion`` wrote.

    Args:
        motion: With ``report.json`` and ``motion.npz``, or ``motion_NAME.npz`` of several.
        model: The body that was fitted.

    Raises:
        FileNotFoundError, FileError: A file is not there or cannot be read.
    """
    fit = load_json(motion / "report.json")["fit"]
    fitted = [person for person in fit.get("people", []) if person["is_fitted"]]
    entries = fitted or [{"name": "", **fit}]
    unit = UNITS_PER_METRE[fit["unit"]] if fit["mode"] == "aist" else 1.0
    stems = file_stems([entry["name"] for entry in entries])
    return [
        _body(entry["name"], motion / f"{stem}.npz", model, float(entry["scaling"]) / unit)
        for entry, stem in zip(entries, stems, strict=True)
    ]


def _body(name: str, path: Path, model: BodyModel, scaling: float) -> BodyParameters:
    amass = read_arrays(path)
    poses, betas = amass["poses"].copy(), amass["betas"]
    root = poses[:, :3].copy()
    poses[:, :3] = 0
    pelvis = model.joints(betas[: model.beta_count])[0]
    shapes = np.pad(betas, (0, max(0, SHAPES - len(betas))))[:SHAPES]
    return BodyParameters(
        name,
        poses,
        np.tile(shapes, (len(poses), 1)),
        root,
        about_the_origin(root, amass["trans"] * scaling, pelvis, scaling),
        amass.get("present", np.ones(len(poses), bool)),
        scaling,
    )


def write_bodies(root: Path, bodies: Sequence[BodyParameters]) -> list[str]:
    """Write the bodies into a root, and say what they cannot tell.

    ::

        motion.npz                                  the first person, as EasyVolcap reads it
        motion_<name>.npz                           each of several: its option motion_file
        output-output-smpl-3d/smplfull/000012.json  everybody who is there, as EasyMocap writes it

    Row and file i are of the pictures called i.
    """
    for path in root.glob("motion_*.npz"):
        path.unlink()
    write_npz(root / MOTION_FILE, bodies[0].arrays())
    stems = file_stems([body.name for body in bodies])
    for body, stem in zip(bodies, stems, strict=True):
        if body.name:
            write_npz(root / f"{stem}.npz", body.arrays())
    staging = root / f".bodies-{uuid.uuid4().hex[:12]}"
    try:
        staging.mkdir()
        for frame in range(len(bodies[0].poses)):
            there = [
                body.annotation(number, frame)
                for number, body in enumerate(bodies)
                if body.present[frame]
            ]
            text = json.dumps({"annots": there})
            (staging / f"{frame:06d}.json").write_text(text, encoding="utf-8")
        shutil.rmtree(root / FULL_POSES, ignore_errors=True)
        (root / FULL_POSES).parent.mkdir(parents=True, exist_ok=True)
        staging.replace(root / FULL_POSES)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return [
        f"{body.name or 'the person'} is {body.scaling:.2f} times as large as a body of their "
        f"shape, which {MOTION_FILE} cannot tell: motion/ has it"
        for body in bodies
        if abs(body.scaling - 1) > SIZE_DIFFERS
    ]


def export_bodies(root: Path, motion: Path, body_file: str | None, gender: str) -> list[str]:
    """Write what the motion chain fitted into the root; return what is to be known of it.

    Raises:
        OSError, ValueError: A file cannot be read or written.
    """
    model = load_body(body_file, gender)
    warnings = write_bodies(root, read_bodies(motion, model))
    if model.is_builtin:
        warnings.append(
            f"the shapes of {MOTION_FILE} are the built-in body's and mean nothing to another "
            "program's SMPL: give yours by -- --body FILE"
        )
    return warnings
