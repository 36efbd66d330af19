"""The people of one whole video, and the record by which a finished view is known again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..infer_people_kit.array_files import read_arrays, write_npz
from ..people_finding import FramePeople

# The array of a record that says of what and how its view was found; empty while it is replaced.
KEY = "key"


@dataclass(frozen=True)
class ViewPeople:
    """Who is in each of the F frames of a video.

    Attributes:
        name: The view's.
        size: Width and height of the upright picture, pixels.
        times: float64 (F,), seconds, growing.
        frames: F, without masks.
        skeleton: Of all keypoints.
    """

    name: str
    size: tuple[int, int]
    times: np.ndarray
    frames: Sequence[FramePeople]
    skeleton: str


def write_record(path: Path, view: ViewPeople, key: str) -> None:
    """Write ``view``; ``key`` says of what and how it was found."""
    fields = ("boxes", "scores", "identities", "keypoints")
    nobody = FramePeople.nobody(view.skeleton, None)
    joined = {
        field: np.concatenate([getattr(frame, field) for frame in (nobody, *view.frames)])
        for field in fields
    }
    counts = np.array([len(frame) for frame in view.frames], np.int64)
    described = {"name": view.name, "size": view.size, "skeleton": view.skeleton, KEY: key}
    write_npz(path, {**described, "times": view.times, "counts": counts, **joined})


def read_record(path: Path, key: str) -> ViewPeople | None:
    """The view that was written with the same ``key``; None where there is none, or another."""
    try:
        read = read_arrays(path)
        if str(read[KEY]) != key:
            return None
        skeleton, ends = str(read["skeleton"]), np.cumsum(read["counts"])
        frames = [
            FramePeople(
                skeleton,
                read["boxes"][start:end],
                read["scores"][start:end],
                read["identities"][start:end],
                read["keypoints"][start:end],
                None,
            )
            for start, end in zip(ends - read["counts"], ends, strict=True)
        ]
        width, height = map(int, read["size"])
    except (KeyError, ValueError):
        # Another's file, or a damaged one: the view is found anew.
        return None
    return ViewPeople(str(read["name"]), (width, height), read["times"], frames, skeleton)
