"""Which way is up in the keypoints' world: what is told, what cameras and bodies show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from .overlay import NEEDED, Camera, numbers_of
from .smpl_export.motion import AXES, BodyMotion

# Of the mean of the cameras' upward directions: its least length, and its least cosine to an axis.
LEAST_AGREEMENT, LEAST_COSINE = 0.5, 0.75


@dataclass(frozen=True)
class Upward:
    """What is up.

    Attributes:
        axis: A key of ``AXES``.
        told_by: parameter, input 1, cameras or body.
        warnings: Where it is doubtful.
    """

    axis: str
    told_by: str
    warnings: tuple[str, ...] = ()


def told_upward(parameter: str, metadata: object, cameras: list[Camera]) -> Upward | None:
    """By the parameter, else by what is known of the keypoints, else by the cameras; or None.

    Raises:
        ValueError: A camera stands nowhere.
    """
    for told_by, told in (("parameter", parameter), ("input 1", metadata)):
        if isinstance(told, str) and told in AXES:
            return Upward(told, told_by)
    axis = cameras_axis(cameras)
    return Upward(axis, "cameras") if axis else None


def upward(told: Upward | None, motions: Sequence[BodyMotion]) -> Upward:
    """What was told; else the axis along which bodies stand. Doubts become warnings."""
    of_body = body_axis(motions)
    if told is None:
        doubt = (
            f"nothing tells which way is up: {of_body}, along which the body stands, is taken; set "
            "up_axis if it lies or hangs"
        )
        return Upward(of_body, "body", () if of_body in ("y", "z") else (doubt,))
    if told.told_by == "cameras" and told.axis != of_body:
        doubt = (
            f"as the cameras stand, up is {told.axis}, which is taken; but the body stands along "
            f"{of_body}: set up_axis if it does not lie or hang"
        )
        return Upward(told.axis, told.told_by, (doubt,))
    return told


def cameras_axis(cameras: list[Camera]) -> str | None:
    """The axis along which cameras that are not turned see up; None if unclear.

    Cameras look up or down, but together they mostly stand upright.
    """
    usable = [camera for camera in cameras if set(NEEDED) <= camera.keys()]
    if not usable:
        return None
    rotations = Rotation.from_rotvec([numbers_of(camera, "rotation") for camera in usable])
    # A camera's y points down in its picture.
    mean = rotations.inv().apply([0.0, -1.0, 0.0]).mean(axis=0)
    best = max(AXES, key=lambda name: float(AXES[name] @ mean))
    length = float(np.linalg.norm(mean))
    is_clear = length > LEAST_AGREEMENT and AXES[best] @ mean > LEAST_COSINE * length
    return best if is_clear else None


def body_axis(motions: Sequence[BodyMotion]) -> str:
    """The axis of the world along which bodies mostly stand."""
    roots = np.concatenate([motion.poses[motion.shown, 0] for motion in motions])
    mean = Rotation.from_rotvec(roots).apply([0.0, 1.0, 0.0]).mean(axis=0)
    return max(AXES, key=lambda name: float(AXES[name] @ mean))
