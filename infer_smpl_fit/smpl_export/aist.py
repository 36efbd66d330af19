"""AIST++'s motion file: a pickle with poses, one scale and places, but no shape."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from infer_smpl_fit.infer_smpl_fit_kit.array_files import write_pickle
from infer_smpl_fit.smpl_export.motion import SHARED_JOINTS, BodyMotion

log = logging.getLogger(__name__)

JOINTS = 24


def write_aist(path: str | Path, motion: BodyMotion, loss: float = 0.0) -> Path:
    """Write smpl_poses (T, 72), smpl_scaling (1, 1), smpl_trans (T, 3), smpl_loss.

    Readers take betas as 0 and divide smpl_trans by smpl_scaling to get metres. A shape is lost
    (with a warning): fit with betas fixed at 0 for this format. Fingers are lost too.

    Args:
        motion: In the key points' own unit, which AIST++ keeps.
        loss: Mean squared difference of a coordinate between keypoints and body, in that unit.
    """
    if np.any(motion.betas):
        log.warning("AIST files hold no shape: readers will see the mean body in place of this one")
    poses = body_poses(motion.poses).reshape(len(motion), JOINTS * 3)
    data = {
        "smpl_loss": float(loss),
        "smpl_poses": poses.astype(np.float32),
        "smpl_scaling": np.array([[motion.scaling]], np.float32),
        "smpl_trans": motion.transl.astype(np.float32),
    }
    return write_pickle(path, data)


def body_poses(poses: np.ndarray) -> np.ndarray:
    """(F, 24, 3): SMPL's joints of a body of any kind; hands of SMPL-H and -X are left flat."""
    if poses.shape[1] == JOINTS:
        return poses
    return np.pad(poses[:, :SHARED_JOINTS], ((0, 0), (0, JOINTS - SHARED_JOINTS), (0, 0)))
