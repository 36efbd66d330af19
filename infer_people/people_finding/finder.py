"""From pictures to people: detect, refine, follow, cut out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .backends import backend_of
from .choosing import Choice, Chooser
from .claims import is_another, unclaimed, was_claimed
from .detection import KNOWN, Detection, better_half, distinct, within
from .following import Follower, distance, shared_weights
from .joints import in_skeleton
from .looks import look_of
from .masks import PeopleMasks
from .options import FinderOptions
from .people import FramePeople
from .turning import quarter_turns, turned_person, turned_points

# With tracked crops the detector looks at every third frame, and where somebody is lost.
INTERVAL = 3
# In sizes of the person: keypoints that moved farther in a crop are somebody else's.
MOST_MOVED = 0.2
# Whoever was there a frame ago is there as long as their score is so much of the least one.
STAYS = 0.8
# Of the detector's word in a person's score.
DETECTOR_SHARE = 0.25
# Keypoints of this score say surely which way somebody lies.
SURE = 0.5
# How much a box may grow or shrink from frame to frame.
MOST_GROWTH = 1.25


class PeopleFinder:
    """Find people in a picture, or in the frames of a video one after another.

    In a video ``person`` can be answered only with what was seen so far: nobody before the frame
    of a point, the largest of the frame in which somebody first is. With all frames at hand use
    :func:`choose`.

    Raises:
        FileNotFoundError: A network's file, or OpenPose's program, is not there.
        ValueError: A file is another network, or ``device`` is not to be had.
        RuntimeError: A network could not be fetched.

    Example:
        >>> finder = PeopleFinder(FinderOptions())  # doctest: +SKIP
        >>> finder(picture).keypoints.shape  # doctest: +SKIP
        (2, 17, 3)
    """

    def __init__(self, options: FinderOptions) -> None:
        self.options = options
        self._choice = Choice.parse(options.person)
        self._backend = backend_of(options)
        self._masks = (
            PeopleMasks(options.mask_file, device=options.device, threads=options.threads)
            if options.masks
            else None
        )
        self.reset()

    def reset(self) -> None:
        """Forget who was seen: a new video begins."""
        self._follower = Follower()
        self._chooser = Chooser(self._choice)
        self._since_search = INTERVAL
        if self._masks:
            self._masks.reset()

    def __call__(self, picture: np.ndarray, *, boxes: np.ndarray | None = None) -> FramePeople:
        """Find the people of one frame.

        Args:
            picture: RGB uint8 (H, W, 3); it is not written to.
            boxes: (B, 4) of another detector, x0, y0, x1, y1 in pixels, in place of the detector
                of this package.

        Raises:
            ValueError: ``picture`` or ``boxes`` are of another kind.
            RuntimeError: OpenPose failed.
        """
        _require_picture(picture)
        people = self._people(picture, None if boxes is None else _checked_boxes(boxes))
        people = sorted(people, key=lambda one: -one.score)[: self.options.max_people]
        looks = [look_of(picture, one) for one in people]
        identities = self._follower(people, looks)
        rows = self._chooser(identities, people, self._follower.knows)
        return self._frame(picture, people, identities, rows)

    def _frame(
        self,
        picture: np.ndarray,
        people: Sequence[Detection],
        identities: np.ndarray,
        rows: Sequence[int],
    ) -> FramePeople:
        options, size = self.options, picture.shape[:2]
        if not rows:
            return FramePeople.nobody(options.skeleton, size if options.masks else None)
        chosen = [people[row] for row in rows]
        keypoints = [
            in_skeleton(one.keypoints, options.skeleton, options.keypoint_score) for one in chosen
        ]
        return FramePeople(
            options.skeleton,
            np.array([one.box for one in chosen], np.float32),
            np.array([one.score for one in chosen], np.float32),
            identities[list(rows)],
            np.stack(keypoints),
            self._masks(picture, people, rows, identities) if self._masks else None,
        )

    def _people(self, picture: np.ndarray, boxes: np.ndarray | None) -> list[Detection]:
        if self._backend.refinement is None:
            found = self._backend.search(picture, self.options.max_people)
            found = [one for one in found if one.score >= self.options.score]
            return found if boxes is None else [one for one in found if _is_within(one, boxes)]
        if boxes is not None:
            return self._refined(picture, _boxed(boxes, *picture.shape[:2]))
        if not self.options.track_crops:
            return self._searched(picture, [], [])
        found = self._tracked(picture, self._follower.expected())
        lost = [one for one in self._follower.lost() if _is_inside(one, *picture.shape[:2])]
        again = self._refined(
            picture, [one for one in lost if not _is_among(one, found)], must_stay=True
        )
        return [*found, *(one for one in again if not is_another(one, found))]

    def _tracked(self, picture: np.ndarray, expected: list[Detection]) -> list[Detection]:
        self._since_search += 1
        if not expected or self._since_search >= INTERVAL:
            return self._searched(picture, expected, [])
        found = self._refined(picture, expected, must_stay=True)
        return found if len(found) >= len(expected) else self._searched(picture, [], found)

    def _searched(
        self, picture: np.ndarray, expected: list[Detection], found: list[Detection]
    ) -> list[Detection]:
        """The detector's people, with those who were expected or ``found`` without it."""
        self._since_search = 0
        seen = self._backend.search(picture, self.options.max_people)
        new = self._refined(picture, [one for one in seen if not _is_among(one, found)])
        missed = [one for one in expected if not _is_among(one, new)]
        again = self._refined(picture, missed, must_stay=True)
        return distinct([*found, *new, *(one for one in again if not is_another(one, new))])

    def _refined(
        self, picture: np.ndarray, people: list[Detection], *, must_stay: bool = False
    ) -> list[Detection]:
        """With better keypoints; without those whose score is too low.

        In the crop of somebody who is half hidden the network finds who is in front. Then the
        keypoints that were there before are kept, or with ``must_stay`` the person is left out.
        """
        found = []
        refined = [
            replace(one, keypoints=keypoints)
            for one, keypoints in zip(people, self._keypoints(picture, people), strict=True)
        ]
        for one, better in zip(people, unclaimed(people, refined), strict=True):
            if (one.keypoints[:, 2] > 0).any() and distance(one, better) > MOST_MOVED:
                if must_stay:
                    continue
                better = one
            if must_stay and was_claimed(one, better):
                continue
            sure = replace(better, score=_score(better))
            if sure.score >= self.options.score * (STAYS if must_stay else 1):
                moved = replace(sure, box=_moved_box(one, sure))
                found.append(within(replace(moved, box=moved.bounds()), *picture.shape[:2]))
        return distinct(found)

    def _keypoints(self, picture: np.ndarray, people: list[Detection]) -> list[np.ndarray]:
        """The refined keypoints of each, who is looked at with the head up.

        Where it is not sure how somebody lies, both ways are tried.
        """
        turns = [quarter_turns(one) for one in people]
        asked = [
            (row, turn)
            for row, own in enumerate(turns)
            for turn in ((own,) if not own or people[row].keypoint_score >= SURE else (own, 0))
        ]
        found: dict[int, np.ndarray] = {}
        for turn in sorted({turn for _, turn in asked}):
            rows = [row for row, own in asked if own == turn]
            for row, points in zip(rows, self._turned(picture, people, rows, turn), strict=True):
                known = found.get(row)
                if known is None or better_half(points) > better_half(known):
                    found[row] = points
        return [found[row] for row in range(len(people))]

    def _turned(
        self, picture: np.ndarray, people: list[Detection], rows: list[int], turn: int
    ) -> list[np.ndarray]:
        refinement = self._backend.refinement
        assert refinement is not None
        view = np.rot90(picture, turn)
        seen = [turned_person(people[row], turn, *picture.shape[:2]) for row in rows]
        keypoints = refinement(view, [one.bounds() for one in seen])
        return [turned_points(points, -turn, *view.shape[:2]) for points in keypoints]


def _score(person: Detection) -> float:
    """What both networks say; the detector is unsure of many who are there."""
    return person.certainty**DETECTOR_SHARE * person.keypoint_score ** (1 - DETECTOR_SHARE)


def _moved_box(one: Detection, other: Detection) -> np.ndarray:
    """The box of ``one``, moved and scaled as its keypoints were to become those of ``other``."""
    weights = shared_weights(one, other)
    if (weights > 0).sum() < 3:
        return one.box
    share = weights[:, None] / weights.sum()
    middles = [(person.keypoints[:17, :2] * share).sum(axis=0) for person in (one, other)]
    spreads = [
        np.sqrt((np.square(person.keypoints[:17, :2] - middle) * share).sum())
        for person, middle in zip((one, other), middles, strict=True)
    ]
    growth = np.clip(spreads[1] / max(spreads[0], 1e-6), 1 / MOST_GROWTH, MOST_GROWTH)
    corners = (one.box.reshape(2, 2) - middles[0]) * growth + middles[1]
    return corners.ravel().astype(np.float32)


def _is_among(person: Detection, others: Sequence[Detection]) -> bool:
    return any(person.is_same(other) for other in others)


def _is_inside(person: Detection, height: int, width: int) -> bool:
    """Whether the middle of a person is in the picture."""
    x, y = person.box.reshape(2, 2).mean(axis=0)
    return bool(0 <= x < width and 0 <= y < height)


def _boxed(boxes: np.ndarray, height: int, width: int) -> list[Detection]:
    """People of boxes (B, 4) alone; without those that lie beside the picture.

    They are cut off at its size beside it: crops of what lies farther out would take all memory.
    """
    far = np.array([-width, -height, 2 * width, 2 * height], np.float32)
    boxes = np.clip(boxes, np.tile(far[:2], 2), np.tile(far[2:], 2))
    touches = (boxes[:, 2:] >= 0).all(axis=1) & (boxes[:, :2] < (width, height)).all(axis=1)
    return [Detection(box, 1.0, np.zeros((17, 3), np.float32), 1.0) for box in boxes[touches]]


def _is_within(person: Detection, boxes: np.ndarray) -> bool:
    """Whether one of the boxes holds the middle of the person's known keypoints."""
    known = person.keypoints[person.keypoints[:, 2] >= KNOWN, :2]
    x, y = known.mean(axis=0) if len(known) else person.box.reshape(2, 2).mean(axis=0)
    left, top, right, bottom = boxes.T
    return bool(((left <= x) & (x <= right) & (top <= y) & (y <= bottom)).any())


def _require_picture(picture: np.ndarray) -> None:
    is_rgb = picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8
    if not is_rgb or not picture.size:
        raise ValueError(
            f"a picture must be RGB uint8 (H, W, 3), got {picture.dtype} {picture.shape}"
        )


def _checked_boxes(boxes: np.ndarray) -> np.ndarray:
    checked = np.asarray(boxes, np.float32).reshape(-1, 4) if np.size(boxes) % 4 == 0 else None
    if checked is None or not np.isfinite(checked).all():
        raise ValueError(f"boxes must be finite numbers (B, 4), got {np.shape(boxes)}")
    turned = checked[(checked[:, 2:] < checked[:, :2]).any(axis=1)]
    if len(turned):
        raise ValueError(
            f"a box must be x0, y0, x1, y1, got {turned[0].tolist()}: its end is before its begin"
        )
    return checked
