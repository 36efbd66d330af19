"""Who makes the alpha that needs no plate: Robust Video Matting, infer_people, or a given file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from infer_people.people_finding import FinderOptions, FramePeople, PeopleFinder
from plugin_kit.pictures import as_alpha, to_uint8
from plugin_kit.video import VideoError, count_frames
from workflows.matting.graph import PEOPLE, RVM
from workflows.matting.key_source import KeySource
from workflows.matting.masks import PeopleFinder as MaskFinder
from workflows.matting.options import ChainOptions
from workflows.matting.report import Report
from workflows.media.companion import Clock, Companion
from workflows.media.source import source_info

ALPHA_FILE, KEY_ALPHA = "file", "key"
SNAP_LOW, SNAP_HIGH = 4, 251


class BaseAlpha(Protocol):
    """An alpha for each frame of a video, in order.

    Attributes:
        name: rvm, people, file or key.
        foreground: Of the last frame the person's own colours, uint8 RGB (H, W, 3), where they are
            known; then the alpha is made in the second pass, not kept from the first.
    """

    name: str
    foreground: np.ndarray | None

    def load(self) -> None:
        """Load the networks; RuntimeError says which cannot be had."""
        ...

    def begin(self, frames: Sequence[np.ndarray] = ()) -> None:
        """A video begins: forget the frames before.

        Args:
            frames: Its first ones, uint8 RGB (H, W, 3), where they can be had: what remembers
                frames sees these before, backwards, for the first one is poor without a memory.
        """
        ...

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """The alpha of the next frame, uint8 (H, W), of uint8 RGB (H, W, 3)."""
        ...


class RvmAlpha:
    """Robust Video Matting's alpha."""

    name = "rvm"
    foreground: np.ndarray | None = None

    def __init__(self, options: ChainOptions) -> None:
        self._finder = MaskFinder("rvm", options)

    def load(self) -> None:
        self._finder.load()

    def begin(self, frames: Sequence[np.ndarray] = ()) -> None:
        self._finder.begin_sequence()
        for frame in frames[:0:-1]:
            self._finder.find(frame)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        return self._finder.find(image).mask


class PeopleAlpha:
    """The masks of infer_people with their soft edges; ``found`` are the last frame's people."""

    name = "people"
    foreground: np.ndarray | None = None

    def __init__(self, options: ChainOptions) -> None:
        self._device = options.device
        self._finder: PeopleFinder | None = None
        self.found: FramePeople | None = None

    def load(self) -> None:
        try:
            self._finder = PeopleFinder(FinderOptions(device=self._device))
        except (OSError, ValueError) as error:
            raise RuntimeError(f"infer_people: {error}") from error

    def begin(self, frames: Sequence[np.ndarray] = ()) -> None:
        if self._finder is None:
            self.load()
        assert self._finder is not None
        self._finder.reset()

    def __call__(self, image: np.ndarray) -> np.ndarray:
        assert self._finder is not None
        self.found = self._finder(np.ascontiguousarray(image))
        return self.found.mask()


class KeyAlpha:
    """A green or blue screen's key, and the colours without the screen's light.

    What is kept and what is garbage Robust Video Matting says where its weights are to be had, else
    infer_people; ``--matte none``: nobody.
    """

    name = KEY_ALPHA

    def __init__(self, options: ChainOptions) -> None:
        self._options = options
        self._source: KeySource | None = None
        self.foreground: np.ndarray | None = None
        self._warnings: list[str] = []
        self._frames = self._empty = 0

    @property
    def warnings(self) -> list[str]:
        """What was odd so far."""
        if not self._empty:
            return self._warnings
        text = (
            f"In {self._empty} of {self._frames} frames nothing is kept, as the key's region shows "
            "nobody: with --matte none all that is not screen is kept"
        )
        return [*self._warnings, text]

    def load(self) -> None:
        options = self._options
        finders = {RVM: options.rvm, PEOPLE: options.people}
        regions = {"auto": (RVM, PEOPLE), "rvm": (RVM,), "people": (PEOPLE,), "none": (None,)}
        for region in regions[options.matte]:
            self._source = KeySource(region=region, finder=finders[region] if region else {})
            try:
                self._source.load()
                return
            except RuntimeError as error:
                if region != RVM or options.matte == "rvm" or options.rvm_weights:
                    raise
                self._warnings.append(f"The key's region is infer_people's: {error}")

    def begin(self, frames: Sequence[np.ndarray] = ()) -> None:
        if self._source is None:
            self.load()
        assert self._source is not None
        self._source.begin_sequence()

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """The next frame's alpha.

        Raises:
            RuntimeError: There is no screen.
        """
        assert self._source is not None
        keyed = self._source.find(image)
        self.foreground = keyed.foreground
        for warning in keyed.report.get("warnings", ()):
            if warning not in self._warnings:
                self._warnings.append(warning)
        self._frames += 1
        self._empty += not keyed.alpha.any()
        return to_uint8(keyed.alpha)


class AlphaFile:
    """A matte of another program: a video's brightness, or the pictures of a folder in order.

    Raises:
        FileNotFoundError, ValueError: It cannot be read; the text names it.
    """

    name = ALPHA_FILE
    foreground: np.ndarray | None = None

    def __init__(self, path: Path) -> None:
        self._path, self._info = path, source_info(path)
        self._companion: Companion | None = None
        self._clock = Clock()

    def load(self) -> None:
        """There is no network."""

    def follow(self, companion: Companion, clock: Clock) -> None:
        """Take the mattes out of ``companion``, at the times that ``clock`` says."""
        self._companion, self._clock = companion, clock

    def begin(self, frames: Sequence[np.ndarray] = ()) -> None:
        """Its clock tells where it is."""

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """The matte of the frame that the clock tells, brought to the size of ``image``.

        Raises:
            ValueError: There is none.
        """
        assert self._companion is not None
        try:
            picture = self._companion.at(self._clock.seconds)
        except VideoError as error:
            raise ValueError(f"--alpha {error}: give a matte for every frame") from error
        matte = to_uint8(as_alpha(picture, *image.shape[:2]))
        return matte if self._path.is_dir() else snapped(matte)

    def check(self, frames: int) -> str:
        """Refuse what has fewer mattes than the video has ``frames``.

        Returns:
            A warning where it has more; else nothing.

        Raises:
            ValueError: The text has both counts.
        """
        count = self._info.frame_count if self._path.is_dir() else count_frames(self._path)
        if count < frames:
            raise ValueError(
                f"--alpha {self._path} has {count} mattes, and the video {frames} frames: "
                "give a matte for every frame"
            )
        if count <= frames + 1:
            return ""
        return (
            f"--alpha {self._path} has {count} mattes, and the video {frames} frames: they are "
            "paired by time; were they made of another video?"
        )


def snapped(matte: np.ndarray) -> np.ndarray:
    """A matte out of a lossy video, uint8, whose nearly empty and nearly full values are exact."""
    exact = np.where(matte < SNAP_LOW, np.uint8(0), matte)
    return np.where(matte > SNAP_HIGH, np.uint8(255), exact)


# Who can be the base, by the names of Method.base and of --matte.
BASES: dict[str, Callable[[ChainOptions], BaseAlpha]] = {
    "rvm": RvmAlpha,
    "people": PeopleAlpha,
    KEY_ALPHA: KeyAlpha,
}


def choose_base(options: ChainOptions, report: Report, wanted: str = "auto") -> BaseAlpha:
    """Who makes the base, with networks loaded; ``report`` says it, and why.

    Args:
        options: Where weights and files are.
        report: What is told.
        wanted: A name of :data:`BASES`, or ``auto``: ``--alpha``, else Robust Video Matting where
            its weights are to be had, else infer_people.

    Raises:
        FileNotFoundError, ValueError: ``--alpha`` cannot be read.
        RuntimeError: A network that was asked for cannot be had.
    """
    if options.alpha:
        given = AlphaFile(options.alpha)
        report.matte, report.matte_reason = ALPHA_FILE, f"--alpha {options.alpha}"
        return given
    with report.timed("load networks"):
        if wanted != "auto":
            base = BASES[wanted](options)
            base.load()
            report.matte, report.matte_reason = wanted, "it was asked for"
            return base
        try:
            base = RvmAlpha(options)
            base.load()
        except RuntimeError as error:
            if options.rvm_weights:
                raise
            base = PeopleAlpha(options)
            base.load()
            report.matte, report.matte_reason = "people", f"{RVM}'s weights are not to be had"
            report.warn(
                f"The people are found by infer_people, whose masks are coarser than Robust Video "
                f"Matting's: {error}"
            )
            return base
    report.matte, report.matte_reason = "rvm", "RVM's weights were found"
    return base
