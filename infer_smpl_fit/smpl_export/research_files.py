"""Motion for research code: AIST++'s pickle, AMASS's archive, OpenSim's marker file."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from ..infer_smpl_fit_kit.array_files import write_npz, write_pickle
from ..infer_smpl_fit_kit.keypoints import trc_files
from ..infer_smpl_fit_kit.keypoints.trajectories import Trajectories, origin_near
from ..smpl_body.model import SHARED_JOINT_COUNT, SMPL_JOINT_COUNT, BodyModel
from .motion import BodyMotion, joint_names

logger = logging.getLogger(__name__)

SMPLH_JOINT_COUNT = 52
AMASS_BETA_COUNT = 16


def write_aist(path: str | Path, motion: BodyMotion, loss: float = 0.0) -> Path:
    """Write AIST++'s smpl_poses (T, 72), smpl_scaling (1, 1), smpl_trans (T, 3), smpl_loss.

    Arrays are float32 as AIST++'s own; places that lose a tenth of a millimetre by it are float64.
    Readers take betas as 0 and divide smpl_trans by smpl_scaling to get metres. A shape is lost
    (with a warning): fit with betas fixed at 0 for this format. Fingers are lost too.

    Args:
        motion: In the keypoints' own unit, which AIST++ keeps.
        loss: Mean squared difference of a coordinate between keypoints and body, in that unit.
    """
    if np.any(motion.betas):
        logger.warning(
            "AIST files hold no shape: readers will see the mean body in place of this one"
        )
    poses = motion.poses
    if poses.shape[1] != SMPL_JOINT_COUNT:
        poses = _with_flat_joints(poses, SMPL_JOINT_COUNT)
    is_far = origin_near(motion.transl / motion.scaling, "m").any()
    data = {
        "smpl_loss": float(loss),
        "smpl_poses": poses.reshape(len(motion), -1).astype(np.float32),
        "smpl_scaling": np.array([[motion.scaling]], np.float32),
        "smpl_trans": motion.transl.astype(np.float64 if is_far else np.float32),
    }
    return write_pickle(path, data)


def write_amass(path: str | Path, motion: BodyMotion, gender: str) -> Path:
    """Write AMASS's poses (T, 156, or 165 from SMPL-X), trans (T, 3), betas, gender and frame rate.

    AMASS knows no scale: translations are divided by it, so the motion fits the body of unit scale.
    Its own recordings are z up; rotate the motion before where a reader expects that. A body of 24
    joints loses the rotation of its two hand joints, which SMPL-H has not. Of somebody who is
    not always there an array ``present`` (T,) is added; AMASS's readers pass over it.

    Args:
        gender: male, female or neutral.
    """
    poses = motion.poses
    if poses.shape[1] < SMPLH_JOINT_COUNT:
        poses = _with_flat_joints(poses, SMPLH_JOINT_COUNT)
    data = {
        "poses": poses.reshape(len(motion), -1),
        "trans": motion.transl / motion.scaling,
        "betas": np.pad(motion.betas, (0, max(0, AMASS_BETA_COUNT - len(motion.betas)))),
        "gender": np.array(gender),
        # SMPL-X's recordings of AMASS write it with two underscores.
        "mocap_framerate": np.array(float(motion.fps)),
        "mocap_frame_rate": np.array(float(motion.fps)),
    }
    if motion.present is not None:
        data["present"] = motion.present
    return write_npz(path, data)


def write_trc(path: str | Path, motion: BodyMotion, model: BodyModel) -> Path:
    """Write the places of the joints of a motion in metres, as OpenSim reads them: millimetres.

    They are empty where the person is not there.
    """
    motion.check(model)
    places = np.where(motion.shown[:, None, None], motion.joint_places(model) * 1000.0, np.nan)
    names = joint_names(model.joint_count)
    joints = Trajectories(places, names, motion.fps, "mm", motion.first_frame)
    return trc_files.write_trc(path, joints, has_empty_line=True)


def _with_flat_joints(poses: np.ndarray, count: int) -> np.ndarray:
    """(F, count, 3): the rotations of the joints that all bodies share, the others at rest."""
    flat = count - SHARED_JOINT_COUNT
    return np.pad(poses[:, :SHARED_JOINT_COUNT], ((0, 0), (0, flat), (0, 0)))
