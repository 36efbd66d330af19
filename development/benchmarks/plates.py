"""Time and memory of every method of extract_background on pictures of 1920x1080."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from development.benchmarks import measuring
from development.tables import new_table

WIDTH, HEIGHT = 1920, 1080
FRAMES = 24
PLAIN = "plain alpha mean"
METHODS = (
    "alpha_mean",
    "masked_mean",
    "median",
    "weighted_median",
    "robust",
    "bootstrap",
    "gmm",
)
WITHOUT_MATTES = ("median", "bootstrap")


def table() -> Table:
    """Each method against AIST++'s alpha mean in numpy."""
    with tempfile.TemporaryDirectory() as folder:
        clip = write_clip(Path(folder))
        results = measuring.least(
            "development.benchmarks.plates",
            (PLAIN, *METHODS),
            "seconds",
            clip=str(clip),
            frames=FRAMES,
        )
    title = f"plates: {WIDTH}x{HEIGHT} x {FRAMES} frames, one thread"
    table = new_table(title, ("method", "CPU seconds", "ratio", "peak MiB"))
    for method, result in results.items():
        ratio = result["seconds"] / results[PLAIN]["seconds"]
        table.add_row(method, f"{result['seconds']:.2f}", f"{ratio:.2f}", f"{result['mib']:.0f}")
    table.caption = "from frames to plate, no gain alignment; memory is the whole process's"
    return table


def write_clip(folder: Path) -> Path:
    """Pictures with their mattes as fourth channel, one after another in a file.

    They are drawn here and not in the measured process, whose memory the drawing would raise.
    """
    from development.synthetic.clip import SyntheticClip

    source = SyntheticClip(width=WIDTH, height=HEIGHT, frames=FRAMES)
    path = folder / "clip.rgba"
    with path.open("wb") as file:
        for index in range(FRAMES):
            image, alpha, _ = source.frame(index)
            np.dstack([image, np.rint(alpha * 255).astype(np.uint8)]).tofile(file)
    return path


def measure(way: str, clip: str, frames: int, *, gain_alignment: bool = False) -> dict:
    """Make a plate in this process, by a method of the plugin or by the plain mean.

    Args:
        way: The method.
        clip: A file of :func:`write_clip`.
        frames: How many frames to take; after its last one the clip begins again.
        gain_alignment: As in :class:`PlateOptions`.
    """
    if way != PLAIN:
        _use_one_thread()
        _compile(way)
    start = time.process_time()
    if way == PLAIN:
        _plain_alpha_mean(_read(clip, frames))
    else:
        _estimate(way, _read(clip, frames), frames, is_aligned=gain_alignment)
    return {"seconds": time.process_time() - start, "mib": measuring.peak_mib()}


def _use_one_thread() -> None:
    import cv2
    import numba

    cv2.setNumThreads(1)
    numba.set_num_threads(1)


def _compile(way: str) -> None:
    # Noise is no scene, and the plate's report says so.
    logging.getLogger("extract_background").setLevel(logging.ERROR)
    small = np.random.default_rng(0).integers(0, 255, (6, 48, 64, 4), dtype=np.uint8)
    small[..., 3] = 0
    small[::2, :16, :, 3] = 255
    _estimate(way, ((x[..., :3].copy(), x[..., 3]) for x in small), 6, is_aligned=True)


def _estimate(
    method: str,
    pictures: Iterator[tuple[np.ndarray, np.ndarray]],
    frames: int,
    *,
    is_aligned: bool,
) -> None:
    from extract_background.plate_estimation import FrameStore, PlateOptions, estimate_plate

    store = FrameStore(max_frames=frames)
    for image, matte in pictures:
        store.add(image, None if method in WITHOUT_MATTES else matte)
    estimate_plate(store, PlateOptions(method=method, gain_alignment=is_aligned))


def _read(clip: str, frames: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    size = HEIGHT * WIDTH * 4
    for index in range(frames):
        values = np.fromfile(clip, np.uint8, size, offset=index % FRAMES * size)
        picture = values.reshape(HEIGHT, WIDTH, 4)
        yield np.ascontiguousarray(picture[..., :3]), picture[..., 3].copy()


def _plain_alpha_mean(pictures: Iterator[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """As AIST++'s estimate_background writes it: float64, every channel weighted."""
    total: Any = 0.0
    mass: Any = 0.0
    for image, matte in pictures:
        weight = 1 - np.repeat(matte[..., None], 3, axis=2) / 255
        total, mass = total + image * weight, mass + weight
    return (total / (mass + 1e-8)).astype(np.uint8)


if __name__ == "__main__":
    measuring.answer(measure)
