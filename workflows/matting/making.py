"""How the alpha of one video is made: who looks at it, what the plate is worth, and what follows.

Everything that is decided is said in the report, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from extract_background.plate_estimation import Plate
from plugin_kit.video import count_frames
from workflows.matting.alphas import (
    AlphaSource,
    BackgroundNetwork,
    BaseOnly,
    Fused,
    PlateOnly,
    Wanted,
    fusion_options,
)
from workflows.matting.base_alpha import (
    BASES,
    AlphaFile,
    BaseAlpha,
    KeyAlpha,
    PeopleAlpha,
    choose_base,
)
from workflows.matting.first_pass import Finders, FirstPass, run_first_pass
from workflows.matting.job import VideoJob
from workflows.matting.masks import choose_finder
from workflows.matting.method import METHODS, Method
from workflows.matting.options import ChainOptions
from workflows.matting.report import BASE_WORDS, ChainReport

MASKS_OF_PARSING = ("parsing", "rvm+parsing")
NO_ONE = "nobody tells where people are, so background matting's alpha is all there is"


@dataclass
class AlphaMaker:
    """Makes the alpha of ``job``'s video; networks are loaded already.

    Attributes:
        finders: Who looks at the frames.
        network: Background matting; None where no plate is wanted.
        given: The plate that the user gave.
    """

    job: VideoJob
    finders: Finders
    network: BackgroundNetwork | None
    given: Plate | None = None
    first: FirstPass = field(default_factory=FirstPass)

    @property
    def method(self) -> Method:
        return METHODS[self.job.options.method]

    def alphas(self) -> tuple[AlphaSource, Plate | None]:
        """What makes each frame's alpha, and the plate where one was made.

        Raises:
            ValueError: ``--people`` means nobody who is there, or ``--alpha`` ends too early.
            RuntimeError: A task failed, or a plate that does not fit is all there is.
        """
        makes_plate = self.network is not None and self.given is None
        knows_nobody = self.finders.base is None or self.finders.base.name == "people"
        if makes_plate or self.finders.people or (self.finders.keeps_alpha and knows_nobody):
            self.first = run_first_pass(self.job, self.finders, makes_plate=makes_plate)
        source = self._source(self.given or self.first.plate)
        if self.first.wanted is not None:
            source = Wanted(source, self.first)
        return source, self.first.plate

    def tell(self) -> None:
        """Put into the report what those who looked at the frames noticed."""
        if isinstance(self.finders.base, KeyAlpha):
            for warning in self.finders.base.warnings:
                self.job.report.warn(warning)

    def close(self) -> None:
        """Let go of what was kept between the passes."""
        self.first.close()
        self.job.seen.close()

    def _source(self, plate: Plate | None) -> AlphaSource:
        made = self.job.report.alpha
        made["base"] = self.finders.base_name
        if self.network is None:
            made["way"], made["reason"] = "base", f"--method {self.job.options.method}"
            return BaseOnly(self.finders.base, self.first, self.job)
        assert plate is not None
        if not self.finders.keeps_alpha:
            asked = self.method.plate == "alone"
            reason = f"--method {self.job.options.method}" if asked else NO_ONE
            return self._plate_only(plate, reason)
        if self._shows_nobody():
            words = BASE_WORDS[self.finders.base_name]
            made["base"] = "none"
            return self._plate_only(plate, f"{words} show nobody in any frame")
        base = BaseOnly(self.finders.base, self.first, self.job)
        if self.first.unfit:
            made["way"], made["reason"] = "base", self.first.unfit
            return base
        kind = "the plate of each frame" if plate.moving else "the plate"
        made["way"], made["reason"] = "fused", f"{kind} fits the video"
        if self.given is not None:
            made["reason"] = "the plate was given"
        options = fusion_options(self.job.report.weights, self.finders.base_name)
        return Fused(base, self.network, plate, options)

    def _shows_nobody(self) -> bool:
        """Whether a network's base is empty throughout."""
        report = self.job.report
        is_known = self.first.alphas is not None and self.finders.base_name != "file"
        return is_known and report.empty_masks == report.frames

    def _plate_only(self, plate: Plate, reason: str) -> AlphaSource:
        """Background matting alone.

        Raises:
            RuntimeError: The plate was made, and does not fit the video.
        """
        assert self.network is not None
        self.job.report.alpha |= {"way": "background", "reason": reason}
        if self.first.unfit:
            self.job.report.warn(f"The plate may be wrong: {self.first.unfit}")
        if self.first.is_wrong:
            raise RuntimeError(
                f"{self.job.info.path}: the plate does not look like the video "
                f"({self.first.unfit}), and background matting needs a fixed camera. Use --method "
                "auto with Robust Video Matting's weights (--rvm-weights) or --matte people, give "
                "a matte (--alpha), or the empty scene (--plate)."
            )
        return PlateOnly(self.network, plate)


def choose_maker(job: VideoJob, given: np.ndarray | None) -> AlphaMaker:
    """Choose who looks at the video, and load their networks.

    Args:
        job: The video, and what is asked for.
        given: The empty scene, uint8 RGB, where the user has it.

    Raises:
        RuntimeError: A network cannot be had.
        ValueError, FileNotFoundError: ``--alpha`` cannot be used.
    """
    options, report = job.options, job.report
    report.method = options.method
    finders = _finders(options, report, has_plate=given is not None)
    if isinstance(finders.base, AlphaFile):
        assert options.alpha
        # Containers that promise no number of frames are counted: their packets are not decoded.
        frames = job.info.stored.frame_count or count_frames(job.info.path)
        if text := finders.base.check(frames):
            report.warn(text)
        finders.base.follow(job.companion(options.alpha), job.clock)
    network = None
    if METHODS[options.method].plate != "none":
        network = BackgroundNetwork(options)
        with report.timed("load networks"):
            network.load()
        report.weights = options.weights
    report.stabilised = options.is_stabilised
    plate = None
    if given is not None:
        plate = Plate.of_picture(given, (job.info.height, job.info.width))
        report.plate = {"source": str(options.plate)}
    return AlphaMaker(job, finders, network, plate)


def _finders(options: ChainOptions, report: ChainReport, *, has_plate: bool) -> Finders:
    method, matte = METHODS[options.method], options.matte
    finders = Finders(
        keeps_alpha=method.base == "key"
        or (method.base != "none" and (matte != "none" or bool(options.alpha)))
    )
    if method.base == "none" and has_plate:
        report.matte_reason = "the plate was given"
    elif matte == "none" and not options.alpha and method.base != "key":
        report.matte, report.matte_reason = "none", "it was asked for"
    elif matte in MASKS_OF_PARSING:
        finders = _with_parsing(finders, options, report)
    else:
        wanted = method.base if method.base in BASES else matte
        finders = replace(finders, base=choose_base(options, report, wanted))
    if options.who == "all":
        return finders
    people = finders.base
    if not isinstance(people, PeopleAlpha):
        people = PeopleAlpha(options)
        people.load()
    return replace(finders, people=people)


def _with_parsing(finders: Finders, options: ChainOptions, report: ChainReport) -> Finders:
    """Human parsing's masks for the plate; the base is RVM's alpha, or infer_people's masks."""
    base: BaseAlpha | None = None
    if finders.keeps_alpha and options.matte == "parsing":
        base = choose_base(options, report)
    return replace(finders, base=base, mattes=choose_finder(options, report))
