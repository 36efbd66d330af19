"""Track row columns: the text files of OpenSim and Pose2Sim."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from infer_multiview_triangulation.multiview_files.paths import existing, replacing
from infer_multiview_triangulation.multiview_files.trajectories import Trajectories, checked

HEADER = (
    "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\t"
    "OrigDataRate\tOrigDataStartFrame\tOrigNumFrames"
)


def write_trc(
    path: str | Path, points: np.ndarray, names: Sequence[str], fps: float, units: str
) -> None:
    """Write points (F, J, 3); missing ones become empty fields, which OpenSim reads as gaps.

    Frames count from 1 and times from 0, as OpenSim's own writer has it. The axes stay as they
    are: OpenSim's models stand along y. The file appears whole or not at all.

    Raises:
        ValueError: The points, names, rate or unit do not fit.
    """
    points = checked(path, points, names, fps, units)
    frames, joints = points.shape[:2]
    rate = f"{float(fps):.12g}"
    axes = "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, joints + 1))
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{Path(path).name}",
        HEADER,
        f"{rate}\t{rate}\t{frames}\t{joints}\t{units}\t{rate}\t1\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + axes,
    ]
    for frame, row in enumerate(points.reshape(frames, -1).tolist()):
        fields = (repr(value) if value == value else "" for value in row)
        lines.append(f"{frame + 1}\t{frame / fps:.9g}\t" + "\t".join(fields))
    with replacing(path) as beside:
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def read_trc(path: str | Path) -> Trajectories:
    """Read a .trc file, with or without an empty line below its header.

    Raises:
        FileNotFoundError: The file is not there.
        ValueError: It is no such file, or a row does not fit its header.
    """
    path = existing(path)
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    try:
        header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
        joints, fps, units = (
            int(float(header["NumMarkers"])),
            float(header["DataRate"]),
            header["Units"],
        )
        names = tuple(name.strip() for name in lines[3].split("\t")[2::3])[:joints]
        if len(names) != joints or not all(names):
            raise ValueError(f"{joints} markers are announced, {len(names)} are named")
        rows = [_row(line, joints) for line in lines[5:] if line.strip()]
        if len(rows) < float(header["NumFrames"]):
            raise ValueError(f"{header['NumFrames']} frames are announced, {len(rows)} are there")
    except (IndexError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is not a whole .trc file ({error}): export it again") from error
    points = np.array(rows, np.float64).reshape(-1, joints, 3)
    points[np.isnan(points).any(axis=2)] = np.nan
    return Trajectories(points, names, fps, units)


def _row(line: str, joints: int) -> list[float]:
    fields = line.split("\t")[2:]
    if any(field.strip() for field in fields[3 * joints :]):
        raise ValueError(f"frame {line[:10].split()[0]} has more than {joints} markers")
    fields = fields[: 3 * joints] + [""] * (3 * joints - len(fields))
    return [float(field) if field.strip() else np.nan for field in fields]
