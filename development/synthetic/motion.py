"""Dance-like motion in SMPL's pose parameters: swaying hips, planted steps, swinging arms, turns.

It is drawn from a seed, stays within the joints' limits, and is smooth at any frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infer_smpl_fit.smpl_fitting.rotations import (
    exponential,
    logarithm,
    orthonormal_frame,
    rotation_between,
    unit,
)

# Pelvis, hips, knees and ankles of an average body at rest, metres; only the legs' kinematics use
# them, so that feet stay planted on a body like it.
LEGS_AT_REST = {
    0: (0.0, -0.23, 0.03), 1: (0.07, -0.32, 0.02), 2: (-0.07, -0.32, 0.02),
    4: (0.11, -0.70, 0.015), 5: (-0.11, -0.70, 0.015), 7: (0.09, -1.10, -0.03),
    8: (-0.09, -1.10, -0.03),
}  # fmt: skip
ANKLE_HEIGHT = 0.08
UP, FORWARD = np.array((0.0, 1.0, 0.0)), np.array((0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Rhythm:
    """Time in beats, and waves that go with it."""

    beats: np.ndarray
    rng: np.random.Generator

    def wave(self, size: float, *speeds: float, mean: float = 0.0) -> np.ndarray:
        """(F,): at most ``size`` about the mean; speeds in turns a beat."""
        shares = self.rng.dirichlet(np.full(len(speeds), 2.0))
        out = np.full(len(self.beats), mean)
        for share, speed in zip(shares, speeds, strict=True):
            out += size * share * np.sin(2 * np.pi * (speed * self.beats + self.rng.random()))
        return out


def dance(
    seed: int, frames: int, fps: float = 60.0, rest_joints: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A dance.

    Args:
        seed: Of everything that chance decides.
        frames: F.
        fps: Frames a second.
        rest_joints: (K, 3), metres, of the body that shall dance; its feet then stay planted.

    Returns:
        Poses (F, 24, 3), axis-angle, and transl (F, 3), metres: y up, the floor at 0.
    """
    rng = np.random.default_rng(seed)
    rest = np.zeros((24, 3))
    for joint, place in LEGS_AT_REST.items():
        rest[joint] = place if rest_joints is None else rest_joints[joint]
    seconds = np.arange(frames) / fps
    tempo = rng.uniform(1.6, 2.1)
    beats = tempo * (seconds + 0.03 * np.sin(2 * np.pi * 0.1 * seconds))
    rhythm = Rhythm(beats, rng)
    rotations = np.broadcast_to(np.eye(3), (frames, 24, 3, 3)).copy()
    heading = rhythm.wave(0.8, 0.03, 0.06) + rng.uniform(-0.1, 0.1) * beats
    heading += rng.uniform(-np.pi, np.pi)
    path = np.stack([rhythm.wave(0.5, 0.03, 0.07), rhythm.wave(0.5, 0.03, 0.07)], axis=1)
    hip_twist = rhythm.wave(0.2, 0.25, 0.5)
    sway = rhythm.wave(0.12, 0.25, 0.5)
    rotations[:, 0] = (
        _rotation(heading + hip_twist, UP)
        @ _rotation(sway, FORWARD)
        @ _rotation(rhythm.wave(0.1, 0.25, 0.5, mean=0.05), np.array((1.0, 0.0, 0.0)))
    )
    pelvis = _pelvis(rest, rhythm, path, heading, sway)
    for side, (hip, knee, ankle) in enumerate(((1, 4, 7), (2, 5, 8))):
        # Its own chance, as the number of steps must not change the rest of the dance.
        own = Rhythm(beats, np.random.default_rng((seed, side)))
        target, foot = _steps(own, side, path, heading)
        _reach(rest, (hip, knee, ankle), pelvis, target, foot, rotations)
    _upper_body(rhythm, hip_twist, sway, rotations)
    return logarithm(rotations), pelvis - rest[0]


def _rotation(angles: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return exponential(angles[:, None] * axis)


def _pelvis(
    rest: np.ndarray, rhythm: Rhythm, path: np.ndarray, heading: np.ndarray, sway: np.ndarray
) -> np.ndarray:
    """(F, 3): bounces on the beat and swings to the side that the hips sway to."""
    leg = np.linalg.norm(rest[4] - rest[1]) + np.linalg.norm(rest[7] - rest[4])
    above_hips = rest[0, 1] - rest[1, 1]
    height = ANKLE_HEIGHT + above_hips + 0.925 * leg + rhythm.wave(0.03, 0.5, 1.0)
    aside = 0.3 * sway[:, None] * np.stack([np.cos(heading), -np.sin(heading)], axis=1)
    return np.stack([path[:, 0] + aside[:, 0], height, path[:, 1] + aside[:, 1]], axis=1)


def _steps(
    rhythm: Rhythm, side: int, path: np.ndarray, heading: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One foot's ankle (F, 3) and orientation (F, 3, 3): a step every other beat."""
    beats = rhythm.beats + side
    count = int(np.ceil(beats[-1] / 2)) + 2
    # It lands beside the place where the pelvis is halfway through the time that it stands.
    when = 2 * np.arange(count) - 0.5 - side
    sign = 1 - 2 * side
    yaw = np.interp(when, rhythm.beats, heading)
    lifted = rhythm.rng.uniform(0.05, 0.14)
    chance = rhythm.rng.random((count, 3))
    width = sign * (0.07 + 0.1 * chance[:, 0])
    ahead = 0.16 * chance[:, 1] - 0.08
    places = np.stack(
        [
            np.interp(when, rhythm.beats, path[:, 0]) + width * np.cos(yaw) + ahead * np.sin(yaw),
            np.interp(when, rhythm.beats, path[:, 1]) - width * np.sin(yaw) + ahead * np.cos(yaw),
            yaw + sign * 0.35 * chance[:, 2],
        ],
        axis=1,
    )
    step = np.floor(beats / 2).astype(int)
    share = np.clip(beats - 2 * step, 0, 1)
    eased = share**3 * (10 - 15 * share + 6 * share * share)
    now = places[step] + eased[:, None] * (places[step + 1] - places[step])
    lift = np.sin(np.pi * eased) ** 2
    height = ANKLE_HEIGHT + lifted * lift
    foot = _rotation(now[:, 2], UP) @ _rotation(0.3 * lift, np.array((1.0, 0.0, 0.0)))
    return np.stack([now[:, 0], height, now[:, 1]], axis=1), foot


def _reach(
    rest: np.ndarray,
    leg: tuple[int, int, int],
    pelvis: np.ndarray,
    target: np.ndarray,
    foot: np.ndarray,
    rotations: np.ndarray,
) -> None:
    """Hip, knee and ankle that bring the foot there, with the knee over the toes."""
    hip, knee, ankle = leg
    root = rotations[:, 0]
    away = target - (pelvis + root @ (rest[hip] - rest[0]))
    thigh, shin = rest[knee] - rest[hip], rest[ankle] - rest[knee]
    a, b = np.linalg.norm(thigh), np.linalg.norm(shin)
    # Short of stretched, so that the knee never snaps.
    longest = 0.995 * (a + b)
    distance = np.linalg.norm(away, axis=1)
    distance = longest - 0.02 * np.logaddexp(0, (longest - distance) / 0.02)
    inner = np.arccos(np.clip((a * a + distance**2 - b * b) / (2 * a * distance), -1, 1))
    down = unit(away)
    hinge = unit(np.cross(foot[:, :, 2], down))
    upper = (exponential(-inner[:, None] * hinge) @ down[:, :, None])[..., 0]
    at_rest = orthonormal_frame(unit(thigh), np.array((1.0, 0.0, 0.0)))
    world = orthonormal_frame(upper, hinge) @ at_rest.T
    lower = unit(distance[:, None] * down - a * upper)
    shank = rotation_between(world @ unit(shin), lower) @ world
    rotations[:, hip] = root.swapaxes(1, 2) @ world
    rotations[:, knee] = world.swapaxes(1, 2) @ shank
    rotations[:, ankle] = shank.swapaxes(1, 2) @ foot


def _upper_body(
    rhythm: Rhythm, hip_twist: np.ndarray, sway: np.ndarray, rotations: np.ndarray
) -> None:
    """The chest turns against the hips, the head looks about, the arms swing and rise."""
    wave = rhythm.wave
    bend = np.stack([wave(0.25, 0.1, 0.5), wave(0.3, 0.1, 0.25), wave(0.15, 0.25)], axis=1)
    bend -= np.stack([np.zeros_like(sway), 1.2 * hip_twist, 0.9 * sway], axis=1)
    for joint in (3, 6, 9):
        own = np.stack([wave(0.04, 0.25, 0.5) for _ in range(3)], axis=1)
        rotations[:, joint] = exponential(bend / 3 + own)
    for joint in (12, 15):
        look = [wave(0.15, 0.5, 1.0), wave(0.25, 0.1, 0.25), wave(0.08, 0.25)]
        rotations[:, joint] = exponential(np.stack(look, axis=1))
    for side, (collar, shoulder, elbow, wrist) in enumerate(((13, 16, 18, 20), (14, 17, 19, 21))):
        down = wave(0.55, 0.06, 0.25, 0.5, mean=rhythm.rng.uniform(0.5, 0.9))
        ahead = wave(0.5, 0.12, 0.25, 0.5, mean=0.25)
        swing = wave(0.35, 0.25, 0.5)
        twist = wave(0.35, 0.12, 0.25)
        bent = wave(0.75, 0.12, 0.25, 0.5, mean=0.95)
        arm = {
            collar: np.stack([wave(0.05, 0.25), wave(0.1, 0.25), wave(0.1, 0.5)], axis=1),
            shoulder: _euler(-swing, -ahead, -down, twist),
            elbow: _euler(np.zeros_like(bent), -bent, np.zeros_like(bent), wave(0.3, 0.12, 0.25)),
            wrist: np.stack([wave(0.15, 0.25), wave(0.25, 0.25), wave(0.25, 0.5)], axis=1),
        }
        for joint, vectors in arm.items():
            # The right side is the mirror image: turns about y and z go the other way.
            rotations[:, joint] = exponential(vectors * ((1, -1, -1) if side else (1, 1, 1)))


def _euler(x: np.ndarray, y: np.ndarray, z: np.ndarray, last_x: np.ndarray) -> np.ndarray:
    """(F, 3): the rotation vectors of turns about x, y, z and x again."""
    sideways = np.array((1.0, 0.0, 0.0))
    rotations = (
        _rotation(x, sideways)
        @ _rotation(y, UP)
        @ _rotation(z, FORWARD)
        @ _rotation(last_x, sideways)
    )
    return logarithm(rotations)
