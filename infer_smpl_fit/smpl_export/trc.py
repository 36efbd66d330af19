"""TRC, the marker file of OpenSim: the body's joints over time."""

from __future__ import annotations

from pathlib import Path

from ..infer_smpl_fit_kit.keypoints import trc_files
from ..infer_smpl_fit_kit.keypoints.trajectories import Trajectories
from ..infer_smpl_fit_kit.keypoints.units import UNITS_PER_METRE
from ..smpl_body.model import BodyModel
from .motion import BodyMotion, joint_names


def write_trc(path: str | Path, motion: BodyMotion, model: BodyModel, unit: str = "mm") -> Path:
    """Write the joints' places.

    Args:
        path: The file.
        motion: In metres.
        model: The body that moves.
        unit: m, cm or mm.
    """
    motion.check(model)
    places = motion.joint_places(model) * UNITS_PER_METRE[unit]
    joints = Trajectories(places, joint_names(model.joint_count), motion.fps, unit)
    return trc_files.write_trc(path, joints, has_empty_line=True)
