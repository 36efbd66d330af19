"""Which frames a plate is made of when they come from files, as the parameters say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from .parameters import Settings
from .plate_estimation import FrameStore, Plate, PlateOptions, estimate_plate
from .plate_estimation.folders import easyvolcap_cameras, store_of_folder
from .plate_estimation.reading import store_of_video, video_frames

FARTHEST_READING = 3.0


def options_of(settings: Settings) -> PlateOptions:
    names = PlateOptions.__dataclass_fields__
    return PlateOptions(**{name: getattr(settings, name) for name in names})


def reads_files(settings: Settings) -> bool:
    return bool(settings.video_path or settings.frames_folder or settings.easyvolcap_root)


def check_paths(settings: Settings, has_source: bool) -> None:
    """Refuse path parameters that contradict each other or would do nothing.

    Args:
        has_source: Whether the input's own file is read (mode=look_ahead on a video).

    Raises:
        ValueError: The text names the parameters.
    """
    given = [
        name
        for name in ("video_path", "frames_folder", "easyvolcap_root")
        if getattr(settings, name)
    ]
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
    should_stop: Callable[[], bool],
    shown: np.ndarray | None = None,
) -> Plate:
    """Estimate from the files that ``settings`` name, or else from the video ``source``.

    Args:
        shown: The first frame of ``source`` as the workflow decoded it, uint8 RGB (H, W, 3).

    Raises:
        FileNotFoundError, ValueError: A file is missing or unusable; the text names it.
        InterruptedError: ``should_stop`` returned True.
    """
    if settings.easyvolcap_root:
        return _plates_of_cameras(settings, should_stop)
    options = options_of(settings)
    if settings.frames_folder:
        options.method_for(bool(settings.masks_folder))
        store = _folder(settings, settings.frames_folder, settings.masks_folder, should_stop)
        return estimate_plate(store, options, should_stop)
    options.method_for(bool(settings.alpha_video_path))
    matrix, warnings = settings.color_matrix, []
    if shown is not None and not settings.video_path:
        matrix, warnings = matrix_of_workflow(source, settings.color_matrix, shown)
    store = store_of_video(
        settings.video_path or source,
        settings.alpha_video_path or None,
        **_sampling(settings),
        color_matrix=matrix,
        should_stop=should_stop,
    )
    store.warnings += warnings
    return estimate_plate(store, options, should_stop)


def matrix_of_workflow(path: str, wanted: str, shown: np.ndarray) -> tuple[str, list[str]]:
    """The colour matrix that makes ``path`` look as the workflow's own reader shows it.

    That reader may ignore the file's tag; a plate by another matrix would be several levels off
    everywhere in the frames that it is subtracted from.
    """
    distances = {}
    for matrix in ("auto", "601", "709") if wanted == "auto" else (wanted,):
        frames = video_frames(path, matrix)
        first = next(frames)
        frames.close()
        if first.shape != shown.shape:
            return wanted, [
                f"the input is {shown.shape[1]}x{shown.shape[0]}, its file {path} "
                f"{first.shape[1]}x{first.shape[0]}: the plate is made from the file as it is"
            ]
        distances[matrix] = float(np.abs(first.astype(np.int16) - shown).mean())
    best = min(distances, key=distances.get)
    if distances[best] <= FARTHEST_READING:
        return best, []
    return best, [
        f"the input differs from its file {path} by {distances[best]:.1f} levels on average: "
        "something before this task changes it, or it did not begin at its first frame; "
        "mode=streaming makes the plate from the input itself"
    ]


def _sampling(settings: Settings) -> dict[str, int]:
    return {
        "max_frames": settings.max_frames,
        "stride": settings.stride,
        "memory_budget_mb": settings.memory_budget_mb,
    }


def _folder(
    settings: Settings, folder: str | Path, masks: str | Path | None, should_stop: Callable
) -> FrameStore:
    return store_of_folder(folder, masks or None, **_sampling(settings), should_stop=should_stop)


def _plates_of_cameras(settings: Settings, should_stop: Callable[[], bool]) -> Plate:
    """Every camera's plate as RGBA PNG (alpha: seen at least once); returns the first camera's."""
    options = options_of(settings)
    cameras = easyvolcap_cameras(settings.easyvolcap_root, settings.masks_folder or None)
    for camera, _, masks in cameras:
        try:
            options.method_for(masks is not None)
        except ValueError as error:
            raise ValueError(f"camera {camera} of {settings.easyvolcap_root}: {error}") from error
    folder = Path(settings.plates_folder)
    folder.mkdir(parents=True, exist_ok=True)
    first: Plate | None = None
    reports = {}
    for camera, images, masks in cameras:
        store = _folder(settings, images, masks, should_stop)
        plate = estimate_plate(store, options, should_stop)
        reports[camera] = plate.report
        _write_rgba(folder, camera, plate)
        first = first or plate
    report = {**first.report, "cameras": reports}
    return Plate(first.background, first.coverage, first.holes, report)


def _write_rgba(folder: Path, camera: str, plate: Plate) -> None:
    seen = np.where(plate.holes, 0, 255).astype(np.uint8)
    bgra = np.dstack([cv2.cvtColor(plate.background, cv2.COLOR_RGB2BGR), seen])
    part = folder / f".{camera}.part"
    try:
        part.write_bytes(cv2.imencode(".png", bgra)[1].tobytes())
        part.replace(folder / f"{camera}.png")
    finally:
        part.unlink(missing_ok=True)
