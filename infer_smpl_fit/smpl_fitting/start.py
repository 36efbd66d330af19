"""A pose for every frame in closed form: torso and head by Kabsch, limbs by two-bone kinematics."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..smpl_body.conventions import Convention
from ..smpl_body.model import world_transforms
from .jacobian import State, forward
from .rig import Rig
from .rotations import exponential, frame_of, kabsch, logarithm, shortest, unit

GATE_FRAMES, GATE_METRES = 7, 0.15
CALM_SECONDS = 0.04
# A limb bent less than this (sine of the angle) no longer tells its hinge's axis.
STRAIGHT = 0.2
SPINE, NECK, HEAD = (3, 6, 9), 12, 15
TORSO = (0, *SPINE, 13, 14)
# Root of the limb, hinge, end, and the direction of the hinge's axis at rest when it bends.
LIMBS = (
    (1, 4, 7, (1.0, 0.0, 0.0)),
    (2, 5, 8, (1.0, 0.0, 0.0)),
    (16, 18, 20, (0.0, -1.0, 0.0)),
    (17, 19, 21, (0.0, 1.0, 0.0)),
)


def gate(keypoints: np.ndarray) -> np.ndarray:
    """Gross outliers: farther than 15 cm from the median over 7 frames.

    Where the frames that are seen lie mostly on one side, as at a clip's ends, the way between
    their middle and the frame at the usual speed is allowed on top.

    Args:
        keypoints: (F, N, 3), metres, NaN where missing.

    Returns:
        bool (F, N).
    """
    around = _around(keypoints)
    middle, count = _median(around)
    step = np.linalg.norm(np.diff(around, axis=-1), axis=2, keepdims=True)
    speed = np.nan_to_num(_median(step)[0][..., 0])
    half = GATE_FRAMES // 2
    known = np.isfinite(around[:, :, 0])
    one_sided = np.abs(known @ np.arange(-half, half + 1.0)) / np.maximum(count, 1)
    with np.errstate(invalid="ignore"):
        away = np.linalg.norm(keypoints - middle, axis=2) > GATE_METRES + speed * one_sided
    # Two points alone cannot tell which of them is wrong.
    return away & (count >= 3)


def _around(points: np.ndarray) -> np.ndarray:
    """(F, N, 3, 7): each frame's neighbours, NaN beyond the ends."""
    half = GATE_FRAMES // 2
    padded = np.pad(points, ((half, half), (0, 0), (0, 0)), constant_values=np.nan)
    return np.lib.stride_tricks.sliding_window_view(padded, GATE_FRAMES, axis=0)


def _median(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Medians (F, N, C) over the last axis of (F, N, C, W) without its NaN, and counts (F, N).

    ``np.nanmedian`` would take a hundred times as long.
    """
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1)[..., None]
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[-1] - 1), axis=-1)
    return 0.5 * (low + high)[..., 0], count[:, :, 0, 0]


def filled(points: np.ndarray) -> np.ndarray:
    """Missing points (F, N, 3) interpolated in time; those never seen become zero."""
    out = np.zeros_like(points)
    times = np.arange(len(points))
    for n in range(points.shape[1]):
        known = np.isfinite(points[:, n]).all(axis=1)
        if known.any():
            for axis in range(3):
                out[:, n, axis] = np.interp(times, times[known], points[known, n, axis])
    return out


def calmed(points: np.ndarray, fps: float) -> np.ndarray:
    """Points (F, N, 3) without the noise that would make a start jump from frame to frame."""
    return gaussian_filter1d(points, CALM_SECONDS * fps, axis=0, mode="nearest")


def start(
    rig: Rig, convention: Convention, points: np.ndarray, betas: np.ndarray, scaling: float
) -> State:
    """The analytic start.

    Args:
        rig: The skeleton.
        convention: Of the keypoints.
        points: (F, N, 3), metres, the rig's keypoints, all finite.
        betas: (B,).
        scaling: Of the body.
    """
    joints, anchors = rig.rest(betas)
    joints, anchors = scaling * joints, scaling * anchors
    frames = len(points)
    rotations = np.broadcast_to(np.eye(3), (frames, len(rig.parents), 3, 3)).copy()
    _pose_torso(rig, anchors, points, rotations)
    places = {
        joint: points[:, n]
        for n, column in enumerate(rig.columns)
        if (joint := _joint_of(convention, int(column))) is not None
    }
    for limb in LIMBS:
        _pose_limb(rig, joints, places, rotations, limb)
    _pose_head(rig, anchors, points, rotations)
    for ankle in (7, 8):
        _pose_end(rig, anchors, points, rotations, ankle)
    state = State(rotations, np.zeros((frames, 3)), betas, scaling, np.zeros_like(anchors))
    weights = np.isin(rig.bones, TORSO).astype(float)
    weights = weights if weights.any() else np.ones(len(rig.bones))
    away = points - forward(rig, state).points
    transl = np.einsum("n,fna->fa", weights / weights.sum(), away)
    return State(rotations, transl, betas, scaling, state.offsets)


def _joint_of(convention: Convention, column: int) -> int | None:
    source = convention.sources[column]
    return source.joints[0] if source is not None and len(source.joints) == 1 else None


def _pose_torso(rig: Rig, anchors: np.ndarray, points: np.ndarray, rotations: np.ndarray) -> None:
    """Pelvis from the hips, chest from the shoulders, the spine's joints in between."""
    torso = np.isin(rig.bones, TORSO).astype(float)
    if torso.sum() < 3:
        # Two points leave a turn open; the head is the least mobile of the rest.
        torso = np.where(rig.bones == HEAD, 0.5, torso)
    if np.count_nonzero(torso) < 3:
        rotations[:, 0] = kabsch(anchors, points, np.ones(len(anchors)))
        return
    hips = np.where(rig.bones == 0, 1.0, 0.2) * torso
    chest = np.where(rig.bones == 0, 0.2, 1.0) * torso
    pelvis = kabsch(anchors, points, hips)
    rotations[:, 0] = pelvis
    twist = logarithm(pelvis.swapaxes(-1, -2) @ kabsch(anchors, points, chest))
    rotations[:, SPINE] = exponential(twist / len(SPINE))[:, None]


def _world(rig: Rig, rotations: np.ndarray) -> np.ndarray:
    return world_transforms(rotations, rig.joints, rig.parents)[0]


def _pose_limb(
    rig: Rig,
    joints: np.ndarray,
    places: dict[int, np.ndarray],
    rotations: np.ndarray,
    limb: tuple[int, int, int, tuple[float, float, float]],
) -> None:
    """Turn the limb's root so that it points right and its hinge's axis lies across the bend."""
    root, hinge, end, axis = limb
    if root not in places or hinge not in places:
        return
    parent = _world(rig, rotations)[:, rig.parents[root]]
    upper = unit(joints[hinge] - joints[root])
    aim = unit(places[hinge] - places[root])
    untwisted = shortest(np.broadcast_to(parent @ upper, aim.shape), aim) @ parent
    if end not in places:
        rotations[:, root] = parent.swapaxes(-1, -2) @ untwisted
        return
    lower = unit(joints[end] - joints[hinge])
    reach = unit(places[end] - places[hinge])
    across = np.cross(aim, reach)
    bent = np.minimum(np.linalg.norm(across, axis=1, keepdims=True) / STRAIGHT, 1.0)
    guess = untwisted @ np.array(axis)
    across = np.where(bent < 1, bent**2 * unit(across) + (1 - bent**2) * guess, across)
    across = np.where(np.linalg.norm(across, axis=1, keepdims=True) > 1e-6, across, guess)
    world = frame_of(aim, across) @ frame_of(upper, np.array(axis)).T
    rotations[:, root] = parent.swapaxes(-1, -2) @ world
    bend = shortest(world @ lower, reach)
    rotations[:, hinge] = world.swapaxes(-1, -2) @ bend @ world


def _pose_head(rig: Rig, anchors: np.ndarray, points: np.ndarray, rotations: np.ndarray) -> None:
    """Share the turn of the face's points between neck and head."""
    face = rig.bones == HEAD
    if face.sum() < 3:
        return
    chest = _world(rig, rotations)[:, rig.parents[NECK]]
    turn = logarithm(chest.swapaxes(-1, -2) @ kabsch(anchors, points, face.astype(float)))
    rotations[:, (NECK, HEAD)] = exponential(turn / 2)[:, None]


def _pose_end(
    rig: Rig, anchors: np.ndarray, points: np.ndarray, rotations: np.ndarray, joint: int
) -> None:
    """Turn a foot by its own points and the joint itself."""
    own = rig.bones == joint
    if own.sum() < 2:
        return
    # The joint is where its parent's bone says, so it belongs to the foot's points as well.
    with_joint = own | ((rig.bones == rig.parents[joint]) & _nearest(rig, joint))
    shin = _world(rig, rotations)[:, rig.parents[joint]]
    rotations[:, joint] = shin.swapaxes(-1, -2) @ kabsch(anchors, points, with_joint.astype(float))


def _nearest(rig: Rig, joint: int) -> np.ndarray:
    """bool (N,): the keypoints that lie at a joint."""
    return np.linalg.norm(rig.anchors - rig.joints[joint], axis=1) < 0.01
