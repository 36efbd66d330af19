"""Motions that are no dance on two feet: sitting, lying on the back, standing on the hands.

As `motion.dance`: drawn from a seed, within the joints' limits, smooth at any frame rate.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from development.synthetic.motion import UP, Rhythm, dance
from infer_smpl_fit.smpl_body.model import world_transforms
from infer_smpl_fit.smpl_fitting.rotations import exponential, logarithm

SIDEWAYS, FORWARD = np.array((1.0, 0.0, 0.0)), np.array((0.0, 0.0, 1.0))
# Hip, knee, ankle and collar, shoulder, elbow of either side.
LEGS = ((1, 4, 7), (2, 5, 8))
ARMS = ((13, 16, 18), (14, 17, 19))
WRISTS = [20, 21]
SEAT, FLOOR = 0.48, 0.1
# The right side is the mirror image: turns about y and z go the other way.
MIRRORED = np.array((1.0, -1.0, -1.0))


def seated(rhythm: Rhythm, poses: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """On a chair: the thighs forward, the shins down, the trunk and arms as in a dance."""
    wave = rhythm.wave
    heading = rhythm.rng.uniform(-np.pi, np.pi) + wave(0.15, 0.05, 0.1)
    lean = wave(0.15, 0.1, 0.25, mean=-0.05)
    poses[:, 0] = logarithm(_about(UP, heading) @ _about(SIDEWAYS, lean))
    for leg, mirror in zip(LEGS, (1.0, MIRRORED), strict=True):
        hip, knee, ankle = leg
        bent, aside = wave(0.2, 0.1, 0.25, mean=-1.4), wave(0.12, 0.1, 0.25, mean=0.12)
        turned = wave(0.15, 0.1, 0.25)
        poses[:, hip] = mirror * logarithm(_about(FORWARD, aside) @ _about(SIDEWAYS, bent))
        poses[:, hip] += mirror * turned[:, None] * 0.5 * UP
        poses[:, knee] = wave(0.4, 0.1, 0.25, mean=1.3)[:, None] * SIDEWAYS
        poses[:, ankle] = wave(0.25, 0.1, 0.25)[:, None] * SIDEWAYS
    sway = np.stack([wave(0.02, 0.1), wave(0.01, 0.25, mean=SEAT), wave(0.02, 0.1)], axis=1)
    return sway - rest[0]


def lying(rhythm: Rhythm, poses: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """On the back: legs are drawn up and stretched, arms move as in a dance."""
    wave = rhythm.wave
    heading = rhythm.rng.uniform(-np.pi, np.pi) + wave(0.1, 0.05)
    back = wave(0.08, 0.1, mean=-np.pi / 2)
    poses[:, 0] = logarithm(_about(UP, heading) @ _about(SIDEWAYS, back))
    poses[:, 0] = logarithm(exponential(poses[:, 0]) @ _about(UP, wave(0.25, 0.05, 0.1)))
    for leg, mirror in zip(LEGS, (1.0, MIRRORED), strict=True):
        hip, knee, ankle = leg
        drawn = wave(0.55, 0.1, 0.25, mean=0.65)
        aside = wave(0.15, 0.1, 0.25, mean=0.12)
        poses[:, hip] = mirror * logarithm(_about(FORWARD, aside) @ _about(SIDEWAYS, -drawn))
        poses[:, knee] = (1.6 * drawn)[:, None] * SIDEWAYS
        poses[:, ankle] = wave(0.3, 0.1, 0.25, mean=0.2)[:, None] * SIDEWAYS
    sway = np.stack([wave(0.02, 0.1), wave(0.01, 0.25, mean=FLOOR), wave(0.02, 0.1)], axis=1)
    return sway - rest[0]


def handstand(rhythm: Rhythm, poses: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """On the hands: the arms stretched overhead, the legs opened and closed in the air."""
    wave = rhythm.wave
    heading = rhythm.rng.uniform(-np.pi, np.pi) + wave(0.3, 0.05)
    over = wave(0.12, 0.1, 0.25, mean=np.pi)
    poses[:, 0] = logarithm(_about(UP, heading) @ _about(SIDEWAYS, over))
    poses[:, [3, 6, 9]] *= 0.5
    for (collar, shoulder, elbow), mirror in zip(ARMS, (1.0, MIRRORED), strict=True):
        poses[:, collar] = mirror * (wave(0.08, 0.1, 0.25, mean=0.3)[:, None] * FORWARD)
        raised, ahead = wave(0.1, 0.1, 0.25, mean=1.15), wave(0.15, 0.1, 0.25)
        poses[:, shoulder] = mirror * logarithm(_about(FORWARD, raised) @ _about(UP, -ahead))
        poses[:, elbow] = mirror * (wave(0.12, 0.1, 0.25, mean=-0.2)[:, None] * UP)
    for leg, mirror in zip(LEGS, (1.0, MIRRORED), strict=True):
        hip, knee, ankle = leg
        opened, aside = wave(0.7, 0.06, 0.2), wave(0.3, 0.06, 0.2, mean=0.15)
        poses[:, hip] = mirror * logarithm(_about(FORWARD, aside) @ _about(SIDEWAYS, -opened))
        poses[:, knee] = wave(0.3, 0.1, 0.25, mean=0.35)[:, None] * SIDEWAYS
        poses[:, ankle] = wave(0.2, 0.1, 0.25, mean=0.5)[:, None] * SIDEWAYS
    # The hands stay where they are.
    places = world_transforms(exponential(poses), rest, np.array(PARENTS))[1]
    return np.array((0.0, FLOOR, 0.0)) - places[:, WRISTS].mean(axis=1)


PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
POSTURES: dict[str, Callable[[Rhythm, np.ndarray, np.ndarray], np.ndarray]] = {
    "seated": seated,
    "lying": lying,
    "handstand": handstand,
}


def posture(
    name: str, seed: int, frames: int, fps: float, rest_joints: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Poses (F, 24, 3), axis-angle, and transl (F, 3), metres, y up.

    Args:
        name: dance, or one of ``POSTURES``.
        seed: Of everything that chance decides.
        frames: F.
        fps: Frames a second.
        rest_joints: (24, 3), metres, of the body.
    """
    poses, transl = dance(seed, frames, fps, rest_joints)
    if name == "dance":
        return poses, transl
    rng = np.random.default_rng((seed, 71))
    rhythm = Rhythm(rng.uniform(1.6, 2.1) * np.arange(frames) / fps, rng)
    return poses, POSTURES[name](rhythm, poses, rest_joints)


def _about(axis: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """(F, 3, 3): turns by (F,) about a fixed axis."""
    return exponential(angles[:, None] * axis)
