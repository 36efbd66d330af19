"""extract_background: time and memory of every method, and how near its plates are to the truth."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from development.benchmarks import measuring
from development.tables import new_table

WIDTH, HEIGHT = 1920, 1080
FRAMES, MANY_FRAMES = 24, 200
PROMISED_MIB = 2e9 / 2**20
PLAIN = "plain alpha mean"
METHODS = ("alpha_mean", "masked_mean", "median", "weighted_median", "robust", "bootstrap", "gmm")
WITHOUT_MATTES = ("median", "bootstrap")

Matted = Iterable[tuple[np.ndarray, np.ndarray]]


def table() -> Table:
    """Each method on pictures of 1920x1080, against AIST++'s alpha mean in numpy."""
    with tempfile.TemporaryDirectory() as folder:
        results = measuring.least(
            "development.benchmarks.plates",
            (PLAIN, *METHODS),
            "seconds",
            clip=_write_clip(folder),
            frames=FRAMES,
        )
    slowest = results[PLAIN]["seconds"]
    return new_table(
        f"plates: {WIDTH}x{HEIGHT} x {FRAMES} frames, one thread",
        ("method", "CPU seconds", "ratio", "peak MiB"),
        [
            (method, f"{r['seconds']:.2f}", f"{r['seconds'] / slowest:.2f}", f"{r['mib']:.0f}")
            for method, r in results.items()
        ],
        caption="from frames to plate, no gain alignment; memory is the whole process's",
    )


def long_table() -> Table:
    """The default method on as many large frames as it takes at most: within 2 GB?"""
    with tempfile.TemporaryDirectory() as folder:
        measured = measuring.in_a_process(
            "development.benchmarks.plates",
            way="robust",
            clip=_write_clip(folder),
            frames=MANY_FRAMES,
            gain_alignment=True,
        )
    return new_table(
        f"robust, gain aligned: {WIDTH}x{HEIGHT} x {MANY_FRAMES} frames",
        ("CPU seconds, one thread", "peak MiB of the process", "promised MiB"),
        [(f"{measured['seconds']:.1f}", f"{measured['mib']:.0f}", f"{PROMISED_MIB:.0f}")],
    )


def accuracy_table() -> Table:
    """AGE of each method on scenes that are hard for it."""
    from development.synthetic.scenes import NAMES, make_scene, metrics

    methods = ("robust", "alpha_mean", "masked_mean", "gmm", *WITHOUT_MATTES)

    def row(name: str) -> Iterator[str]:
        scene = make_scene(name, seed=101)
        yield name
        for method in methods:
            matted = zip(scene.frames, scene.mattes, strict=True)
            plate = _estimate(method, matted, 200, is_aligned=True)
            yield f"{metrics(plate, scene.background)[0]:.2f}"

    title = "plates: AGE on 320x240 x 150 frames, bad mattes (none for the last two)"
    return new_table(title, ("scene", *methods), map(tuple, map(row, NAMES)))


def mixture_table() -> Table:
    """Mixtures of two Gaussians a pixel and channel: ours against a loop over scikit-learn's."""
    from development.synthetic.scenes import make_scene

    frames = make_scene("moving", seed=101).frames
    ours, loop = _fits_a_second(frames), _fits_a_second_of_scikit_learn(frames)
    return new_table(
        "mixtures of two Gaussians, fits a CPU second, one thread each",
        ("scikit-learn's loop", "ours", "ratio"),
        [(f"{loop:.0f}", f"{ours:.0f}", f"{ours / loop:.0f}")],
    )


def _write_clip(folder: str) -> str:
    """Pictures with their mattes as fourth channel, one after another in a file.

    They are drawn here and not in the measured process, whose memory the drawing would raise.
    """
    from development.synthetic.clip import SyntheticClip

    source = SyntheticClip(width=WIDTH, height=HEIGHT, frames=FRAMES)
    path = Path(folder) / "clip.rgba"
    with path.open("wb") as file:
        for index in range(FRAMES):
            image, alpha, _ = source.frame(index)
            np.dstack([image, np.rint(alpha * 255).astype(np.uint8)]).tofile(file)
    return str(path)


def measure(way: str, clip: str, frames: int, *, gain_alignment: bool = False) -> dict:
    """Make a plate in this process, by a method of the plugin or by the plain mean.

    Args:
        way: The method.
        clip: A file of pictures with mattes.
        frames: How many frames to take; after its last one the clip begins again.
        gain_alignment: As in :class:`PlateOptions`.
    """
    if way != PLAIN:
        _warm_up(way)
    start = time.process_time()
    if way == PLAIN:
        _plain_alpha_mean(_read(clip, frames))
    else:
        _estimate(way, _read(clip, frames), frames, is_aligned=gain_alignment)
    return {"seconds": time.process_time() - start, "mib": measuring.peak_mib()}


def _warm_up(way: str) -> None:
    """One thread, everything compiled."""
    import cv2
    from numba.core import config

    from plugin_kit.compiled import THREADS

    cv2.setNumThreads(1)
    config.__dict__[THREADS] = 1
    # Noise is no scene, and the plate's report says so.
    logging.getLogger("extract_background").setLevel(logging.ERROR)
    small = np.random.default_rng(0).integers(0, 255, (6, 48, 64, 4), dtype=np.uint8)
    small[..., 3] = 0
    small[::2, :16, :, 3] = 255
    _estimate(way, ((x[..., :3].copy(), x[..., 3]) for x in small), 6, is_aligned=True)


def _estimate(method: str, pictures: Matted, frames: int, *, is_aligned: bool) -> np.ndarray:
    from extract_background.plate_estimation import FrameStore, PlateOptions, estimate_plate

    store = FrameStore(max_frames=frames)
    for image, matte in pictures:
        store.add(image, None if method in WITHOUT_MATTES else matte)
    options = PlateOptions(method=method, gain_alignment=is_aligned)
    return estimate_plate(store, options).background


def _read(clip: str, frames: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    size = HEIGHT * WIDTH * 4
    for index in range(frames):
        values = np.fromfile(clip, np.uint8, size, offset=index % FRAMES * size)
        picture = values.reshape(HEIGHT, WIDTH, 4)
        yield np.ascontiguousarray(picture[..., :3]), picture[..., 3].copy()


def _plain_alpha_mean(pictures: Matted) -> np.ndarray:
    """As AIST++'s estimate_background writes it: float64, every channel weighted."""
    total: Any = 0.0
    mass: Any = 0.0
    for image, matte in pictures:
        weight = 1 - np.repeat(matte[..., None], 3, axis=2) / 255
        total, mass = total + image * weight, mass + weight
    return (total / (mass + 1e-8)).astype(np.uint8)


def _fits_a_second(frames: np.ndarray) -> float:
    from numba.core import config

    from extract_background.plate_estimation.mixture import heavier_mean
    from plugin_kit.compiled import THREADS

    gains = np.ones((len(frames), 3), np.float32)
    use = np.full(frames.shape[:3], 255, np.uint8)
    heavier_mean(frames[:, :4, :4].copy(), use[:, :4, :4].copy(), gains)
    threads, config.__dict__[THREADS] = config.__dict__[THREADS], 1
    start = time.process_time()
    heavier_mean(frames, use, gains)
    passed = time.process_time() - start
    config.__dict__[THREADS] = threads
    return frames[0].size / passed


def _fits_a_second_of_scikit_learn(frames: np.ndarray) -> float:
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    values = frames[:, 100:108, 100:108].reshape(len(frames), -1)
    start = time.process_time()
    with threadpool_limits(1):
        for column in values.T:
            GaussianMixture(2, random_state=0).fit(column[:, None].astype(float))
    return values.shape[1] / (time.process_time() - start)


if __name__ == "__main__":
    measuring.answer(measure)
