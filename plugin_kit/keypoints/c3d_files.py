"""C3D, the binary files of motion capture, by the package c3d."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np

from ..files import existing, write_bytes
from .trajectories import Trajectories, origin_near, refuse_absurd, writable

# The counts of the format's header and labels are small numbers.
MAX_POINTS = 255
MAX_LABEL = 127
BLOCK = 512
LAST_FRAME = 65535
MISSING_RESIDUAL = -1.0


def write_c3d(path: str | Path, trajectories: Trajectories) -> Path:
    """Write points as 32-bit floats; missing ones get zeros and the residual -1.

    Points far from the world's origin, whose millimetres such floats cannot hold, are written
    around an origin of whole metres near them, which POINT:WORLD_ORIGIN tells. Frames have the
    source's numbers, but count from 1 where it begins at 0 or would end above 65535. The file
    appears whole or not at all.

    Raises:
        ValueError: The points, names, rate or unit do not fit, or there are over 255 points.
    """
    import c3d

    points, fps = writable(path, trajectories)
    names = list(trajectories.names)
    if points.shape[1] > MAX_POINTS:
        raise ValueError(f"{path} cannot hold {points.shape[1]} points: {MAX_POINTS} at most")
    odd = [name for name in names if not name.isascii() or len(name) > MAX_LABEL]
    if odd:
        raise ValueError(f"{path} cannot hold the name {odd[0]!r}: use up to {MAX_LABEL} letters")
    missing = np.isnan(points[..., 0])
    origin = origin_near(points, trajectories.units)
    points = points - origin
    # x, y, z, residual, and the cameras that saw the point.
    samples = np.zeros((*points.shape[:2], 5), np.float32)
    samples[..., :3] = np.nan_to_num(points)
    samples[missing, 3] = MISSING_RESIDUAL
    writer = c3d.Writer(point_rate=fps, point_scale=-1.0, point_units=trajectories.units)
    writer.set_point_labels(names)
    last = max(trajectories.first_frame, 1) + len(points)
    writer.set_start_frame(max(trajectories.first_frame, 1) if last < LAST_FRAME else 1)
    if origin.any():
        text = " ".join(f"{value:.0f}" for value in origin)
        writer.point_group.add_str("WORLD_ORIGIN", "Add it to all points", text, len(text))
    no_analog = np.zeros((0, 0), np.float32)
    for frame in samples:
        writer.add_frames((frame, no_analog))
    content = io.BytesIO()
    with warnings.catch_warnings():
        # Points without analog channels are all that is meant to be there.
        warnings.simplefilter("ignore")
        writer.write(content)
    whole = bytearray(content.getvalue())
    # Zeros where the writer left the coordinates of an earlier frame.
    start = BLOCK * (int(writer.header.data_block) - 1)
    rows = np.frombuffer(whole, "<f4", count=4 * missing.size, offset=start)
    rows.reshape(*missing.shape, 4)[missing, :3] = 0
    return write_bytes(path, bytes(whole))


def read_c3d(path: str | Path) -> Trajectories:
    """Read the points of a C3D file; those with a negative residual are missing.

    Raises:
        FileNotFoundError: The file is not there.
        ValueError: It is no such file, or holds no points.
    """
    import c3d

    path = existing(path)
    try:
        with path.open("rb") as handle, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = c3d.Reader(handle)
            frames = [frame for _, frame, _ in reader.read_frames()]
            announced = reader.frame_count
            labels = tuple(label.strip() for label in reader.point_labels)
            units = reader.get("POINT:UNITS")
            fps, first = float(reader.point_rate), int(reader.first_frame)
            told = reader.get("POINT:WORLD_ORIGIN")
            origin = np.array(told.string_value.split() if told is not None else [0] * 3, float)
        if not frames or not frames[0].size or len(frames) != announced:
            raise ValueError(f"{path.name} has {len(frames)} of {announced} frames of points")
        samples = np.array(frames, np.float64)
        points = np.where(samples[..., 3:4] < 0, np.nan, samples[..., :3]) + origin
        fps = fps if fps > 0 else None
        refuse_absurd(points, fps)
    # The package meets damaged files with errors of any kind.
    except Exception as error:
        raise ValueError(
            f"{path} is not a whole .c3d file of 3D points ({error}): export it again"
        ) from error
    word = units.string_value.strip() if units is not None else ""
    return Trajectories(points, labels[: points.shape[1]], fps, word, first)
