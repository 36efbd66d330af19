"""Between Ikomia's dictionaries and the engine's types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from infer_multiview_triangulation.multiview_files import camera_values, cameras_of
from infer_multiview_triangulation.multiview_geometry import (
    Camera,
    Reconstruction,
    Reconstructions,
)


def cameras_from(data: dict[str, Any]) -> list[Camera] | None:
    """Cameras of input 2, a dictionary with a list ``cameras`` in AIST++'s form; None if empty.

    Raises:
        ValueError: It holds no such list, or a camera that cannot be used; the text says which.
    """
    if not data:
        return None
    if "cameras" not in data:
        raise ValueError(
            f"input 2 holds {', '.join(map(str, data))} but no cameras: name the list cameras, or "
            "leave the input empty to have them estimated"
        )
    return cameras_of(data["cameras"], "input 2")


def cameras_to(cameras: Sequence[Camera]) -> list[dict[str, Any]]:
    """AIST++'s form: name, size, matrix, distortions, rotation (rvec), translation."""
    return [camera_values(camera) for camera in cameras]


def report_of(people: Reconstructions, *, is_everybody: bool = False) -> dict[str, Any]:
    """Everything but the arrays, in plain numbers: NaN is None.

    With ``is_everybody`` there is an entry a person under ``people``, in the arrays' order, and
    ``quality`` is of all together.
    """
    first = people.first
    report = {
        "cameras": cameras_to(first.cameras),
        "skeleton": first.skeleton.name,
        "joints": list(first.skeleton.joints),
        "units": first.units,
        "up_axis": first.up_axis or "as the cameras'",
        "fps": first.fps,
        "timestamps": first.timestamps.tolist(),
        "frames": len(first.keypoints3d),
        "bone_lengths": _bones(first),
        "quality": plain(people.quality),
    }
    if is_everybody:
        pairs = zip(people.names, people.people, strict=True)
        report["people"] = [{"name": name, **_person(person)} for name, person in pairs]
    return report


def _person(person: Reconstruction) -> dict[str, Any]:
    present = np.flatnonzero(np.isfinite(person.keypoints3d_optim[..., 0]).any(axis=1))
    return {
        "frames": len(present),
        "first_frame": int(present[0]) if len(present) else None,
        "last_frame": int(present[-1]) if len(present) else None,
        "bone_lengths": _bones(person),
        "quality": plain(person.quality),
    }


def _bones(person: Reconstruction) -> list[dict[str, Any]]:
    skeleton = person.skeleton
    return [
        {"joints": [skeleton.joints[a], skeleton.joints[b]], "length": plain(length)}
        for (a, b), length in zip(skeleton.bones, person.bone_lengths, strict=True)
    ]


def plain(value: Any) -> Any:
    """Numbers, texts, lists and dicts only; what is not finite becomes None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value
