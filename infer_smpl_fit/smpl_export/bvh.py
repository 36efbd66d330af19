"""BVH: a skeleton of SMPL's joints and its rotations, for any animation program."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from ..infer_smpl_fit_kit.files import write_text
from ..infer_smpl_fit_kit.keypoints.trajectories import UNITS_PER_METRE
from ..smpl_body.model import BodyModel
from .motion import BodyMotion, joint_names

ORDERS = ("ZXY", "ZYX")


def write_bvh(
    path: str | Path,
    motion: BodyMotion,
    model: BodyModel,
    *,
    unit: str = "cm",
    order: str = "ZXY",
) -> Path:
    """Write the skeleton of the shaped body and its motion.

    The rest pose is the T-pose. The root's position channels hold the pelvis in the world. Of
    SMPL-H and SMPL-X the 22 body joints are written.

    Args:
        path: Where to.
        motion: In metres.
        model: The body.
        unit: m, cm or mm; BVH itself names no unit, most programs expect cm.
        order: ZXY or ZYX, the rotations' order, outermost first.

    Raises:
        ValueError: The motion does not fit the body, or the unit or the order is unknown.
    """
    motion.check(model)
    if unit not in UNITS_PER_METRE or order not in ORDERS:
        known = f"known: {tuple(UNITS_PER_METRE)}, {ORDERS}"
        raise ValueError(f"unit {unit!r} or order {order!r}; {known}")
    count, scale = model.body_joint_count, UNITS_PER_METRE[unit]
    rest = scale * motion.rest_joints(model)
    ends = scale * motion.scaling * bone_ends(model, motion.betas, count)
    lines, joints = hierarchy(rest[:count], ends, model.parents[:count], order=order)
    places = rest[0] + motion.transl * scale
    angles = euler_angles(motion.poses[:, :count], order)[:, joints]
    lines += ["MOTION", f"Frames: {len(motion)}", f"Frame Time: {1.0 / motion.fps:.9f}"]
    for place, rotations in zip(places, angles, strict=True):
        lines.append(f"{numbers(place)} {numbers(rotations.ravel())}")
    return write_text(path, "\n".join(lines) + "\n")


def bone_ends(model: BodyModel, betas: np.ndarray, count: int) -> np.ndarray:
    """(K, 3): where each joint's bone would end: as far beyond its vertices' middle as before it.

    BVH gives every last bone an end; SMPL has none for toes, head and hands.
    """
    joints, vertices = model.joints(betas), model.vertices(betas)
    owners = model.weights.argmax(axis=1)
    ends = joints[:count].copy()
    for joint in range(count):
        own = vertices[owners == joint]
        if len(own):
            ends[joint] += 2.0 * (own.mean(axis=0) - joints[joint])
    return ends


def hierarchy(
    rest: np.ndarray, ends: np.ndarray, parents: np.ndarray, *, order: str
) -> tuple[list[str], list[int]]:
    """Lines of the HIERARCHY part, and its joints in the file's order, depth first.

    Args:
        rest: (K, 3), joint positions.
        ends: (K, 3), where each joint's bone ends.
        parents: (K,), -1 for the root, which is joint 0.
        order: Of the rotations.
    """
    names = joint_names(len(rest))
    rotations = " ".join(f"{axis}rotation" for axis in order)
    lines, joints = ["HIERARCHY"], []

    def add(joint: int, depth: int) -> None:
        joints.append(joint)
        pad, parent = "\t" * depth, parents[joint]
        is_root = parent < 0
        offset = np.zeros(3) if is_root else rest[joint] - rest[parent]
        channels = f"6 Xposition Yposition Zposition {rotations}" if is_root else f"3 {rotations}"
        lines.append(f"{pad}{'ROOT' if is_root else 'JOINT'} {names[joint]}")
        lines.extend([f"{pad}{{", f"{pad}\tOFFSET {numbers(offset)}"])
        lines.append(f"{pad}\tCHANNELS {channels}")
        children = np.flatnonzero(parents == joint).tolist()
        for child in children:
            add(child, depth + 1)
        if not children:
            end = numbers(ends[joint] - rest[joint])
            lines.extend([f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET {end}", f"{pad}\t}}"])
        lines.append(f"{pad}}}")

    add(0, 0)
    return lines, joints


def euler_angles(poses: np.ndarray, order: str) -> np.ndarray:
    """(F, K, 3): degrees about the axes of `order`, without jumps of whole turns over time."""
    with warnings.catch_warnings():
        # At a gimbal lock any of the equal answers is right.
        warnings.filterwarnings("ignore", message="Gimbal lock")
        angles = Rotation.from_rotvec(poses.reshape(-1, 3)).as_euler(order, degrees=True)
    return np.unwrap(angles.reshape(poses.shape), period=360.0, axis=0)


def numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values)
