"""OpenPose's JSON: a file a frame, ``<view>_000000000012_keypoints.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..people_finding import FramePeople

VERSION = 1.3
# The other lists of OpenPose's files, which its readers expect.
UNUSED = (
    "face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "pose_keypoints_3d",
    "face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d",
)  # fmt: skip
DECIMALS = 4


def openpose_frame(people: FramePeople) -> dict[str, Any]:
    """The content of a frame's file; unknown keypoints are zeros, an empty frame an empty list."""
    keypoints = np.where(people.keypoints[..., 2:] > 0, people.keypoints, 0).astype(np.float64)
    return {
        "version": VERSION,
        "people": [
            {
                "person_id": [int(identity)],
                "pose_keypoints_2d": points.round(DECIMALS).ravel().tolist(),
                **{name: [] for name in UNUSED},
            }
            for identity, points in zip(people.identities, keypoints, strict=True)
        ],
    }


def write_openpose(
    folder: Path, name: str, frames: Sequence[FramePeople], numbers: Sequence[int] | np.ndarray
) -> None:
    """Write the frames of the view ``name`` into ``folder``, under these numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, people in zip(numbers, frames, strict=True):
        path = folder / f"{name}_{number:012d}_keypoints.json"
        path.write_text(json.dumps(openpose_frame(people)), encoding="utf-8")
