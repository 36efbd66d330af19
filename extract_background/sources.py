"""Which frames a plate is made of when they come from files, as the parameters say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from .extract_background_kit.easyvolcap import easyvolcap_cameras
from .extract_background_kit.files import prepare_folder
from .extract_background_kit.picture_files import write_picture
from .extract_background_kit.stopping import ShouldStop, never
from .extract_background_kit.video import MatrixMatch, matching_matrix
from .parameters import Settings
from .plate_estimation import FrameStore, Plate, estimate_plate
from .plate_estimation.progress import Progress, silent
from .plate_estimation.reading import store_of_folder, store_of_video


def reads_files(settings: Settings) -> bool:
    return bool(settings.video_path or settings.frames_folder or settings.easyvolcap_root)


def check_paths(settings: Settings, has_source: bool) -> None:
    """Refuse path parameters that contradict each other or would do nothing.

    Args:
        settings: The parameters.
        has_source: Whether the input's own file is read (mode=look_ahead on a video).

    Raises:
        ValueError: The text names the parameters.
    """
    names = ("video_path", "frames_folder", "easyvolcap_root")
    given = [name for name in names if getattr(settings, name)]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} are set: a plate is made from one of them")
    if settings.alpha_video_path and not (settings.video_path or (has_source and not given)):
        raise ValueError(
            "alpha_video_path needs the video that it belongs to: set video_path, or "
            "mode=look_ahead on a video"
        )
    if settings.masks_folder and not (settings.frames_folder or settings.easyvolcap_root):
        raise ValueError(
            "masks_folder needs frames_folder or easyvolcap_root, whose masks it holds"
        )
    if settings.easyvolcap_root and not settings.plates_folder:
        raise ValueError("easyvolcap_root needs plates_folder, where the cameras' plates go")


def files_key(settings: Settings, source: str) -> tuple:
    """What the plate of these files depends on."""
    path = Path(settings.video_path or source)
    state = path.stat() if path.is_file() else None
    return (source, settings, state and (state.st_mtime_ns, state.st_size))


def plate_of_files(
    settings: Settings,
    source: str,
    *,
    shown: np.ndarray | None = None,
    should_stop: ShouldStop = never,
    progress: Progress = silent,
) -> Plate:
    """Estimate from the files that ``settings`` name, or else from the video ``source``.

    Args:
        settings: The parameters.
        source: The input's file, where it is a video.
        shown: The first frame of ``source`` as the workflow decoded it, uint8 RGB (H, W, 3).
        should_stop: Asked between frames and tiles.
        progress: Told the share of the estimation that is done, 0 to 1.

    Raises:
        FileNotFoundError, ValueError: A file is missing or unusable; the text names it.
        Stopped: ``should_stop`` returned True.
    """
    if settings.easyvolcap_root:
        return _plates_of_cameras(settings, should_stop, progress)
    if settings.frames_folder:
        settings.options.method_for(bool(settings.masks_folder))
        masks = settings.masks_folder or None
        store = _store_of_folder(settings.frames_folder, masks, settings, should_stop)
        return estimate_plate(store, settings.options, should_stop, progress)
    settings.options.method_for(bool(settings.alpha_video_path))
    matrix, difference = settings.color_matrix, ""
    if shown is not None and not settings.video_path:
        match = matching_matrix(source, settings.color_matrix, shown)
        matrix, difference = match.color_matrix, _difference(match, source, shown)
    store = store_of_video(
        settings.video_path or source,
        settings.alpha_video_path or None,
        sampling=settings.sampling,
        color_matrix=matrix,
        should_stop=should_stop,
    )
    if difference:
        store.warn(difference)
    return estimate_plate(store, settings.options, should_stop, progress)


def _difference(match: MatrixMatch, path: str, shown: np.ndarray) -> str:
    """How the first frame of ``path`` differs from what the workflow shows; empty: not at all."""
    if not match.has_same_size:
        return (
            f"the input is {shown.shape[1]}x{shown.shape[0]}, its file {path} "
            f"{match.width}x{match.height}: the plate is made from the file as it is"
        )
    if match.is_same_picture:
        return ""
    return (
        f"the input differs from its file {path} by {match.distance:.1f} levels on average: "
        "something before this task changes it, or it did not begin at its first frame; "
        "mode=streaming makes the plate from the input itself"
    )


def _store_of_folder(
    folder: str | Path, masks: str | Path | None, settings: Settings, should_stop: ShouldStop
) -> FrameStore:
    return store_of_folder(folder, masks, sampling=settings.sampling, should_stop=should_stop)


def _plates_of_cameras(settings: Settings, should_stop: ShouldStop, progress: Progress) -> Plate:
    """Every camera's plate as RGBA PNG (alpha: seen at least once); returns the first camera's."""
    root, folder = settings.easyvolcap_root, Path(settings.plates_folder)
    cameras = easyvolcap_cameras(root, settings.masks_folder or None)
    for camera in cameras:
        try:
            settings.options.method_for(camera.masks is not None)
        except ValueError as error:
            raise ValueError(f"camera {camera.name} of {root}: {error}") from error
    prepare_folder(folder, "plates_folder")
    first, reports = None, {}
    for number, camera in enumerate(cameras):
        store = _store_of_folder(camera.images, camera.masks, settings, should_stop)

        def tell(share: float, before: int = number) -> None:
            progress((before + share) / len(cameras))

        plate = estimate_plate(store, settings.options, should_stop, tell)
        seen = np.where(plate.holes, 0, 255).astype(np.uint8)
        write_picture(folder / f"{camera.name}.png", np.dstack([plate.background, seen]))
        first = first or plate
        reports[camera.name] = plate.report
    assert first is not None, "easyvolcap_cameras finds one at least"
    return replace(first, report={**first.report, "cameras": reports})
