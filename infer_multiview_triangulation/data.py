"""Between Ikomia's dictionaries and the engine's types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from infer_multiview_triangulation.multiview_files import camera_values, cameras_of
from infer_multiview_triangulation.multiview_geometry import Camera, Reconstruction


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


def report_of(reconstruction: Reconstruction) -> dict[str, Any]:
    """Everything but the arrays, in plain numbers: NaN is None."""
    skeleton = reconstruction.skeleton
    bones = [
        {"joints": [skeleton.joints[a], skeleton.joints[b]], "length": _plain(length)}
        for (a, b), length in zip(skeleton.bones, reconstruction.bone_lengths, strict=True)
    ]
    return {
        "cameras": cameras_to(reconstruction.cameras),
        "skeleton": skeleton.name,
        "joints": list(skeleton.joints),
        "units": reconstruction.units,
        "up_axis": reconstruction.up_axis or "as the cameras'",
        "fps": reconstruction.fps,
        "timestamps": reconstruction.timestamps.tolist(),
        "frames": len(reconstruction.keypoints3d),
        "bone_lengths": bones,
        "quality": _plain(reconstruction.quality),
    }


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and dicts only; what is not finite becomes None."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value
