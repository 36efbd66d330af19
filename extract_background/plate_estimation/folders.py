"""Frames and masks from folders of pictures, in natural order."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from .pictures import as_rgb
from .reading import stride_for
from .store import FrameStore
from .tiling import check

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}
COLOURS = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
MASK_FOLDERS = ("mask", "masks", "msk", "bgmt")


def folder_pictures(folder: str | Path) -> list[Path]:
    """The pictures of a folder in natural order (frame 10 after frame 9).

    Raises:
        FileNotFoundError: The folder does not exist or holds no picture.
    """
    folder = Path(folder)
    found = [p for p in folder.glob("*") if p.suffix.lower() in PICTURES]
    if not found:
        raise FileNotFoundError(f"the folder {folder} does not exist or holds no picture")
    return sorted(found, key=natural_key)


def natural_key(path: Path) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]


def read_picture(path: Path, flags: int = COLOURS) -> np.ndarray:
    """Read uint8 RGB (H, W, 3), or grey (H, W) with ``IMREAD_GRAYSCALE``.

    Raises:
        ValueError: The file cannot be decoded.
    """
    image = cv2.imdecode(np.fromfile(path, np.uint8), flags)
    if image is None:
        raise ValueError(f"{path} cannot be decoded as a picture")
    return as_rgb(np.ascontiguousarray(image[..., ::-1])) if image.ndim == 3 else image


def store_of_folder(
    folder: str | Path,
    masks: str | Path | None = None,
    *,
    max_frames: int = 200,
    stride: int = 1,
    memory_budget_mb: int = 1024,
    should_stop: Callable[[], bool] = lambda: False,
) -> FrameStore:
    """Sample a folder of pictures; masks are paired by name without suffix.

    Raises:
        FileNotFoundError: The folder holds no picture, or a picture has no mask.
        ValueError: A picture cannot be decoded, or has another size than the first.
        InterruptedError: ``should_stop`` returned True.
    """
    pictures = folder_pictures(folder)
    by_stem = {p.stem: p for p in folder_pictures(masks)} if masks else {}
    every = stride_for(len(pictures), max_frames, stride)
    chosen = pictures[::every]
    without = [p.name for p in chosen if masks and p.stem not in by_stem]
    if without:
        raise FileNotFoundError(f"{without[0]} has no mask of that name in {masks}")
    store = FrameStore(max(2, len(chosen)), 1, memory_budget_mb)
    for path in chosen:
        check(should_stop)
        matte = read_picture(by_stem[path.stem], cv2.IMREAD_GRAYSCALE) if masks else None
        try:
            store.add(read_picture(path), matte)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    store.offered, store.stride = len(pictures), every
    return store


def easyvolcap_cameras(
    root: str | Path, masks: str | Path | None = None
) -> list[tuple[str, Path, Path | None]]:
    """(camera, folder of images, folder of masks or None) of an EasyVolcap data root.

    Args:
        root: Holds ``images/<camera>`` and may hold ``mask/<camera>``.
        masks: Holds one folder of masks a camera, instead of ``root``.

    Raises:
        FileNotFoundError: ``root`` has no ``images/<camera>`` folders, or ``masks`` lacks one.
    """
    root = Path(root)
    cameras = [p for p in (root / "images").glob("*") if p.is_dir()]
    if not cameras:
        raise FileNotFoundError(f"{root} is no EasyVolcap root: it has no images/<camera> folders")
    rows = []
    for camera in sorted(cameras, key=natural_key):
        folders = [Path(masks)] if masks else [root / name for name in MASK_FOLDERS]
        found = next((p for f in folders if (p := f / camera.name).is_dir()), None)
        if masks and found is None:
            raise FileNotFoundError(f"masks_folder has no {folders[0] / camera.name} for {camera}")
        rows.append((camera.name, camera, found))
    return rows
