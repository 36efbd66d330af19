"""The motion files of a fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.aist import write_aist
from infer_smpl_fit.smpl_export.amass import write_amass
from infer_smpl_fit.smpl_export.bvh import write_bvh
from infer_smpl_fit.smpl_export.gltf import write_glb
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.trc import write_trc
from infer_smpl_fit.smpl_fitting import Fit
from infer_smpl_fit.smpl_fitting.units import UNITS

AXES = {
    sign + axis: (-1.0 if sign else 1.0) * np.eye(3)[index]
    for sign in ("", "-")
    for index, axis in enumerate("xyz")
}


def up_of(motion: BodyMotion) -> str:
    """The axis of the world along which the body mostly stands: a key of :data:`AXES`."""
    upright = Rotation.from_rotvec(motion.poses[:, 0]).apply([0.0, 1.0, 0.0])
    mean = upright.mean(axis=0)
    return max(AXES, key=lambda name: float(AXES[name] @ mean))


def turn_to_y(up: str) -> np.ndarray:
    """(3, 3): the rotation that brings the axis ``up`` to y by the shortest way."""
    if up == "-y":
        return np.diag([1.0, -1.0, -1.0])
    axis = np.cross(AXES[up], AXES["y"])
    return Rotation.from_rotvec(axis * np.pi / 2).as_matrix()


def motion_of(fit: Fit, mode: str, fps: float) -> BodyMotion:
    """The fit in metres, whatever its mode."""
    motion = BodyMotion(fit.poses, fit.transl, fit.betas, fit.scaling, fps)
    return motion.in_metres(UNITS[fit.report["unit"]]) if mode == "aist" else motion


def write_all(folder: Path, motion: BodyMotion, aist: Fit, model: BodyModel, up: str) -> list[Path]:
    """Write motion.npz (AMASS), .bvh, .glb, .trc of ``motion`` and motion.pkl (AIST++) of ``aist``.

    AIST++'s file holds no shape, so it gets the fit that was made without one. The .bvh and the
    .glb are y up, as the programs that open them expect; the others keep the keypoints' world.

    Args:
        motion: In metres.
        up: The axis of the keypoints' world that points up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    standing = motion.turned(turn_to_y(up), model)
    in_keypoint_units = BodyMotion(aist.poses, aist.transl, aist.betas, aist.scaling, motion.fps)
    return [
        write_aist(folder / "motion.pkl", in_keypoint_units, aist.report["aist_loss"]),
        write_amass(folder / "motion.npz", motion, model.gender),
        write_bvh(folder / "motion.bvh", standing, model),
        write_glb(folder / "motion.glb", standing, model),
        write_trc(folder / "motion.trc", motion, model),
    ]
