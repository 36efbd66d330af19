"""Where the keypoints are and how they follow the parameters, in closed form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..smpl_body.model import world_transforms
from .banded import Step
from .rig import Rig
from .rotations import exponential


@dataclass(frozen=True)
class State:
    """The unknowns.

    Attributes:
        rotations: (F, K, 3, 3), local.
        transl: (F, 3), metres.
        betas: (B,).
        scaling: x = scaling * body + transl.
        offsets: (N, 3), metres, of the keypoints in their bones' frames.
    """

    rotations: np.ndarray
    transl: np.ndarray
    betas: np.ndarray
    scaling: float
    offsets: np.ndarray

    def select(self, frames: np.ndarray | slice) -> State:
        """The state of some frames; what they share stays."""
        return replace(self, rotations=self.rotations[frames], transl=self.transl[frames])


@dataclass(frozen=True)
class Free:
    """Which of the parameters that all frames share are optimised; the others stay."""

    betas: bool = False
    scaling: bool = False
    offsets: bool = False


NONE_FREE = Free()


@dataclass(frozen=True)
class Posed:
    """A state and its forward pass.

    Attributes:
        state: The parameters.
        world: (F, K, 3, 3), global rotations.
        joints: (F, K, 3), scaled and translated, metres.
        points: (F, N, 3), the keypoints.
    """

    state: State
    world: np.ndarray
    joints: np.ndarray
    points: np.ndarray


def forward(rig: Rig, state: State) -> Posed:
    """Pose the skeleton and its keypoints."""
    joints, anchors = rig.rest(state.betas)
    world, positions = world_transforms(state.rotations, joints, rig.parents)
    local = anchors - joints[rig.bones] + state.offsets
    points = positions[:, rig.bones] + (world[:, rig.bones] @ local[:, :, None])[..., 0]
    transl = state.transl[:, None]
    return Posed(state, world, state.scaling * positions + transl, state.scaling * points + transl)


def frame_jacobian(rig: Rig, posed: Posed) -> np.ndarray:
    """How the keypoints follow each frame's own parameters.

    A joint that is rotated by d in its parent's frame moves a keypoint by
    (G d) x (keypoint - joint), G being the parent's global rotation.

    Returns:
        (F, N, 3, 3 + 3A): translation, then the active joints' left perturbations.
    """
    frames, count = posed.points.shape[:2]
    keypoints, slots = rig.influences
    levers = posed.points[:, keypoints] - posed.joints[:, rig.active[slots]]
    parents = rig.parents[rig.active]
    axes = np.where((parents < 0)[:, None, None], np.eye(3), posed.world[:, parents])[:, slots]
    jacobian = np.zeros((frames, count, 3, 1 + len(rig.active), 3))
    for i in range(3):
        jacobian[:, :, i, 0, i] = 1
        a, b = (i + 1) % 3, (i + 2) % 3
        crossed = axes[:, :, a] * levers[:, :, b, None] - axes[:, :, b] * levers[:, :, a, None]
        jacobian[:, keypoints, i, 1 + slots] = crossed
    return jacobian.reshape(frames, count, 3, -1)


def shape_jacobian(rig: Rig, posed: Posed) -> np.ndarray:
    """(F, N, 3, B): how the keypoints follow betas."""
    world, shapedirs = posed.world, rig.joint_shapedirs
    joints = np.empty((*world.shape[:2], *shapedirs.shape[1:]))
    for joint, parent in enumerate(rig.parents):
        if parent < 0:
            joints[:, joint] = shapedirs[joint]
        else:
            bone = shapedirs[joint] - shapedirs[parent]
            joints[:, joint] = joints[:, parent] + world[:, parent] @ bone
    local = rig.anchor_shapedirs - shapedirs[rig.bones]
    return posed.state.scaling * (joints[:, rig.bones] + world[:, rig.bones] @ local)


def scale_jacobian(posed: Posed) -> np.ndarray:
    """(F, N, 3, 1): how the keypoints follow the logarithm of the scale."""
    return (posed.points - posed.state.transl[:, None])[..., None]


def offset_jacobian(rig: Rig, posed: Posed) -> np.ndarray:
    """(F, N, 3, 3N): how the keypoints follow their offsets."""
    frames, count = posed.points.shape[:2]
    jacobian = np.zeros((frames, count, 3, count, 3))
    diagonal = np.arange(count)
    bones = posed.state.scaling * posed.world[:, rig.bones]
    jacobian[:, diagonal, :, diagonal] = bones.swapaxes(0, 1)
    return jacobian.reshape(frames, count, 3, -1)


def shared_jacobian(rig: Rig, posed: Posed, free: Free) -> np.ndarray:
    """(F, N, 3, S): how the keypoints follow the free ones of the shared parameters."""
    parts = [np.zeros((*posed.points.shape, 0))]
    if free.betas:
        parts.append(shape_jacobian(rig, posed))
    if free.scaling:
        parts.append(scale_jacobian(posed))
    if free.offsets:
        parts.append(offset_jacobian(rig, posed))
    return np.concatenate(parts, axis=3)


def apply_step(rig: Rig, state: State, step: Step, *, free: Free) -> State:
    """The state after a step: (F, 3 + 3A) of the frames, (S,) of what they share."""
    rotations = state.rotations.copy()
    increments = exponential(step.frames[:, 3:].reshape(len(step.frames), -1, 3))
    rotations[:, rig.active] = increments @ rotations[:, rig.active]
    shared, betas, scaling, offsets = step.shared, state.betas, state.scaling, state.offsets
    if free.betas:
        betas, shared = betas + shared[: rig.beta_count], shared[rig.beta_count :]
    if free.scaling:
        scaling, shared = scaling * float(np.exp(shared[0])), shared[1:]
    if free.offsets:
        offsets = offsets + shared.reshape(-1, 3)
    return State(rotations, state.transl + step.frames[:, :3], betas, scaling, offsets)
