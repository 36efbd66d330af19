"""Which person is meant: all, the largest, one by identity, one by a point in a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .detection import Detection
from .people import FramePeople

# A mask this opaque at a point is there.
OPAQUE = 128


@dataclass(frozen=True)
class Choice:
    """Who is wanted.

    Attributes:
        kind: all, largest, identity or point.
        identity: For ``identity``, from 0.
        point: For ``point``: x and y in pixels.
        frame: For ``point``: in which frame, from 0.
    """

    kind: Literal["all", "largest", "identity", "point"] = "all"
    identity: int = 0
    point: tuple[float, float] = (0.0, 0.0)
    frame: int = 0

    @staticmethod
    def parse(text: str) -> Choice:
        """Read ``all``, ``largest``, ``2``, ``640,300`` or ``640,300,25``.

        Raises:
            ValueError: It is none of these.

        Example:
            >>> Choice.parse("640,300,25").frame
            25
        """
        words = [word.strip() for word in text.strip().lower().split(",")]
        try:
            match words:
                case ["all"] | [""]:
                    return Choice("all")
                case ["largest"]:
                    return Choice("largest")
                case [identity] if int(identity) >= 0:
                    return Choice("identity", identity=int(identity))
                case [x, y] if np.isfinite([float(x), float(y)]).all():
                    return Choice("point", point=(float(x), float(y)))
                case [x, y, frame] if int(frame) >= 0 and np.isfinite([float(x), float(y)]).all():
                    return Choice("point", point=(float(x), float(y)), frame=int(frame))
        except ValueError:
            pass
        raise ValueError(
            f"person {text!r} is none of: all, largest, a number from 0, x,y or x,y,frame"
        )


class Chooser:
    """Choose frame after frame, with what was seen so far."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._identity = choice.identity if choice.kind == "identity" else None
        self._frame = -1

    def __call__(
        self, identities: np.ndarray, people: Sequence[Detection], knows: Callable[[int], bool]
    ) -> list[int]:
        """Rows of the next frame's people that are wanted, ``identities`` (P,) of them.

        The largest stays who it is until ``knows`` says that it will not come back.
        """
        self._frame += 1
        if self._choice.kind == "all":
            return list(range(len(people)))
        boxes = np.array([one.box for one in people]).reshape(-1, 4)
        if self._choice.kind == "largest" and len(people):
            if self._identity is None or not knows(self._identity):
                self._identity = int(identities[np.argmax(_areas(boxes))])
        elif self._choice.kind == "point" and self._frame == self._choice.frame:
            row = nearest(boxes, self._choice.point)
            self._identity = None if row is None else int(identities[row])
        return [row for row, identity in enumerate(identities) if identity == self._identity]


def choose(frames: Sequence[FramePeople], choice: Choice) -> list[FramePeople]:
    """Keep who is wanted of a whole video, one entry a frame.

    The largest is who covers most over all frames together.

    Raises:
        ValueError: The identity, the frame or the point's person is not there.
    """
    if choice.kind == "all":
        return list(frames)
    wanted = list(wanted_identities(frames, choice))
    return [frame.taken(np.flatnonzero(np.isin(frame.identities, wanted))) for frame in frames]


def wanted_identities(frames: Sequence[FramePeople], choice: Choice) -> frozenset[int]:
    """Who of a whole video is wanted; a point may lie in any of its frames, one entry a frame.

    The largest is who covers most over all frames together. Masks are not needed, but with those of
    a point's frame the point is understood better.

    Raises:
        ValueError: The identity, the frame or the point's person is not there.
    """
    areas: dict[int, float] = {}
    for frame in frames:
        for identity, area in zip(frame.identities, _areas(frame.boxes), strict=True):
            areas[int(identity)] = areas.get(int(identity), 0) + float(area)
    if choice.kind == "all":
        return frozenset(areas)
    if choice.kind == "largest":
        return frozenset([max(areas, key=lambda identity: areas[identity])] if areas else [])
    if choice.kind == "identity":
        if choice.identity not in areas:
            there = ", ".join(map(str, sorted(areas))) or "nobody"
            raise ValueError(f"person {choice.identity} is not in the video; there: {there}")
        return frozenset([choice.identity])
    if choice.frame >= len(frames):
        raise ValueError(
            f"frame {choice.frame} of person is not in the video, which has {len(frames)} frames"
        )
    frame = frames[choice.frame]
    row = at_point(frame, choice.point)
    if row is None:
        x, y = choice.point
        raise ValueError(
            f"nobody is at ({x:g}, {y:g}) in frame {choice.frame}; boxes there: "
            f"{frame.boxes.round().astype(int).tolist()}"
        )
    return frozenset([int(frame.identities[row])])


def at_point(frame: FramePeople, point: tuple[float, float]) -> int | None:
    """The row of who is at a point: by the masks, else by the boxes."""
    x, y = (round(value) for value in point)
    if frame.masks is not None and 0 <= y < frame.masks.shape[1] and 0 <= x < frame.masks.shape[2]:
        alphas = frame.masks[:, y, x]
        if len(alphas) and alphas.max() >= OPAQUE:
            return int(alphas.argmax())
    return nearest(frame.boxes, point)


def nearest(boxes: np.ndarray, point: tuple[float, float]) -> int | None:
    """Of the boxes (P, 4) that hold a point the one whose middle is nearest in its own size."""
    corners = boxes.reshape(-1, 2, 2)
    holds = ((corners[:, 0] <= point) & (corners[:, 1] >= point)).all(axis=1)
    if not holds.any():
        return None
    sizes = np.maximum(corners[:, 1] - corners[:, 0], 1)
    gaps = np.linalg.norm((corners.mean(axis=1) - point) / sizes, axis=1)
    return int(np.where(holds, gaps, np.inf).argmin())


def _areas(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
