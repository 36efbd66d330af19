"""Find the people of every view of a folder; finished views are kept, each appears when whole."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from ..infer_people_kit.array_files import write_npz
from ..infer_people_kit.stopping import ShouldStop, check_stop, never
from ..infer_people_kit.version import VERSION
from ..infer_people_kit.video import VideoReader
from ..people_finding import Choice, FinderOptions, FramePeople, PeopleFinder, choose
from .mask_files import MaskSpool, write_mask_pictures, write_mask_video
from .openpose_json import write_openpose
from .results_folder import ARRAYS, MASKS, OPENPOSE, VIDEO_SUFFIX, ResultsFolder
from .videos import View, common_rate, grid_frames, growing_times
from .view_arrays import arrays_of
from .view_people import ViewPeople

logger = logging.getLogger(__name__)

# What of the options changes no result.
MACHINE = ("device", "threads")
# Frames after which a long view says how far it is.
TOLD_EVERY = 100

FinderOf = Callable[[FinderOptions], PeopleFinder]
# Told how many frames of a view are done.
WhenFrame = Callable[[View, int], None]


def _nobody_asks(view: View, done: int) -> None:
    """For callers that show no progress."""


@dataclass(frozen=True)
class ViewFileOptions:
    """What is written of each view.

    Attributes:
        folder: Where; empty for nowhere.
        masks: A lossless video a view, a PNG a frame, or none.
    """

    folder: str = ""
    masks: Literal["video", "png", "none"] = "video"

    @property
    def has_masks(self) -> bool:
        return bool(self.folder) and self.masks != "none"


def find_in_views(
    views: Sequence[View],
    options: FinderOptions,
    files: ViewFileOptions,
    *,
    finder_of: FinderOf = PeopleFinder,
    should_stop: ShouldStop = never,
    when_done: Callable[[ViewPeople], None] = lambda people: None,
    when_frame: WhenFrame = _nobody_asks,
) -> tuple[list[ViewPeople], Fraction]:
    """The people of each view and the rate of their common time, written as ``files`` asks.

    A view whose video, options and rate are those of its record in the folder is not looked at
    again. Of each view, all files are whole or not there.

    Args:
        views: At least one.
        options: How people are looked for; ``person`` is answered with the whole video at hand.
        files: What is written.
        finder_of: Makes the finder, where a view needs one.
        should_stop: Asked at each frame.
        when_done: Told of each view that is found or kept.
        when_frame: Told of each frame that is done.

    Raises:
        ValueError: ``person`` is not there, or says nothing for several views.
        FileExistsError: The folder holds files of these names that no search has written.
        OSError: The folder cannot be written.
        Stopped: Finished views are kept.
    """
    choice = Choice.parse(options.person)
    if len(views) > 1 and choice.kind not in ("all", "largest"):
        raise ValueError(
            f"person {options.person!r} is of one picture, and there are {len(views)} videos: use "
            "all or largest here, and choose the person where the views are brought together"
        )
    folder = ResultsFolder(files.folder, [view.name for view in views]) if files.folder else None
    rate = common_rate(views)
    search = _Search(options, files, choice, rate, folder, finder_of, should_stop, when_frame)
    found = []
    for view in views:
        found.append(search.people_of(view))
        when_done(found[-1])
    _tell_lengths(views, found)
    if folder is not None:
        write_npz(folder.path / ARRAYS, arrays_of(found, rate))
    return found, rate


@dataclass
class _Search:
    """One search through several views; the finder is made where a view needs it."""

    options: FinderOptions
    files: ViewFileOptions
    choice: Choice
    rate: Fraction
    folder: ResultsFolder | None
    finder_of: FinderOf
    should_stop: ShouldStop
    when_frame: WhenFrame
    finder: PeopleFinder | None = None

    @property
    def has_masks(self) -> bool:
        return self.options.masks and self.files.has_masks

    def people_of(self, view: View) -> ViewPeople:
        if self.folder is None:
            return self._found(view, None)[0]
        key = self._key(view)
        finished = self.folder.finished(view.name, key)
        if finished is not None:
            logger.info("view %s is finished already", view.name)
            return finished
        with MaskSpool() as spool:
            people, pts = self._found(view, spool if self.has_masks else None)
            with self.folder.replacing(people, key) as part:
                numbers, taken = np.unique(grid_frames(people.times, self.rate), return_index=True)
                frames = [people.frames[index] for index in taken]
                write_openpose(part / OPENPOSE, view.name, frames, numbers)
                if self.has_masks:
                    wanted = [frame.identities for frame in people.frames]
                    self._write_masks(part, spool.merged(wanted), pts, view=view)
        return people

    def _found(self, view: View, spool: MaskSpool | None) -> tuple[ViewPeople, list[int]]:
        """Who is in the view, and when each frame is shown; masks go into ``spool``."""
        if self.finder is None:
            wanted = replace(self.options, person="all", masks=self.has_masks)
            self.finder = self.finder_of(wanted)
        self.finder.reset()
        frames: list[FramePeople] = []
        pts: list[int] = []
        for frame in VideoReader(view.info):
            check_stop(self.should_stop, "the search for people")
            people = self.finder(frame.image)
            if spool is not None:
                spool.add(people)
            frames.append(replace(people, masks=None))
            pts.append(frame.pts)
            self.when_frame(view, len(frames))
            if len(frames) % TOLD_EVERY == 0:
                total = view.info.frame_count or "?"
                logger.info("view %s: %d of %s frames", view.name, len(frames), total)
        chosen = choose(frames, self.choice)
        logger.info("view %s: %d frames, at most %d people in one", *_counts(view, chosen))
        times = np.array([float(time * view.info.time_base) for time in pts])
        size = view.info.width, view.info.height
        times = growing_times(times, view)
        return ViewPeople(view.name, size, times, chosen, self.options.skeleton), pts

    def _write_masks(
        self, part: Path, masks: Iterator[np.ndarray], pts: list[int], *, view: View
    ) -> None:
        if self.files.masks == "png":
            write_mask_pictures(part / MASKS, masks)
            return
        path = part / f"{MASKS}{VIDEO_SUFFIX}"
        write_mask_video(path, masks, pts, rate=view.info.rate, base=view.info.time_base)

    def _key(self, view: View) -> str:
        """What the view's result depends on."""
        options = {k: v for k, v in asdict(self.options).items() if k not in MACHINE}
        paths = [
            view.info.path,
            *(Path(v) for k, v in options.items() if k.endswith("_file") and v),
        ]
        files = {
            str(path.absolute()): (s.st_size, s.st_mtime_ns) for path in paths if (s := path.stat())
        }
        return json.dumps(
            {
                "version": VERSION,
                "options": options,
                "masks": self.files.masks if self.has_masks else "none",
                "rate": str(self.rate),
                "files": files,
            },
            sort_keys=True,
        )


def _counts(view: View, frames: Sequence[FramePeople]) -> tuple[str, int, int]:
    return view.name, len(frames), max(map(len, frames), default=0)


def _tell_lengths(views: Sequence[View], found: Sequence[ViewPeople]) -> None:
    steps = [1 / float(view.rate) for view in views]
    seconds = [p.times[-1] - p.times[0] + step for p, step in zip(found, steps, strict=True)]
    # A slow view ends up to a frame earlier or later.
    if max(seconds) - min(seconds) > 0.75 * max(steps):
        each = ", ".join(f"{v.name} {s:.3g}" for v, s in zip(views, seconds, strict=True))
        logger.warning("the views differ in length (%s s): what is missing is left empty", each)
