"""Folders with one JSON file a frame: OpenPose's, and AIST++'s own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..infer_multiview_triangulation_kit.files import is_hidden, load_json, natural_sorted
from ..infer_multiview_triangulation_kit.keypoints.skeletons import skeleton_name
from .view_frames import Detections, Person, ViewFrames, assemble, frame_number, person_of

OPENPOSE_KEYS = ("pose_keypoints_2d", "pose_keypoints")
HAND_KEYS = ("hand_left_keypoints_2d", "hand_right_keypoints_2d")
BODY_POINTS, HAND_POINTS = 25, 21


def read_frame_folders(folder: Path, skeleton: str, allow_uneven: bool) -> Detections:
    """Read a folder with one sub-folder a view, in which each frame has a JSON file.

    The natural order of the sub-folders' names is the order of the cameras; the last number in a
    file's name is its frame, so that views with missing frames still align. An empty sub-folder
    is a view without detections. Hands are read where ``skeleton`` is body25_hands: 67 points, the
    body's, the left hand's and the right one's; a hand that is not there is missing.

    Raises:
        ValueError: Mixed skeletons, more than half of a view's files cannot be used, or hands were
            asked for and nobody has any.
    """
    others = [s for s in view_folders(folder) if any(s.iterdir()) and not any(s.glob("*.json"))]
    with_hands = skeleton_name(skeleton) == "body25_hands"
    views = [_read_view(sub, with_hands) for sub in view_folders(folder) if sub not in others]
    detections = assemble(views, folder, skeleton=skeleton, allow_uneven=allow_uneven)
    if with_hands and np.isnan(detections.keypoints2d[..., BODY_POINTS:, :]).all():
        raise ValueError(
            f"{folder} has no hands: let OpenPose find them (--hand), or set skeleton=body25"
        )
    skipped = (f"{sub} holds no JSON file and is not taken as a view" for sub in others)
    pictures = [view.name for view in views if view.is_of_pictures]
    notes = [
        f"the files of view {', '.join(pictures)} in {folder} are lists of MMPose's instances, as "
        "its inferencer writes for single pictures: each is taken as a frame"
    ]
    warnings = (*skipped, *(notes if pictures else ()), *detections.warnings)
    return replace(detections, warnings=warnings)


def view_folders(folder: Path) -> list[Path]:
    """The sub-folders in natural order, without hidden ones."""
    return natural_sorted(s for s in folder.iterdir() if s.is_dir() and not is_hidden(s))


def _people_of_frame(content: Any, with_hands: bool) -> list[Person]:
    """The people in one frame's parsed JSON, OpenPose's, AIST++'s or MMPose's."""
    if _is_of_mmpose(content):
        return [person for person in map(mmpose_person, content) if person is not None]
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")
    if "detection_scores" in content:
        people = _aist_people(content)
    else:
        people = _openpose_people(content.get("people") or [], with_hands)
    return [person for person in people if person is not None]


def _read_view(folder: Path, with_hands: bool) -> ViewFrames:
    view = ViewFrames(folder.name.removesuffix("_json"))
    sources: dict[int, Path] = {}
    for file in natural_sorted(folder.glob("*.json")):
        frame = frame_number(file.stem)
        if frame is None:
            raise ValueError(f"the name of {file} has no frame number: name it like cam_0012.json")
        if frame in sources:
            raise ValueError(
                f"{sources[frame]} and {file} are both frame {frame} of view {view.name}: the "
                "last number in the name must be the frame"
            )
        sources[frame] = file
        try:
            content = load_json(file)
            view.is_of_pictures |= _is_of_mmpose(content)
            view.frames[frame] = _people_of_frame(content, with_hands)
        except (LookupError, OverflowError, TypeError, ValueError) as error:
            # A file that is closed to this user is no frame where nobody was found.
            if isinstance(error.__cause__, OSError):
                raise
            reason = str(error)
            view.add_fault(frame, reason if str(file) in reason else f"{file}: {reason}")
    return view


def _is_of_mmpose(content: Any) -> bool:
    """Whether it is the list of instances that MMPose's inferencer writes for a picture."""
    return isinstance(content, list) and all(
        isinstance(instance, dict) and {"keypoints", "keypoint_scores"} <= instance.keys()
        for instance in content
    )


def _openpose_people(people: Any, with_hands: bool) -> list[Person | None]:
    if not isinstance(people, list):
        raise ValueError(f"people is {type(people).__name__}, not a list")
    for person in people:
        if not isinstance(person, dict):
            raise ValueError(f"a person is {type(person).__name__}, not an object")
    found = []
    for person in people:
        body = triples(next(filter(None, map(person.get, OPENPOSE_KEYS)), []))
        known = person_of(body)
        if known is not None and with_hands and len(body) == BODY_POINTS:
            hands = [_hand_of(person, key) for key in HAND_KEYS]
            # Who somebody is does not hang on whether their hands are seen.
            known = person_of(np.concatenate([body, *hands]), known.score)
        found.append(known)
    return found


def _hand_of(person: dict, key: str) -> np.ndarray:
    points = triples(person.get(key) or np.zeros((HAND_POINTS, 3)))
    if len(points) != HAND_POINTS:
        raise ValueError(f"{key} has {len(points)} points, not {HAND_POINTS}")
    return points


def _aist_people(content: dict) -> list[Person | None]:
    scores = _numbers(content["detection_scores"] or []).ravel()
    keypoints = content.get("keypoints") or []
    if not len(scores) or not len(keypoints):
        return []
    flat = _numbers(keypoints)
    if flat.size % (3 * len(scores)):
        raise ValueError(f"{flat.size} numbers do not make {len(scores)} people of (x, y, score)")
    shaped = flat.reshape(len(scores), -1, 3)
    return [person_of(body, float(score)) for body, score in zip(shaped, scores, strict=True)]


def triples(values: Any) -> np.ndarray:
    """Keypoints (J, 3) from a flat or nested list of x, y, confidence.

    Raises:
        ValueError: Something is not a number, or the count is no multiple of 3.
    """
    flat = _numbers(values).ravel()
    if flat.size % 3:
        raise ValueError(f"{flat.size} keypoint numbers are not triples of x, y, confidence")
    return flat.reshape(-1, 3)


def _numbers(values: Any) -> np.ndarray:
    try:
        return np.array(values, np.float64)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"the keypoints are not plain numbers ({error})") from error


def mmpose_person(instance: dict) -> Person | None:
    """One of MMPose's instances: ``keypoints`` (J, 2), ``keypoint_scores`` (J,), ``bbox_score``.

    Raises:
        KeyError, TypeError, ValueError: It is none.
    """
    places = np.array(instance["keypoints"], np.float64)
    if not places.size:
        return None
    if places.ndim != 2 or places.shape[1] < 2:
        raise ValueError(f"keypoints of shape {places.shape} are not (J, 2)")
    confidences = np.array(instance["keypoint_scores"], np.float64)
    if confidences.shape != places.shape[:1]:
        raise ValueError(f"{len(places)} keypoints have {confidences.size} scores")
    keypoints = np.column_stack([places[:, :2], confidences])
    return person_of(keypoints, score_of(instance.get("bbox_score")))


def score_of(value: Any) -> float | None:
    """A detection's score; None where it is no finite number."""
    return float(value) if isinstance(value, (int, float)) and np.isfinite(value) else None
