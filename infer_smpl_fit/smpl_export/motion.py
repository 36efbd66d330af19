"""A fitted motion, as every exporter takes it, and the world that it lives in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from ..smpl_body.conventions import SMPL_JOINTS
from ..smpl_body.model import SHARED_JOINT_COUNT, BodyModel, local_rotations, world_transforms

# Directions by name: x, y, z, -x, -y, -z.
AXES = {
    sign + axis: (-1.0 if sign else 1.0) * np.eye(3)[index]
    for sign in ("", "-")
    for index, axis in enumerate("xyz")
}


def rotation_to_y_up(up: str) -> np.ndarray:
    """(3, 3): the rotation that brings the axis ``up``, a key of AXES, to y by the shortest way."""
    if up == "-y":
        return np.diag([1.0, -1.0, -1.0])
    return Rotation.from_rotvec(np.cross(AXES[up], AXES["y"]) * np.pi / 2).as_matrix()


@dataclass(frozen=True)
class BodyMotion:
    """x = scaling * body(poses, betas) + transl, one row a frame.

    Attributes:
        poses: (F, K, 3), axis-angle, K as in the body.
        transl: (F, 3), in the world's unit.
        betas: (B,).
        scaling: World units per metre of the body; about 1 in a world of metres.
        fps: Frames per second.
        first_frame: The first frame's number, as the keypoints' source counts.
        present: bool (F,), the frames in which the person is there; None: all of them.
    """

    poses: np.ndarray
    transl: np.ndarray
    betas: np.ndarray
    scaling: float = 1.0
    fps: float = 60.0
    first_frame: int = 0
    present: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.poses)

    @property
    def shown(self) -> np.ndarray:
        """bool (F,): the frames in which the person is there."""
        return np.ones(len(self), bool) if self.present is None else self.present

    def enlarged(self, factor: float) -> BodyMotion:
        """The same motion in a world of ``factor`` units for one of today's."""
        return replace(self, transl=self.transl * factor, scaling=self.scaling * factor)

    def rotated(self, rotation: np.ndarray, model: BodyModel) -> BodyMotion:
        """The same motion in a world rotated by (3, 3), old world to new.

        The root rotates about the pelvis' rest position, which is not the origin, so the
        translation has to make up for it.
        """
        poses = self.poses.copy()
        root = Rotation.from_matrix(rotation) * Rotation.from_rotvec(self.poses[:, 0])
        poses[:, 0] = root.as_rotvec()
        pivot = self.rest_joints(model)[0]
        return replace(self, poses=poses, transl=(pivot + self.transl) @ rotation.T - pivot)

    def rest_joints(self, model: BodyModel) -> np.ndarray:
        """(K, 3): joints of the shaped and scaled T-pose, before transl."""
        return self.scaling * model.joints(self.betas)

    def joint_places(self, model: BodyModel) -> np.ndarray:
        """(F, K, 3): joints in the world."""
        rest = self.rest_joints(model)
        _, positions = world_transforms(local_rotations(self.poses), rest, model.parents)
        return positions + self.transl[:, None]

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
    if count == len(SMPL_JOINTS):
        return list(SMPL_JOINTS)
    others = (f"joint{n}" for n in range(SHARED_JOINT_COUNT, count))
    return [*SMPL_JOINTS[:SHARED_JOINT_COUNT], *others]
