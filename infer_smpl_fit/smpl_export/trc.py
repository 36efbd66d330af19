"""TRC, the marker file of OpenSim: the body's joints over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_export.files import write_atomically
from infer_smpl_fit.smpl_export.motion import BodyMotion, joint_names

UNITS = {"m": 1.0, "cm": 100.0, "mm": 1000.0}


def write_trc(path: str | Path, motion: BodyMotion, model: BodyModel, unit: str = "mm") -> Path:
    """Write the joints' places.

    Args:
        motion: In metres.
        unit: m, cm or mm.
    """
    motion.check(model)
    places = motion.joint_places(model) * UNITS[unit]
    text = trc_text(Path(path).name, places, joint_names(model.joint_count), motion.fps, unit)
    return write_atomically(path, lambda beside: beside.write_text(text, encoding="ascii"))


def trc_text(name: str, places: np.ndarray, names: list[str], fps: float, unit: str) -> str:
    """The file's text for places (F, K, 3) that are in `unit` already."""
    frames, count = places.shape[:2]
    axes = "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, count + 1))
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{name.encode('ascii', 'replace').decode()}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\t"
        "OrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{fps:g}\t{fps:g}\t{frames}\t{count}\t{unit}\t{fps:g}\t1\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        f"\t\t{axes}",
        "",
    ]
    for frame, row in enumerate(places.reshape(frames, -1)):
        values = "\t".join(f"{value:.6f}" for value in row)
        lines.append(f"{frame + 1}\t{frame / fps:.6f}\t{values}")
    return "\n".join(lines) + "\n"
