"""AMASS's motion file: an .npz in SMPL-H's or SMPL-X's pose layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from infer_smpl_fit.infer_smpl_fit_kit.array_files import write_npz
from infer_smpl_fit.smpl_export.motion import SHARED_JOINTS, BodyMotion

SMPLH_JOINTS = 52
BETAS = 16


def write_amass(path: str | Path, motion: BodyMotion, gender: str) -> Path:
    """Write poses (T, 156, or 165 from SMPL-X), trans (T, 3), betas, gender and the frame rate.

    AMASS knows no scale: places are divided by it, so that the motion fits the body of unit scale.
    Its own recordings are z up; turn the motion before where a reader expects that. A body of 24
    joints loses the rotation of its two hand joints, which SMPL-H has not.

    Args:
        gender: male, female or neutral.
    """
    frames = len(motion)
    poses = motion.poses.reshape(frames, -1)
    if poses.shape[1] < SMPLH_JOINTS * 3:
        kept = poses[:, : SHARED_JOINTS * 3]
        poses = np.pad(kept, ((0, 0), (0, (SMPLH_JOINTS - SHARED_JOINTS) * 3)))
    betas = np.pad(motion.betas, (0, max(0, BETAS - len(motion.betas))))
    data = {
        "poses": poses,
        "trans": motion.transl / motion.scaling,
        "betas": betas,
        "gender": np.array(gender),
        # SMPL-X's recordings of AMASS write it with two underscores.
        "mocap_framerate": np.array(float(motion.fps)),
        "mocap_frame_rate": np.array(float(motion.fps)),
    }
    return write_npz(path, data)
