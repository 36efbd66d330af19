"""What one view's files hold, and how several views become one form, whatever they came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..multiview_geometry import skeleton_of

MAX_FAULTY_SHARE = 0.5
MAX_UNEVEN_SHARE = 0.1
MAX_NAMED_FAULTS = 5
MAX_DIGITS = 19
MAX_NUMBER = 1e6
# More people in one frame are frame numbers that went wrong, and ask for gigabytes.
MAX_PEOPLE = 500
# A number glued to a letter belongs to a word, as in "000012_pose2d.json".
FRAME_NUMBER = re.compile(r"(\d+)(?![\dA-Za-z])")


@dataclass(frozen=True)
class Detections:
    """2D keypoints of several views, frame by frame.

    Attributes:
        keypoints2d: float64 (V, F, P, J, 3): x and y in pixels, confidence; P people at most,
            NaN where there is nothing. The order of people means nothing from frame to frame.
        skeleton: Name of the keypoints' convention, ``auto`` where the file does not tell.
        views: V names, in the order of the cameras.
        timestamps: (F,), whole numbers of frames or, from AIST++, milliseconds.
        fps: Frames a second, or None where the file does not tell.
        sizes: Width and height of each view's picture, or None.
        scores: (V, F, P) score of each detection, NaN where there is none.
        warnings: What was odd about the files, each naming the file.
    """

    keypoints2d: np.ndarray
    skeleton: str
    views: tuple[str, ...]
    timestamps: np.ndarray
    fps: float | None = None
    sizes: tuple[tuple[int, int] | None, ...] = ()
    scores: np.ndarray | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """One detection: keypoints (J, 3) as x, y in pixels and confidence, and its score."""

    keypoints: np.ndarray
    score: float


@dataclass
class ViewFrames:
    """The detections of one view before its frames are aligned with the others'.

    Attributes:
        frames: People by timestamp; an empty list where the view has a frame without people.
        faults: Frames that cannot be used, each with the file and the reason.
        timestamped: Whether the frames' keys were in the file, or only count its rows.
        is_of_pictures: Whether each file tells of a picture by itself.
    """

    name: str
    frames: dict[int, list[Person]] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    timestamped: bool = True
    is_of_pictures: bool = False

    def add_fault(self, frame: int, reason: str) -> None:
        """Keep the frame, but empty."""
        self.frames.setdefault(frame, [])
        self.faults.setdefault(frame, reason)


def frame_number(stem: str) -> int | None:
    """The last number in a file name without its extension; None where there is none."""
    numbers = FRAME_NUMBER.findall(stem) or re.findall(r"\d+", stem)
    # A number that no integer type holds counts no frames.
    return int(numbers[-1]) if numbers and len(numbers[-1].lstrip("0")) < MAX_DIGITS else None


def known_skeleton(name: str, joints: int, source: str | Path) -> str:
    """The skeleton's name as the table of skeletons has it; ``auto`` stays.

    Raises:
        ValueError: There is none of the name, or it has another number of keypoints.
    """
    if name == "auto":
        return name
    try:
        return skeleton_of(name, joints).name
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from error


def mask_missing(keypoints: np.ndarray) -> np.ndarray:
    """A float64 copy of keypoints (..., 3) with NaN wherever a detector found nothing.

    That is at (0, 0), where the confidence is not above 0, and where a number is not finite or
    beyond any picture.
    """
    keypoints = np.array(keypoints, np.float64)
    with np.errstate(invalid="ignore"):
        is_seen = (np.abs(keypoints) < MAX_NUMBER).all(axis=-1) & (keypoints[..., 2] > 0)
        is_seen &= (keypoints[..., :2] != 0).any(axis=-1)
    keypoints[~is_seen] = np.nan
    return keypoints


def person_of(keypoints: np.ndarray, score: float | None = None) -> Person | None:
    """A detection from raw keypoints (J, 3), None where not one keypoint is there.

    Without a score that can be, the mean confidence of the keypoints that are there stands for it.
    """
    keypoints = mask_missing(keypoints)
    confidences = keypoints[np.isfinite(keypoints[:, 2]), 2]
    if not len(confidences):
        return None
    if score is None or not abs(score) < MAX_NUMBER:
        score = float(confidences.mean())
    return Person(keypoints, float(score))


def assemble(
    views: Sequence[ViewFrames],
    source: Path,
    *,
    skeleton: str = "auto",
    allow_uneven: bool = False,
    fill_gaps: bool = False,
) -> Detections:
    """Align the views' frames and put their people into one array.

    Args:
        views: In the order of the cameras.
        source: Where they came from, for messages.
        skeleton: The keypoints' convention, or ``auto``.
        allow_uneven: Whether views may differ much in length, or share no timestamp.
        fill_gaps: Whether frame numbers that no view has are frames in which nobody was found, as
            of files that list people alone. Else they are so where most follow each other by one,
            and that is told. Not where most frames would be made up.

    Raises:
        ValueError: No person at all, mixed skeletons, too many faulty frames, or uneven views.
    """
    joints = _joint_count(views, source)
    skeleton = known_skeleton(skeleton, joints, source)
    for view in views:
        _drop_wrong_counts(view, joints)
    warnings = [text for view in views for text in _fault_warnings(view, source)]
    timestamps, uneven = _common_timestamps(views, source, allow_uneven)
    warnings += uneven
    follow = len(timestamps) > 1 and np.median(np.diff(timestamps)) == 1
    is_filled = (fill_gaps or follow) and timestamps[-1] - timestamps[0] < 2 * len(timestamps)
    if follow and not fill_gaps:
        warnings += _jump_warnings(timestamps, source, is_filled=is_filled)
    if is_filled:
        timestamps = list(range(timestamps[0], timestamps[-1] + 1))

    people, crowd, at = max(
        (len(view.frames.get(t, ())), view.name, t) for view in views for t in timestamps
    )
    if people > MAX_PEOPLE:
        raise ValueError(
            f"view {crowd} of {source} shows {people} people in frame {at}, {MAX_PEOPLE} at most "
            "are read: number the frames"
        )
    people = max(1, people)
    shape = (len(views), len(timestamps), people)
    keypoints2d, scores = np.full((*shape, joints, 3), np.nan), np.full(shape, np.nan)
    for v, view in enumerate(views):
        for f, timestamp in enumerate(timestamps):
            for p, person in enumerate(view.frames.get(timestamp, ())):
                keypoints2d[v, f, p], scores[v, f, p] = person.keypoints, person.score
    names = tuple(view.name for view in views)
    return Detections(
        keypoints2d=keypoints2d,
        skeleton=skeleton,
        views=names,
        timestamps=np.array(timestamps, np.int64),
        sizes=(None,) * len(views),
        scores=scores,
        warnings=(*warnings, *empty_view_warnings(keypoints2d, names, source)),
    )


def _jump_warnings(timestamps: Sequence[int], source: Path, *, is_filled: bool) -> list[str]:
    """What is told of frames that are missing in all views."""
    jumps = [(a, b) for a, b in pairwise(timestamps) if b > a + 1]
    if not jumps:
        return []
    listed = ", ".join(f"{a + 1} to {b - 1}" for a, b in jumps[:MAX_NAMED_FAULTS])
    listed += ", …" if len(jumps) > MAX_NAMED_FAULTS else ""
    what = "the next ones are taken to follow at once: give each stretch by itself"
    what = "nobody is seen there" if is_filled else what
    return [f"no view of {source} has the frames {listed}: {what}"]


def empty_view_warnings(
    keypoints2d: np.ndarray, names: Sequence[str], source: str | Path
) -> tuple[str, ...]:
    """A warning for each view of keypoints (V, ...) that are all missing.

    Raises:
        ValueError: Every view is empty.
    """
    empty = [n for n, view in zip(names, keypoints2d, strict=True) if np.isnan(view).all()]
    if len(empty) == len(names):
        raise ValueError(f"no view of {source} has a person: check the detector's output")
    return tuple(f"{source}: view {name} has no detection" for name in empty)


def _joint_count(views: Sequence[ViewFrames], source: Path) -> int:
    """The number of keypoints that every view mostly has."""
    counts = {
        view.name: Counter(len(p.keypoints) for people in view.frames.values() for p in people)
        for view in views
    }
    usual = {name: count.most_common(1)[0][0] for name, count in counts.items() if count}
    if not usual:
        faults = [text for view in views for text in view.faults.values()]
        why = f" (for example {faults[0]})" if faults else ""
        raise ValueError(f"no view of {source} has a person{why}: check the detector's output")
    if len(set(usual.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in usual.items())
        raise ValueError(
            f"the views of {source} have different numbers of keypoints ({listed}): "
            "run the same detector on every view"
        )
    return next(iter(usual.values()))


def _drop_wrong_counts(view: ViewFrames, joints: int) -> None:
    for frame, people in view.frames.items():
        wrong = [len(p.keypoints) for p in people if len(p.keypoints) != joints]
        if wrong:
            view.frames[frame] = [p for p in people if len(p.keypoints) == joints]
            reason = f"frame {frame} of view {view.name} has {wrong[0]} keypoints, not {joints}"
            view.faults.setdefault(frame, reason)


def _fault_warnings(view: ViewFrames, source: Path) -> list[str]:
    reasons = [view.faults[frame] for frame in sorted(view.faults)]
    if len(reasons) > MAX_FAULTY_SHARE * len(view.frames):
        raise ValueError(
            f"{len(reasons)} of the {len(view.frames)} frames of view {view.name} in {source} "
            f"cannot be used, the first because {reasons[0]}: run the detector again on this view"
        )
    warnings = [f"left out as missing: {reason}" for reason in reasons[:MAX_NAMED_FAULTS]]
    if len(reasons) > MAX_NAMED_FAULTS:
        rest = len(reasons) - MAX_NAMED_FAULTS
        warnings.append(f"left out as missing: {rest} more frames of view {view.name} in {source}")
    return warnings


def _common_timestamps(
    views: Sequence[ViewFrames], source: Path, allow_uneven: bool
) -> tuple[list[int], list[str]]:
    counts = [len(view.frames) for view in views]
    shortest, longest = min(counts), max(counts)
    lengths = ", ".join(f"{view.name} {count}" for view, count in zip(views, counts, strict=True))
    if all(view.timestamped for view in views):
        if not allow_uneven:
            _check_shared_timestamps(views, source)
        common = sorted(set().union(*(view.frames for view in views)))
        uneven = (
            f"the views of {source} have different frames ({lengths}): "
            f"aligned by frame number over {len(common)} frames"
        )
        return common, [uneven] if shortest < len(common) else []
    if shortest < longest * (1 - MAX_UNEVEN_SHARE) and not allow_uneven:
        raise ValueError(
            f"the views of {source} differ in length by more than 10 % ({lengths}): "
            "cut them to the same frames, or set allow_uneven"
        )
    uneven = (
        f"the views of {source} differ in length ({lengths}): "
        f"only the first {shortest} frames are used"
    )
    return list(range(shortest)), [uneven] if shortest < longest else []


def _check_shared_timestamps(views: Sequence[ViewFrames], source: Path) -> None:
    filled = [view for view in views if view.frames]
    for view in filled:
        others = [other.frames.keys() for other in filled if other is not view]
        if others and not view.frames.keys() & set().union(*others):
            first, last = min(view.frames), max(view.frames)
            raise ValueError(
                f"view {view.name} of {source} has frames {first} to {last}, of which no other "
                "view has one: number the frames alike, or set allow_uneven"
            )
