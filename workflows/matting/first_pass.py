"""The first pass: the base alpha of every frame, who is in it, and the plate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from extract_background.plate_estimation import FrameStore, Plate, PlateOptions, estimate_plate
from infer_background_matting.bgm_network.scene import SceneMatch, compare_scene
from plugin_kit.video import Frame
from workflows.matting.base_alpha import KEY_ALPHA, BaseAlpha, PeopleAlpha
from workflows.matting.following import Following
from workflows.matting.job import VideoJob
from workflows.matting.kept import KeptArrays
from workflows.matting.masks import OPAQUE, PeopleFinder
from workflows.matting.wanted import WantedPeople

FRAMES_COMPARED = 12
# Of what people cover in a frame, never seen in a plate of registered frames.
MOST_HOLES = 0.5
# Of a plate's structure. Measured: 0.74 to 0.92 with true plates, up to 0.54 with false ones.
FOUND_AGAIN_WITH_MATTES = 0.6


@dataclass(frozen=True)
class Finders:
    """Who looks at the frames of the first pass, with networks loaded.

    Attributes:
        base: Who makes the base alpha; None: nobody, or ``mattes``, which then have RVM's.
        mattes: Who tells the plate where people are where that is not the base.
        people: Who tells them apart, where some are not wanted; it may be ``base``.
        keeps_alpha: Whether the base is wanted in the second pass too.
    """

    base: BaseAlpha | None = None
    mattes: PeopleFinder | None = None
    people: PeopleAlpha | None = None
    keeps_alpha: bool = True

    @property
    def base_name(self) -> str:
        """rvm, people, file or none."""
        if not self.keeps_alpha:
            return "none"
        return "rvm" if self.base is None else self.base.name


@dataclass
class FirstPass:
    """What the first pass found.

    Attributes:
        alphas: The base alpha of each frame, uint8 (H, W); None where there is no base.
        wanted: Whose alpha is kept; None: everybody's.
        plate: The empty background; None where none was asked for.
        unfit: Why the plate does not fit the video; empty: it does.
        is_wrong: Whether it shows another scene than most frames.
    """

    alphas: KeptArrays | None = None
    wanted: WantedPeople | None = None
    plate: Plate | None = None
    unfit: str = ""
    is_wrong: bool = False

    def close(self) -> None:
        """Let go of what was kept."""
        for kept in (self.alphas, self.wanted):
            if kept is not None:
                kept.close()


def run_first_pass(job: VideoJob, finders: Finders, *, makes_plate: bool) -> FirstPass:
    """Look at every frame once; make the plate of them if asked.

    ``report.empty_masks`` counts the frames in which the mattes show nobody.

    Raises:
        ValueError: ``--people`` means nobody who is there, or ``--alpha`` ends too early.
        RuntimeError: A task failed.
    """
    report = job.report
    store = FrameStore(expected=job.info.frame_count or None)
    times: list[tuple[int, int]] = []
    if finders.base_name == KEY_ALPHA:
        # Its colours go with it, so that it is made in the second pass.
        finders = replace(finders, base=None, keeps_alpha=False)
    result = FirstPass(
        alphas=KeptArrays() if finders.keeps_alpha else None,
        wanted=WantedPeople(job.options.who) if finders.people else None,
    )
    if finders.base is not None:
        finders.base.begin(job.first_frames())
    if finders.people is not None and finders.people is not finders.base:
        finders.people.begin()
    label = "plate" if makes_plate else "people"

    def keep(frame: Frame, alpha: np.ndarray | None, matte: np.ndarray | None) -> None:
        if matte is not None:
            report.empty_masks += not (matte >= OPAQUE).any()
        if result.alphas is not None and alpha is not None:
            result.alphas.append(alpha)
        if makes_plate:
            store.add(frame.image, matte)
            times.append((frame.pts, frame.duration))

    with report.timed(f"pass 1: {label}"):
        with Following() as behind_it:
            for frame in job.frames(label):
                behind_it.do(keep, frame, *_alpha_and_matte(frame.image, finders))
                if result.wanted is not None and finders.people is not None:
                    if finders.people is not finders.base:
                        finders.people(frame.image)
                    assert finders.people.found is not None
                    result.wanted.add(finders.people.found)
            behind_it.wait()
        if result.wanted is not None:
            report.people = result.wanted.choose()
        if makes_plate:
            result.plate = _plate_of(job, store)
            result.unfit, result.is_wrong = judged(store, result.plate)
            report.plate = {**result.plate.report, "unfit": result.unfit}
            job.seen.hold(store, times)
    return result


def _alpha_and_matte(
    image: np.ndarray, finders: Finders
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The base alpha and the plate's matte of a frame, uint8 (H, W) each."""
    alpha = None if finders.base is None else finders.base(image)
    if finders.mattes is None:
        return alpha, alpha
    people = finders.mattes.find(image)
    return (people.alpha if alpha is None else alpha), people.mask


def _plate_of(job: VideoJob, store: FrameStore) -> Plate:
    report = job.report
    if store.has_mattes and report.empty_masks == report.frames:
        # Mattes of nobody would call everybody background.
        store.forget_mattes()
        report.warn(
            f"The masks ({report.matte}) show nobody in any frame, so the plate is made without "
            "them; try another --matte"
        )
    options = PlateOptions(registration="auto")
    with report.timed("of it estimation"), job.progress("estimation") as tell:
        plate = estimate_plate(store, options, progress=tell)
    for warning in plate.report["warnings"]:
        report.warn(warning)
    return plate


def judged(store: FrameStore, plate: Plate) -> tuple[str, bool]:
    """Why ``plate`` does not fit the frames that it was made of, and whether it is quite wrong.

    Mattes that miss people make a plate unlike the frames too, but then its structure is found
    again in them. Of registered frames only plates that fit are made; they tell nothing where
    people never leave, for what is beside them then was hardly seen.
    """
    if plate.moving is not None:
        people = 1 - float(np.mean([weight.mean() for _, weight in store.each()])) / 255
        stays = plate.report["hole_share"] > MOST_HOLES * people
        return ("the camera moves with people who never leave" if stays else ""), False
    if plate.fits and store.has_mattes:
        return "", False
    indices = np.linspace(0, store.count - 1, min(store.count, FRAMES_COMPARED)).astype(int)
    matches = [compare_scene(store.frames[index], plate.background) for index in indices]
    misfits = [match for match in matches if not _is_same(match, has_mattes=store.has_mattes)]
    is_wrong = 2 * len(misfits) > len(matches)
    reasons = []
    if not plate.fits:
        share = plate.report["unlike_share"]
        reasons.append(f"{share:.0%} of the background looks unlike the plate")
    if is_wrong:
        reasons.append(f"in {len(misfits)} of {len(matches)} frames {misfits[0]}")
    if reasons:
        reasons.append("so the camera seems to move")
    if tried := plate.report.get("registration"):
        reasons.append(f"registered frames: {tried}")
    return ", ".join(reasons), is_wrong


def _is_same(match: SceneMatch, *, has_mattes: bool) -> bool:
    # A plate that mattes kept clean shows more of the scene than one that was made without.
    if has_mattes and match.found_again is not None:
        return match.found_again >= FOUND_AGAIN_WITH_MATTES
    return match.is_same_scene
