"""BVH: a skeleton of SMPL's joints and its rotations, for any animation program."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from infer_smpl_fit.infer_smpl_fit_kit.files import write_text
from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.motion import SHARED_JOINTS, BodyMotion, joint_names

UNITS = {"m": 1.0, "cm": 100.0, "mm": 1000.0}
ORDERS = ("ZXY", "ZYX")


def write_bvh(
    path: str | Path,
    motion: BodyMotion,
    model: BodyModel,
    unit: str = "cm",
    order: str = "ZXY",
) -> Path:
    """Write the skeleton of the shaped body and its motion.

    The rest pose is the T-pose. The root's position channels hold the pelvis in the world. Of
    SMPL-H and SMPL-X the 22 body joints are written.

    Args:
        motion: In metres.
        unit: m, cm or mm; BVH itself names no unit, most programs expect cm.
        order: ZXY or ZYX, the rotations' order, outermost first.

    Raises:
        ValueError: The motion does not fit the body, or the unit or the order is unknown.
    """
    motion.check(model)
    if unit not in UNITS or order not in ORDERS:
        raise ValueError(f"unit {unit!r} or order {order!r}; known: {tuple(UNITS)}, {ORDERS}")
    count = model.joint_count if model.joint_count == 24 else SHARED_JOINTS
    rest = motion.rest_joints(model)
    ends = motion.scaling * bone_ends(model, motion.betas, count)
    pelvis = (rest[0] + motion.transl) * UNITS[unit]
    lines = hierarchy(rest[:count] * UNITS[unit], ends * UNITS[unit], model.parents, order)
    angles = euler_angles(motion.poses[:, :count], order)
    lines += frames(pelvis, angles, write_order(count, model.parents), motion.fps)
    return write_text(path, "\n".join(lines) + "\n")


def bone_ends(model: BodyModel, betas: np.ndarray, count: int) -> np.ndarray:
    """(K, 3): where each joint's bone would end: as far beyond its vertices' middle as before it.

    BVH gives every last bone an end; SMPL has none for toes, head and hands.
    """
    joints, vertices = model.joints(betas), model.vertices(betas)
    owner = model.weights.argmax(axis=1)
    ends = joints[:count].copy()
    for joint in range(count):
        own = vertices[owner == joint]
        if len(own):
            ends[joint] += 2.0 * (own.mean(axis=0) - joints[joint])
    return ends


def hierarchy(rest: np.ndarray, ends: np.ndarray, parents: np.ndarray, order: str) -> list[str]:
    """Lines of the HIERARCHY part, joints in the order that `write_order` gives."""
    names = joint_names(len(rest))
    rotations = " ".join(f"{axis}rotation" for axis in order)
    lines = ["HIERARCHY"]

    def add(joint: int, depth: int) -> None:
        pad, root = "\t" * depth, parents[joint] < 0
        offset = np.zeros(3) if root else rest[joint] - rest[parents[joint]]
        channels = f"6 Xposition Yposition Zposition {rotations}" if root else f"3 {rotations}"
        lines.append(f"{pad}{'ROOT' if root else 'JOINT'} {names[joint]}")
        lines.extend([f"{pad}{{", f"{pad}\tOFFSET {numbers(offset)}"])
        lines.append(f"{pad}\tCHANNELS {channels}")
        children = children_of(joint, len(rest), parents)
        for child in children:
            add(child, depth + 1)
        if not children:
            end = numbers(ends[joint] - rest[joint])
            lines.extend([f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET {end}", f"{pad}\t}}"])
        lines.append(f"{pad}}}")

    add(0, 0)
    return lines


def children_of(joint: int, count: int, parents: np.ndarray) -> list[int]:
    return [child for child in range(1, count) if parents[child] == joint]


def write_order(count: int, parents: np.ndarray) -> list[int]:
    """Joints in the file's order: each before its children, branch after branch."""
    order, stack = [], [0]
    while stack:
        joint = stack.pop()
        order.append(joint)
        stack.extend(reversed(children_of(joint, count, parents)))
    return order


def euler_angles(poses: np.ndarray, order: str) -> np.ndarray:
    """(F, K, 3): degrees about the axes of `order`, without jumps of whole turns over time."""
    with warnings.catch_warnings():
        # At a gimbal lock any of the equal answers is right.
        warnings.filterwarnings("ignore", message="Gimbal lock")
        angles = Rotation.from_rotvec(poses.reshape(-1, 3)).as_euler(order, degrees=True)
    return np.unwrap(angles.reshape(poses.shape), period=360.0, axis=0)


def frames(pelvis: np.ndarray, angles: np.ndarray, order: list[int], fps: float) -> list[str]:
    """Lines of the MOTION part."""
    lines = ["MOTION", f"Frames: {len(pelvis)}", f"Frame Time: {1.0 / fps:.9f}"]
    for place, turns in zip(pelvis, angles[:, order], strict=True):
        lines.append(f"{numbers(place)} {numbers(turns.ravel())}")
    return lines


def numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values)
