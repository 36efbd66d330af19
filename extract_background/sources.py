"""Which frames a plate is made of when they come from files, as the parameters say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from .parameters import Settings
from .plate_estimation import FrameStore, Plate, PlateOptions, estimate_plate
from .plate_estimation.reading import easyvolcap_cameras, store_of_folder, store_of_video


def options_of(settings: Settings) -> PlateOptions:
    names = PlateOptions.__dataclass_fields__
    return PlateOptions(**{name: getattr(settings, name) for name in names})


def reads_files(settings: Settings) -> bool:
    return bool(settings.video_path or settings.frames_folder or settings.easyvolcap_root)


def plate_of_files(settings: Settings, source: str, should_stop: Callable[[], bool]) -> Plate:
    """Estimate from the files that ``settings`` name, or else from the video ``source``.

    Raises:
        FileNotFoundError, ValueError: A file is missing or unusable; the text names it.
    """
    if settings.easyvolcap_root:
        return _plates_of_cameras(settings, should_stop)
    if settings.frames_folder:
        store = _folder(settings, settings.frames_folder, settings.masks_folder or None)
    else:
        store = store_of_video(
            settings.video_path or source,
            settings.alpha_video_path or None,
            max_frames=settings.max_frames,
            stride=settings.stride,
            memory_budget_mb=settings.memory_budget_mb,
            color_matrix=settings.color_matrix,
        )
    return estimate_plate(store, options_of(settings), should_stop)


def _folder(settings: Settings, folder: str | Path, masks: str | Path | None) -> FrameStore:
    return store_of_folder(
        folder,
        masks,
        max_frames=settings.max_frames,
        stride=settings.stride,
        memory_budget_mb=settings.memory_budget_mb,
    )


def _plates_of_cameras(settings: Settings, should_stop: Callable[[], bool]) -> Plate:
    """Every camera's plate as RGBA PNG (alpha: seen at least once); returns the first camera's."""
    if not settings.plates_folder:
        raise ValueError("easyvolcap_root needs plates_folder, where the cameras' plates go")
    cameras = easyvolcap_cameras(settings.easyvolcap_root)
    folder = Path(settings.plates_folder)
    folder.mkdir(parents=True, exist_ok=True)
    first: Plate | None = None
    reports = {}
    for camera, images, masks in cameras:
        store = _folder(settings, images, masks)
        plate = estimate_plate(store, options_of(settings), should_stop)
        reports[camera] = plate.report
        seen = np.where(plate.holes, 0, 255).astype(np.uint8)
        bgra = np.dstack([cv2.cvtColor(plate.background, cv2.COLOR_RGB2BGR), seen])
        part = folder / f".{camera}.part"
        part.write_bytes(cv2.imencode(".png", bgra)[1].tobytes())
        part.replace(folder / f"{camera}.png")
        first = first or plate
    return Plate(
        first.background, first.coverage, first.holes, {**first.report, "cameras": reports}
    )
