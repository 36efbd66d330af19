"""Between Ikomia's dictionaries and the engine's types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from infer_multiview_triangulation.multiview_files import camera_values, cameras_of
from infer_multiview_triangulation.multiview_geometry import Camera, Reconstruction, Skeleton

# Stature of people in each unit: what a trajectory's extent is compared with.
UNITS = {"m": 1.7, "cm": 170.0, "mm": 1700.0}


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


def unit_of(points: np.ndarray, told: str) -> str:
    """``told``, or for auto the unit in which the person's extent is nearest to a person's.

    Returns ``unknown`` where no unit fits within a factor of three.
    """
    if told != "auto":
        return told
    seen = points[np.isfinite(points).any(axis=(1, 2))]
    extents = np.nanmax(seen, axis=1) - np.nanmin(seen, axis=1)
    extents = extents[np.isfinite(extents).all(axis=1)]
    if not len(extents):
        return "unknown"
    size = float(np.median(np.linalg.norm(extents, axis=1)))
    off = {unit: abs(np.log(max(size, 1e-12) / length)) for unit, length in UNITS.items()}
    best = min(off, key=off.__getitem__)
    return best if off[best] < np.log(3) else "unknown"


def report_of(
    found: Reconstruction,
    skeleton: Skeleton,
    units: str,
    fps: float,
    timestamps: np.ndarray,
) -> dict[str, Any]:
    """Everything but the arrays, in plain numbers: NaN is None."""
    bones = [
        {"joints": [skeleton.joints[a], skeleton.joints[b]], "length": _plain(length)}
        for (a, b), length in zip(skeleton.bones, found.bone_lengths, strict=True)
    ]
    return {
        "cameras": cameras_to(found.cameras),
        "skeleton": skeleton.name,
        "joints": list(skeleton.joints),
        "units": units,
        "up_axis": found.up_axis or "as the cameras'",
        "fps": fps,
        "timestamps": np.asarray(timestamps).tolist(),
        "frames": len(found.keypoints3d),
        "bone_lengths": bones,
        "quality": _plain(found.quality),
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
