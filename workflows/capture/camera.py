"""One camera of a capture: its video is read once, for its pictures, masks and people."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from infer_people.people_files import View, ViewPeople
from infer_people.people_files.mask_files import write_mask_video
from infer_people.people_files.view_people import read_record, write_record
from infer_people.people_finding import FramePeople, PeopleFinder
from plugin_kit.easyvolcap import IMAGES, MASKS
from plugin_kit.files import natural_sorted
from plugin_kit.picture_files import read_grey, write_picture
from plugin_kit.video import VideoInfo, VideoReader
from workflows.interruption import check_interrupted
from workflows.media.prefetch import prefetch

ALPHA, PEOPLE = "alpha", "people"
DIGITS = 6
ALPHA_SUFFIX = ".mkv"

# A frame uint8 RGB (H, W, 3) and its people → their alpha, uint8 (H, W).
MatteOf = Callable[[np.ndarray, FramePeople], np.ndarray]


class CameraCapture:
    """What becomes of a camera's video below a root.

    ::

        images/<camera>/000012.jpg    pictures, numbered on the common time
        mask/<camera>/000012.png      the alpha of everybody
        alpha/<camera>.mkv            the same as a lossless video
        people/<camera>.npz           who is where; written last, so that it says: finished

    Args:
        root: Of the capture.
        view: The camera's video.
        rate: Of the common time, frames a second.
        settings: What the results depend on beside the video.
    """

    def __init__(self, root: Path, view: View, rate: Fraction, settings: dict[str, str]) -> None:
        self.view, self._root, self._rate = view, root, rate
        state = view.info.path.stat()
        content = {
            **settings,
            "rate": str(rate),
            "video": [str(view.info.path.absolute()), state.st_size, state.st_mtime_ns],
        }
        self._key = json.dumps(content, sort_keys=True)

    @property
    def record(self) -> Path:
        return self._root / PEOPLE / f"{self.view.name}.npz"

    @property
    def outputs(self) -> list[Path]:
        """Everything that is written of this camera, the record last."""
        name = self.view.name
        folders = [self._root / IMAGES / name, self._root / MASKS / name]
        return [*folders, self._root / ALPHA / f"{name}{ALPHA_SUFFIX}", self.record]

    def finished(self) -> ViewPeople | None:
        """Its people where all of it is there and made in the same way."""
        if not all(path.exists() for path in self.outputs):
            return None
        people = read_record(self.record, self._key)
        if people is None:
            return None
        counts = {sum(1 for _ in folder.iterdir()) for folder in self.outputs[:2]}
        return people if counts == {len(people.frames)} else None

    def remove(self) -> None:
        """Remove what is there of this camera, the record first."""
        for path in reversed(self.outputs):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def make(
        self,
        finder: PeopleFinder,
        matte_of: MatteOf,
        staging: Path,
        *,
        quality: int,
        advance: Callable[[], object],
    ) -> tuple[ViewPeople, list[str]]:
        """Read the video and write everything; return its people and what was odd.

        Raises:
            VideoError, OSError: It cannot be read, or its files cannot be written.
        """
        finder.reset()
        images, masks = staging / IMAGES, staging / MASKS
        for folder in (images, masks):
            folder.mkdir(parents=True)
        reader = VideoReader(VideoInfo.from_path(self.view.info.path))
        frames: list[FramePeople] = []
        times: list[float] = []
        last = -1
        for frame in prefetch(reader):
            check_interrupted()
            advance()
            time = float(frame.pts * self.view.info.time_base)
            number = round((time - (times[0] if times else time)) * float(self._rate))
            if number <= last:
                # Two frames on one of the common time: the first is taken.
                continue
            last = number
            people = finder(frame.image)
            name = f"{number:0{DIGITS}d}"
            self._write_jpeg(images / f"{name}.jpg", frame.image, quality)
            write_picture(masks / f"{name}.png", matte_of(frame.image, people))
            frames.append(replace(people, masks=None))
            times.append(time)
        view = ViewPeople(
            self.view.name,
            (self.view.info.width, self.view.info.height),
            np.array(times),
            frames,
            finder.options.skeleton,
        )
        self._write_alpha(staging, natural_sorted(masks.iterdir()))
        self._put_in_place(staging, view)
        return view, list(reader.warnings)

    def _write_jpeg(self, path: Path, image: np.ndarray, quality: int) -> None:
        options = [cv2.IMWRITE_JPEG_QUALITY, quality]
        _, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
        path.write_bytes(encoded.tobytes())

    def _write_alpha(self, staging: Path, masks: list[Path]) -> None:
        def pictures() -> Iterator[np.ndarray]:
            for mask in masks:
                yield read_grey(mask)

        path = staging / f"{ALPHA}{ALPHA_SUFFIX}"
        numbers = [int(mask.stem) for mask in masks]
        write_mask_video(path, pictures(), numbers, rate=self._rate, base=1 / self._rate)

    def _put_in_place(self, staging: Path, view: ViewPeople) -> None:
        self.remove()
        made = (staging / IMAGES, staging / MASKS, staging / f"{ALPHA}{ALPHA_SUFFIX}")
        for source, target in zip(made, self.outputs, strict=False):
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        write_record(self.record, view, self._key)
