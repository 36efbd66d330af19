"""From the names that files give their points to a convention of the body fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .infer_smpl_fit_kit.keypoints.skeletons import SKELETONS, skeleton_name
from .smpl_body.conventions import CONVENTIONS, convention_of

LEAST_SHARED = 10
# The words of OpenSim and Pose2Sim, after the side was taken off.
OTHER_WORDS = {
    "bigtoe": "big_toe",
    "foot_index": "big_toe",
    "smalltoe": "small_toe",
    # Pose2Sim's and MediaPipe's words of the hand.
    "index": "index_base",
    "pinky": "little_base",
    "head": "head_top",
    "headtop": "head_top",
    "neck": "upper_neck",
    "hip": "mid_hip",
    "chip": "mid_hip",
    "midhip": "mid_hip",
}

KNOWN = {plain for convention in CONVENTIONS.values() for plain in convention.keypoints}


@dataclass(frozen=True)
class Keypoints3D:
    """Points and what their source says of them, or None.

    Attributes:
        points: float64 (F, J, 3), or (N, F, J, 3) of N people; NaN where unknown.
        names: Of the J points.
        skeleton: A convention's name, or a detector's word for it.
        units: m, cm or mm.
        fps: Frames a second.
        source: What to call them in a message.
        first_frame: The first frame's number, as their source counts.
        people: Names of the N people.
    """

    points: np.ndarray
    names: tuple[str, ...] | None
    skeleton: str | None
    units: str | None
    fps: float | None
    source: str
    first_frame: int = 0
    people: tuple[str, ...] | None = None


def resolved(given: Keypoints3D, wanted: str) -> tuple[Keypoints3D, str]:
    """Points in the order of a convention, and its name.

    Names win over the order of the points, and ``wanted`` over what the source says they are. Of
    detectors that find hands and faces as well, the body's points are taken. Names of several
    subjects (``P01:RHip``, ``P02:RHip``) make points (N, F, J, 3) of as many people.

    Args:
        given: The points.
        wanted: A convention, or ``auto``.

    Raises:
        ValueError: The convention cannot be told, or the points are not of it.
    """
    given = _without_hands_and_face(_by_subject(given), wanted)
    count = given.points.shape[-2]
    stated = skeleton_name(given.skeleton or "")
    if wanted == "auto" and stated in CONVENTIONS:
        stated = convention_of(stated, count).name
    named = _by_names(given, wanted, stated)
    if named is not None:
        points, convention = named
        return replace(given, points=points), convention
    if wanted != "auto":
        return given, convention_of(wanted, count).name
    if stated in CONVENTIONS:
        return given, stated
    if not stated and given.names is None:
        return given, _by_count(given, count)
    named = ", ".join((given.names or ("not at all",))[:8])
    named += ", ..." if len(given.names or ()) > 8 else ""
    # smpl24 stands for its first 22 as well.
    choices = ", ".join(name for name in CONVENTIONS if name != "smpl22")
    raise ValueError(
        f"the {count} points of {given.source} are of no known convention (skeleton "
        f"{stated or 'not told'}, points named {named}): name them, or set "
        f"convention to {choices}"
    )


def _without_hands_and_face(given: Keypoints3D, wanted: str) -> Keypoints3D:
    told = skeleton_name(given.skeleton or "") if wanted == "auto" else skeleton_name(wanted)
    for name in CONVENTIONS if not told and given.names is None else [told]:
        skeleton = SKELETONS.get(name)
        if skeleton is not None and skeleton.points == given.points.shape[-2]:
            columns = list(skeleton.columns)
            names = given.names and tuple(given.names[column] for column in columns)
            points = given.points[..., columns, :]
            return replace(given, points=points, names=names, skeleton=name)
    return given


def _by_names(given: Keypoints3D, wanted: str, stated: str) -> tuple[np.ndarray, str] | None:
    """Points ordered by the convention that shares most names, NaN where it has more.

    None where too few are known; beside the convention that the source states, all have to be.
    """
    names, count = given.names, given.points.shape[-2]
    if names is None:
        return None
    _check_names(given)
    candidates, least = list(CONVENTIONS), LEAST_SHARED
    if wanted != "auto":
        candidates = [skeleton_name(wanted)]
    elif stated in CONVENTIONS:
        candidates, least = [stated], count
    columns = {name: _columns(names, CONVENTIONS[name].keypoints) for name in candidates}
    best = max(candidates, key=lambda n: (len(columns[n]), -len(CONVENTIONS[n].keypoints)))
    if len(columns[best]) < least:
        return None
    out = np.full((*given.points.shape[:-2], len(CONVENTIONS[best].keypoints), 3), np.nan)
    for keypoint, column in columns[best].items():
        out[..., keypoint, :] = given.points[..., column, :]
    return out, best


def _check_names(given: Keypoints3D) -> None:
    named, count = len(given.names or ()), given.points.shape[-2]
    if named != count:
        raise ValueError(f"{given.source} names {named} points and holds {count}: one name a point")


def _by_subject(given: Keypoints3D) -> Keypoints3D:
    """Points by people, where motion capture wrote their subjects before the names: ``P01:RHip``.

    A single subject's name is taken off.
    """
    if given.names is None:
        return given
    _check_names(given)
    split = [name.rpartition(":") for name in given.names]
    plain = [name for _, _, name in split]
    twice = [name for name in plain if plain.count(name) > 1 and plain_name(name) in KNOWN]
    # Of some files one person's points alone bear a subject.
    people = list(dict.fromkeys(subject for subject, _, name in split if name in twice))
    if len(people) < 2 or given.points.ndim == 4:
        return replace(given, names=tuple(plain))
    markers = list(dict.fromkeys(plain))
    points = np.full((len(people), len(given.points), len(markers), 3), np.nan)
    for column, (subject, _, name) in enumerate(split):
        if subject in people:
            points[people.index(subject), :, markers.index(name)] = given.points[:, column]
    named = tuple(person or "unnamed" for person in people)
    return replace(given, points=points, names=tuple(markers), people=named)


def _columns(names: Sequence[str], keypoints: Sequence[str]) -> dict[int, int]:
    """For each keypoint that is named, the first point of that name."""
    # SMPL and OpenPose have a neck and a head of their own, for which no other word may stand.
    exact = [joined(name) for name in names]
    others = [plain_name(name) for name in names]
    columns = {}
    for index, keypoint in enumerate(keypoints):
        known = exact if keypoint in exact else others
        if keypoint in known:
            columns[index] = known.index(keypoint)
    return columns


def _by_count(given: Keypoints3D, count: int) -> str:
    fitting = [name for name, known in CONVENTIONS.items() if len(known.keypoints) == count]
    # Of those that a detector writes with others, so few are the least likely.
    fitting = [name for name in fitting if not SKELETONS[name].points] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        known = ", ".join(f"{name} ({len(c.keypoints)})" for name, c in CONVENTIONS.items())
        raise ValueError(
            f"{given.source} holds {count} points, which is no known convention: {known}. Name "
            "the points, or take those of one of these"
        )
    raise ValueError(
        f"the {count} points of {given.source} may be {' or '.join(fitting)}: set convention to "
        "the right one"
    )


def joined(name: str) -> str:
    """The name in small letters, its words and side joined by underscores."""
    plain = name.strip().replace(" ", "_").replace("-", "_")
    lower = plain.lower()
    for side, letter in (("left", "L"), ("right", "R")):
        rest = ""
        if lower.startswith(side):
            rest = lower.removeprefix(side).lstrip("_")
        elif len(plain) > 1 and plain[0] == letter and (plain[1].isupper() or plain[1] == "_"):
            rest = lower[1:].lstrip("_")
        if rest:
            return f"{side}_{rest}"
    return lower


def plain_name(name: str) -> str:
    """``left_big_toe`` for LBigToe, left big toe, Left_BigToe and itself."""
    known = joined(name)
    for side in ("left_", "right_"):
        if known.startswith(side):
            rest = known.removeprefix(side)
            # A side's hip is a joint; only the middle one has other words.
            return side + (rest if rest == "hip" else OTHER_WORDS.get(rest, rest))
    return OTHER_WORDS.get(known, known)
