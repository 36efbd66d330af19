"""A fitted motion, as every exporter takes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from infer_smpl_fit.smpl_body.model import BodyModel, world_transforms
from infer_smpl_fit.smpl_body.world import turn_world

JOINT_NAMES = (
    "pelvis",
    "left_hip",
    "right_hip",
    "spine1",
    "left_knee",
    "right_knee",
    "spine2",
    "left_ankle",
    "right_ankle",
    "spine3",
    "left_foot",
    "right_foot",
    "neck",
    "left_collar",
    "right_collar",
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hand",
    "right_hand",
)
SHARED_JOINTS = 22


@dataclass(frozen=True)
class BodyMotion:
    """x = scaling * body(poses, betas) + transl, one row a frame.

    Attributes:
        poses: (F, K, 3), axis-angle, K as in the body.
        transl: (F, 3), in the world's unit.
        betas: (B,).
        scaling: World units per metre of the body; about 1 in a world of metres.
        fps: Frames per second.
    """

    poses: np.ndarray
    transl: np.ndarray
    betas: np.ndarray
    scaling: float = 1.0
    fps: float = 60.0

    def __len__(self) -> int:
        return len(self.poses)

    def in_metres(self, units_per_metre: float) -> BodyMotion:
        """The same motion of a world whose unit was 1 / units_per_metre metres."""
        return replace(
            self, transl=self.transl / units_per_metre, scaling=self.scaling / units_per_metre
        )

    def turned(self, turn: np.ndarray, model: BodyModel) -> BodyMotion:
        """The same motion in a world turned by (3, 3)."""
        pelvis = model.joints(self.betas)[0]
        poses, transl = turn_world(turn, self.poses, self.transl, pelvis, self.scaling)
        return replace(self, poses=poses, transl=transl)

    def local_rotations(self) -> np.ndarray:
        """(F, K, 3, 3)."""
        matrices = Rotation.from_rotvec(self.poses.reshape(-1, 3)).as_matrix()
        return matrices.reshape(*self.poses.shape, 3)

    def rest_joints(self, model: BodyModel) -> np.ndarray:
        """(K, 3): joints of the shaped and scaled T-pose, before transl."""
        return self.scaling * model.joints(self.betas)

    def joint_places(self, model: BodyModel) -> np.ndarray:
        """(F, K, 3): joints in the world."""
        rest = self.rest_joints(model)
        _, places = world_transforms(self.local_rotations(), rest, model.parents)
        return places + self.transl[:, None]

    def check(self, model: BodyModel) -> None:
        """Raise ValueError where the arrays do not fit one another or hold no numbers."""
        wanted = (len(self.poses), model.joint_count, 3)
        if self.poses.shape != wanted or not len(self.poses):
            raise ValueError(f"poses are {self.poses.shape}; {model.name} needs {wanted}")
        if self.transl.shape != (len(self), 3) or self.betas.shape != (model.beta_count,):
            raise ValueError(f"transl {self.transl.shape} or betas {self.betas.shape} do not fit")
        if not self.fps > 0 or not self.scaling > 0:
            raise ValueError(f"fps {self.fps} and scaling {self.scaling} have to be positive")
        if not all(np.isfinite(a).all() for a in (self.poses, self.transl, self.betas)):
            raise ValueError("the motion holds values that are no numbers")


def joint_names(count: int) -> list[str]:
    """Names of a body's joints; those of SMPL-H and SMPL-X beyond the shared 22 by number."""
    if count == len(JOINT_NAMES):
        return list(JOINT_NAMES)
    return [*JOINT_NAMES[:SHARED_JOINTS], *(f"joint{n}" for n in range(SHARED_JOINTS, count))]
