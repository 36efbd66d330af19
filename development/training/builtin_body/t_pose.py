"""Turn a body of anny's from its rest pose into SMPL's T-pose (y up, facing +z, left at +x)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

KNUCKLES = ["finger2-1", "finger3-1", "finger4-1", "finger5-1"]


@dataclass
class Rig:
    """Anny's skeleton and topology.

    Attributes:
        labels: Name of each bone.
        parents: (B,).
        weights: (N, B), dense.
        owner: (B,), the SMPL joint that each bone is merged into.
        faces: (M, 3) of the visible surface.
    """

    labels: list[str]
    parents: list[int]
    weights: np.ndarray
    owner: np.ndarray
    faces: np.ndarray

    def bone(self, name: str) -> int:
        return self.labels.index(name)

    def places(self, heads: np.ndarray, side: str, *names: str) -> list[np.ndarray]:
        """Where the heads (B, 3) of bones of one side are."""
        return [heads[self.bone(f"{name}.{side}")] for name in names]


def frame(forward: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(3, 3): orthonormal columns with the first along `forward`, the second near `across`."""
    x = forward / np.linalg.norm(forward)
    y = across - x * (across @ x)
    y /= np.linalg.norm(y)
    return np.stack([x, y, np.cross(x, y)], axis=1)


def part_of_twist(rotation: np.ndarray, axis: np.ndarray, share: float) -> np.ndarray:
    """(3, 3): `share` of the rotation's twist about `axis`."""
    angle = np.arctan2(
        axis @ np.array([rotation[2, 1], rotation[0, 2], rotation[1, 0]])
        - axis @ np.array([rotation[1, 2], rotation[2, 0], rotation[0, 1]]),
        np.trace(rotation) - 1,
    )
    return about(axis, share * float(angle))


def about(axis: np.ndarray, angle: float) -> np.ndarray:
    """(3, 3): rotation by an angle in radians about a unit axis."""
    x, y, z = axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew


def arm_rotations(rig: Rig, heads: np.ndarray, side: str) -> dict[str, np.ndarray]:
    """Global rotations that bring one arm to the T-pose: straight out, the palm down."""
    out = np.array([1.0 if side == "L" else -1.0, 0, 0])
    shoulder, elbow, wrist = rig.places(heads, side, "upperarm01", "lowerarm01", "wrist")
    knuckles = rig.places(heads, side, *KNUCKLES)
    upper, fore = elbow - shoulder, wrist - elbow
    # The elbow bends forwards: its plane becomes horizontal.
    target = frame(out, np.array([0, 0, 1.0]))
    upper_rotation = target @ frame(upper, fore).T
    fore_start = target @ frame(fore, fore * (upper @ fore) / (fore @ fore) - upper).T
    palm = np.mean(knuckles, axis=0) - wrist
    hand_rotation = target @ frame(palm, knuckles[0] - knuckles[-1]).T
    twist = hand_rotation @ fore_start.T
    return {
        "upperarm01": upper_rotation,
        "upperarm02": upper_rotation,
        "lowerarm01": part_of_twist(twist, out, 0.3) @ fore_start,
        "lowerarm02": part_of_twist(twist, out, 0.8) @ fore_start,
        "wrist": hand_rotation,
    }


def leg_rotations(rig: Rig, heads: np.ndarray, side: str) -> dict[str, np.ndarray]:
    """Global rotations that bring one leg to the T-pose: nearly upright, toes ahead."""
    sign = 1.0 if side == "L" else -1.0
    names = ("upperleg01", "lowerleg01", "foot", "toe2-1")
    hip, knee, ankle, toe = rig.places(heads, side, *names)
    forward = toe - ankle
    turn = sign * np.radians(6) - np.arctan2(forward[0], forward[2])
    upright, ahead = np.array([0, 1.0, 0]), np.array([0, 0, 1.0])
    half_ahead = about(upright, 0.5 * turn).T @ ahead
    upper = frame(np.array([0.03 * sign, -1, 0]), ahead) @ frame(knee - hip, half_ahead).T
    lower = frame(np.array([0.02 * sign, -1, -0.03]), ahead) @ frame(ankle - knee, half_ahead).T
    return {
        "upperleg01": upper,
        "upperleg02": upper,
        "lowerleg01": lower,
        "lowerleg02": lower,
        "foot": about(upright, turn),
    }


def to_t_pose(rig: Rig, vertices: np.ndarray, heads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skin one body from anny's rest pose into the T-pose.

    Args:
        vertices: (N, 3), rest.
        heads: (B, 3), rest.

    Returns:
        Vertices (N, 3) and the bones' heads (B, 3).
    """
    given = {}
    for side in "LR":
        for part in (arm_rotations, leg_rotations):
            rotations = part(rig, heads, side)
            given.update({f"{name}.{side}": rotation for name, rotation in rotations.items()})
    rotations, places = np.empty((len(heads), 3, 3)), np.empty((len(heads), 3))
    for bone, parent in enumerate(rig.parents):
        above = rotations[parent] if parent >= 0 else np.eye(3)
        rotations[bone] = given.get(rig.labels[bone], above)
        base = places[parent] if parent >= 0 else heads[bone]
        places[bone] = base + above @ (heads[bone] - heads[parent]) if parent >= 0 else base
    shifts = places - np.einsum("bij,bj->bi", rotations, heads)
    blended = np.einsum("nb,bij->nij", rig.weights, rotations)
    posed = np.einsum("nij,nj->ni", blended, vertices) + rig.weights @ shifts
    return posed, places
