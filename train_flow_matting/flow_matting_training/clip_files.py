"""Which clips a folder holds: pictures or videos named ``original``, ``gt`` and ``coarse``."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from ..train_flow_matting_kit.picture_files import is_picture, read_picture
from ..train_flow_matting_kit.video import VideoInfo, VideoReader

Clip = TypeVar("Clip")

ORIGINAL, TRUTH, COARSE = "original", "gt", "coarse"
# Lies in a folder of clips that were made of one green-screen clip.
KEYED_MARK = "keyed.json"
VIDEOS = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v")
_PICTURE = re.compile(rf"^({ORIGINAL}|{TRUTH}|{COARSE})(.*)_(\d+)$", re.IGNORECASE)
_VIDEO = re.compile(rf"^({ORIGINAL}|{TRUTH}|{COARSE})(.*)()$", re.IGNORECASE)


@dataclass(frozen=True)
class ClipFiles:
    """One clip: a video each, or the frames' pictures in order.

    Attributes:
        name: What stands between ``original`` and the frame's number, with the folder before it.
        original, truth: One video, or as many pictures.
        coarse: The same for coarse mattes; empty where there are none.
        source: What clips of the same frames have in common, else the name.
    """

    name: str
    original: tuple[Path, ...]
    truth: tuple[Path, ...]
    coarse: tuple[Path, ...] = ()
    source: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        return (*self.original, *self.truth, *self.coarse)


def find_clips(folder: str | Path) -> list[ClipFiles]:
    """All clips below ``folder``, by name: ``original{clip}_{frame}.jpg`` with
    ``gt{clip}_{frame}.jpg``, or ``original{clip}.mp4`` with ``gt{clip}.mp4``.

    ``coarse...`` beside them are coarse mattes. A frame whose ground truth is missing is left out.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: It holds no clip.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"dataset_folder {str(folder)!r} does not exist")
    clips = list(_clips(folder))
    if not clips:
        raise ValueError(
            f"{folder} holds no clip: expected original{{clip}}_{{frame}}.jpg with "
            "gt{clip}_{frame}.jpg, or original{clip}.mp4 with gt{clip}.mp4"
        )
    return sorted(clips, key=lambda clip: clip.name)


@dataclass(frozen=True)
class Split(Generic[Clip]):
    """Whole clips apart: neighbouring frames in both halves would give the answer away.

    So would the same person over another background: clips of one source stay together.
    """

    training: list[Clip]
    validation: list[Clip]


def split_clips(clips: list[ClipFiles], share: float, seed: int) -> Split[ClipFiles]:
    """Set a share of two sources or more (else ValueError) aside for validation, one at least."""
    sources = list(dict.fromkeys(clip.source or clip.name for clip in clips))
    if len(sources) < 2:
        raise ValueError(
            "training needs two clips or more, of different frames: one of them is held out to "
            "validate"
        )
    order = np.random.default_rng(seed).permutation(len(sources))
    count = min(len(sources) - 1, max(1, round(share * len(sources))))
    held_out = {sources[index] for index in order[:count].tolist()}
    training, validation = [], []
    for clip in clips:
        (validation if (clip.source or clip.name) in held_out else training).append(clip)
    return Split(training, validation)


def pictures_of(paths: tuple[Path, ...]) -> Iterator[np.ndarray]:
    """The pictures or the one video's frames, uint8 RGB (H, W, 3); ValueError for a bad file."""
    if len(paths) == 1 and paths[0].suffix.lower() in VIDEOS:
        return (frame.image for frame in VideoReader(VideoInfo.from_path(paths[0])))
    return map(read_picture, paths)


def _clips(folder: Path) -> Iterator[ClipFiles]:
    """Clips of pictures by their frames' numbers, and of one video, which counts as frame 0."""
    clips: dict[tuple[bool, str], dict[str, dict[int, Path]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for path in sorted(folder.rglob("*")):
        is_video = path.suffix.lower() in VIDEOS
        match = (_VIDEO if is_video else _PICTURE).match(path.stem)
        if match and (is_video or is_picture(path)):
            kind, clip, frame = match.groups()
            clips[is_video, _name(folder, path, clip)][kind.lower()][int(frame or 0)] = path
    for (_, name), kinds in clips.items():
        frames = sorted(kinds[ORIGINAL].keys() & kinds[TRUTH].keys())
        if not frames:
            continue
        has_coarse = all(frame in kinds[COARSE] for frame in frames)
        used = [ORIGINAL, TRUTH, *([COARSE] if has_coarse else [])]
        files = [tuple(kinds[kind][f] for f in frames) for kind in used]
        parent = files[0][0].parent
        source = str(parent) if (parent / KEYED_MARK).is_file() else name
        yield ClipFiles(name, *files, source=source)


def _name(folder: Path, path: Path, clip: str) -> str:
    return (path.parent.relative_to(folder) / (clip or "clip")).as_posix()
