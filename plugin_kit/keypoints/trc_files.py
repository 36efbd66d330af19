"""Track row columns: the text files of OpenSim and Pose2Sim."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..files import existing, write_text
from .trajectories import Trajectories, first_frame_of, rate_of, refuse_absurd, writable

HEADER = (
    "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\t"
    "OrigDataRate\tOrigDataStartFrame\tOrigNumFrames"
)


def write_trc(
    path: str | Path, trajectories: Trajectories, *, has_empty_line: bool = False
) -> Path:
    """Write points; missing ones become empty fields, which OpenSim reads as gaps.

    Frames have the source's numbers, but count from 1 where it begins at 0, and times count from
    the source's begin, as OpenSim's own writer has it. The axes stay as they are: OpenSim's models
    stand along y. The file appears whole or not at all.

    Args:
        path: The file.
        trajectories: In m, cm or mm.
        has_empty_line: Whether one follows the header, as OpenSim writes it; Pose2Sim writes none.

    Raises:
        ValueError: The points, names, rate or unit do not fit.
    """
    points, fps = writable(path, trajectories)
    frames, joints = points.shape[:2]
    rate, first = f"{fps:.12g}", max(trajectories.first_frame, 1)
    axes = "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, joints + 1))
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{Path(path).name}",
        HEADER,
        f"{rate}\t{rate}\t{frames}\t{joints}\t{trajectories.units}\t{rate}\t{first}\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(trajectories.names) + "\t\t",
        "\t\t" + axes,
        *([""] if has_empty_line else []),
    ]
    for frame, row in enumerate(points.reshape(frames, -1).tolist()):
        fields = (repr(value) if value == value else "" for value in row)
        time = (trajectories.start + frame) / fps
        lines.append(f"{first + frame}\t{time:.9g}\t" + "\t".join(fields))
    return write_text(path, "\n".join(lines) + "\n")


def read_trc(path: str | Path, *, is_strict: bool = True) -> Trajectories:
    """Read a .trc file, with or without an empty line below its header.

    Where its rate is 0, the times tell it.

    Args:
        path: The file.
        is_strict: Whether more values than the announced markers have are refused, or left out.

    Raises:
        FileNotFoundError: The file is not there.
        ValueError: It is no such file, or a row does not fit its header.
    """
    path = existing(path)
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    try:
        header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
        joints = int(float(header["NumMarkers"]))
        fps, units = float(header["DataRate"] or 0), header["Units"]
        names = tuple(name.strip() for name in lines[3].split("\t")[2::3])[:joints]
        if len(names) != joints or not all(names):
            named = sum(map(bool, names))
            raise ValueError(f"{joints} markers are announced, {named} are named")
        table = [line for line in lines[5:] if line.strip()]
        rows = [_row(line, joints, is_strict) for line in table]
        stamps = [line.split("\t")[:2] for line in table]
        if not fps > 0:
            fps = rate_of([float(time) for _, time in stamps])
        if len(rows) < float(header["NumFrames"]):
            raise ValueError(f"{header['NumFrames']} frames are announced, {len(rows)} are there")
        points = np.array(rows, np.float64).reshape(-1, joints, 3)
        refuse_absurd(points, fps)
    except (IndexError, KeyError, OverflowError, ValueError) as error:
        raise ValueError(
            f"{path} is not a whole .trc file of 3D points ({error}): export it again"
        ) from error
    points[np.isnan(points).any(axis=2)] = np.nan
    first = first_frame_of(stamps[0][0], None) if stamps else 0
    return Trajectories(points, names, fps, units, first)


def _row(line: str, joints: int, is_strict: bool) -> list[float]:
    fields = line.split("\t")[2:]
    if is_strict and any(field.strip() for field in fields[3 * joints :]):
        raise ValueError(f"frame {line[:10].split()[0]} has more than {joints} markers")
    fields = fields[: 3 * joints] + [""] * (3 * joints - len(fields))
    return [float(field) if field.strip() else np.nan for field in fields]
