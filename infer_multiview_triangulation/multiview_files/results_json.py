"""One JSON file a view: COCO results, AlphaPose's and MMPose's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..infer_multiview_triangulation_kit.files import load_json
from .openpose import mmpose_person, score_of, triples
from .view_frames import (
    MAX_DIGITS,
    Detections,
    Person,
    ViewFrames,
    assemble,
    frame_number,
    person_of,
)

FORMS = (
    "a list of {image_id, keypoints, score} (COCO results, AlphaPose) or of "
    "{frame_id, instances} (MMPose)"
)


def read_results_json(paths: Sequence[Path], skeleton: str, allow_uneven: bool) -> Detections:
    """Read one results file a view, in the order of the cameras.

    Frame numbers come from ``image_id`` or ``frame_id``; AlphaPose's ``"12.jpg"`` is frame 12.
    Frames that no file mentions, between the first and the last, are frames without people.

    Raises:
        ValueError: A file is not in a known form, mixed skeletons, or too many faulty entries.
    """
    views = [_read_view(path) for path in paths]
    source = paths[0] if len(paths) == 1 else paths[0].parent
    return assemble(views, source, skeleton=skeleton, allow_uneven=allow_uneven, fill_gaps=True)


def entries_of(content: Any) -> list[dict] | None:
    """The entries of parsed JSON, flat; None where :func:`read_results_json` cannot take it."""
    if isinstance(content, dict):
        content = content.get("instance_info")
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        return None
    known = all("image_id" in entry or "frame_id" in entry for entry in content)
    return content if known else None


def _read_view(path: Path) -> ViewFrames:
    entries = entries_of(load_json(path))
    if entries is None:
        raise ValueError(f"{path} is not {FORMS}: convert it")
    view = ViewFrames(path.stem)
    for number, entry in enumerate(entries):
        frame = _frame_of(entry, path, number)
        people = view.frames.setdefault(frame, [])
        try:
            people += _people_of_entry(entry)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            view.add_fault(frame, f"entry {number} of {path} is not usable ({error})")
    return view


def _frame_of(entry: dict, path: Path, number: int) -> int:
    identity, frame = entry.get("frame_id", entry.get("image_id")), None
    if isinstance(identity, str):
        frame = frame_number(Path(identity).stem)
    elif isinstance(identity, int) or (isinstance(identity, float) and identity.is_integer()):
        frame = int(identity)
    # Others fit into no integer type.
    if frame is None or abs(frame) >= 10 ** (MAX_DIGITS - 1):
        raise ValueError(
            f"entry {number} of {path} has no frame number in {identity!r}: number the frames"
        )
    return frame


def _people_of_entry(entry: dict) -> list[Person]:
    """The people of a COCO result (one) or of an MMPose frame (any number)."""
    if "frame_id" in entry:
        people = [mmpose_person(instance) for instance in entry.get("instances") or []]
    else:
        people = [person_of(triples(entry.get("keypoints") or []), score_of(entry.get("score")))]
    return [person for person in people if person is not None]
