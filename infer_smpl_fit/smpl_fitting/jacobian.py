"""Where the keypoints are and how they follow the parameters, in closed form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..smpl_body.model import world_transforms
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

    def frames(self, chosen: np.ndarray | slice) -> State:
        """The state of some frames; what they share stays."""
        return replace(self, rotations=self.rotations[chosen], transl=self.transl[chosen])


@dataclass(frozen=True)
class Shared:
    """Which of the parameters that all frames share are looked for."""

    betas: bool
    scaling: bool
    offsets: bool


FIXED = Shared(False, False, False)


@dataclass(frozen=True)
class Posed:
    """A state's forward pass.

    Attributes:
        world: (F, K, 3, 3), global rotations.
        joints: (F, K, 3), scaled and moved, metres.
        points: (F, N, 3), the keypoints.
    """

    world: np.ndarray
    joints: np.ndarray
    points: np.ndarray


def forward(rig: Rig, state: State) -> Posed:
    """Pose the skeleton and its keypoints."""
    joints, anchors = rig.rest(state.betas)
    world, places = world_transforms(state.rotations, joints, rig.parents)
    arms = anchors - joints[rig.bones] + state.offsets
    points = places[:, rig.bones] + (world[:, rig.bones] @ arms[:, :, None])[..., 0]
    shift = state.transl[:, None]
    return Posed(world, state.scaling * places + shift, state.scaling * points + shift)


def frame_jacobian(rig: Rig, posed: Posed) -> np.ndarray:
    """How the keypoints follow each frame's own parameters.

    A joint that turns by d in its parent's frame moves a keypoint by (G d) x (keypoint - joint),
    G being the parent's global rotation.

    Returns:
        (F, N, 3, 3 + 3A): translation, then the active joints' left perturbations.
    """
    frames, count = posed.points.shape[:2]
    keypoints, slots = rig.pairs
    moving = rig.active[slots]
    levers = posed.points[:, keypoints] - posed.joints[:, moving]
    axes = parents_world(rig, posed)[:, slots]
    out = np.zeros((frames, count, 3, 1 + len(rig.active), 3))
    for i in range(3):
        out[:, :, i, 0, i] = 1
        a, b = (i + 1) % 3, (i + 2) % 3
        turned = axes[:, :, a] * levers[:, :, b, None] - axes[:, :, b] * levers[:, :, a, None]
        out[:, keypoints, i, 1 + slots] = turned
    return out.reshape(frames, count, 3, -1)


def parents_world(rig: Rig, posed: Posed) -> np.ndarray:
    """(F, A, 3, 3): the global rotations of the active joints' parents."""
    above = rig.parents[rig.active]
    world = posed.world[:, np.maximum(above, 0)].copy()
    world[:, above < 0] = np.eye(3)
    return world


def shape_jacobian(rig: Rig, state: State, posed: Posed) -> np.ndarray:
    """(F, N, 3, B): how the keypoints follow betas."""
    world = posed.world
    frames, joint_count = world.shape[:2]
    moved = np.empty((frames, joint_count, *rig.joint_shapes.shape[1:]))
    for joint, parent in enumerate(rig.parents):
        if parent < 0:
            moved[:, joint] = rig.joint_shapes[joint]
        else:
            bone = rig.joint_shapes[joint] - rig.joint_shapes[parent]
            moved[:, joint] = moved[:, parent] + world[:, parent] @ bone
    arms = rig.anchor_shapes - rig.joint_shapes[rig.bones]
    return state.scaling * (moved[:, rig.bones] + world[:, rig.bones] @ arms)


def scale_jacobian(state: State, posed: Posed) -> np.ndarray:
    """(F, N, 3, 1): how the keypoints follow the logarithm of the scale."""
    return (posed.points - state.transl[:, None])[..., None]


def stepped(rig: Rig, state: State, shared: Shared, step: np.ndarray, common: np.ndarray) -> State:
    """The state after a step (F, 3 + 3A) of the frames and (S,) of what they share."""
    rotations = state.rotations.copy()
    turns = exponential(step[:, 3:].reshape(len(step), -1, 3))
    rotations[:, rig.active] = turns @ rotations[:, rig.active]
    betas, scaling, offsets = split_shared(rig, shared, common)
    return State(
        rotations=rotations,
        transl=state.transl + step[:, :3],
        betas=state.betas + betas,
        scaling=state.scaling * float(np.exp(scaling)),
        offsets=state.offsets + offsets,
    )


def split_shared(
    rig: Rig, shared: Shared, common: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray]:
    """Steps of betas (B,), of log scale and of offsets (N, 3), zero where they are fixed."""
    shapes = rig.joint_shapes.shape[2]
    betas, scaling, offsets = np.zeros(shapes), 0.0, np.zeros((len(rig.bones), 3))
    at = 0
    if shared.betas:
        betas, at = common[:shapes], shapes
    if shared.scaling:
        scaling, at = float(common[at]), at + 1
    if shared.offsets:
        offsets = common[at:].reshape(-1, 3)
    return betas, scaling, offsets
