"""A clip ready to train on: small frames, mattes and flow, computed once and kept on disk.

True mattes are made imperfect where a data set has no coarse ones to correct.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import cv2
import numpy as np

from ..train_flow_matting_kit.files import FileError
from ..train_flow_matting_kit.flow.dense_flow import DisFlow, downscaled
from ..train_flow_matting_kit.pictures import as_alpha, size_within
from ..train_flow_matting_kit.stopping import ShouldStop, check_stop, never
from .clip_files import ClipFiles, pictures_of

# A change of what is stored makes old caches useless.
LAYOUT = 1
CACHE_REMEDY = "delete its folder, which is made anew"
LOST_SHARE = 0.15
# Shares of the long side.
EDGE_BLUR = (0.002, 0.01)
LOST_RADIUS = (0.03, 0.08)
EXTRA_RADIUS = (0.015, 0.04)


@dataclass(frozen=True)
class PreparedClip:
    """Arrays of N frames, mapped from disk.

    Attributes:
        name: The clip's.
        frames: uint8 RGB (N, H, W, 3).
        truth, coarse: uint8 (N, H, W), white inside.
        flow: float16 (N, H, W, 2), from each frame to the one before; 0 at the first.
    """

    name: str
    frames: np.ndarray
    truth: np.ndarray
    coarse: np.ndarray
    flow: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def long_side(self) -> int:
        return max(self.frames.shape[1:3])


ARRAYS = ("frames", "truth", "coarse", "flow")


def prepare_clip(
    clip: ClipFiles,
    cache: str | Path,
    long_side: int,
    *,
    seed: int = 0,
    should_stop: ShouldStop = never,
) -> PreparedClip:
    """Read ``clip`` at ``long_side`` at most, or take it from ``cache`` if its files are the same.

    Raises:
        ValueError: The clip has fewer than two frames, or not as many mattes as frames.
        FileError: What the cache holds is damaged.
        Stopped: ``should_stop`` said so; nothing is left in the cache.
    """
    folder = Path(cache) / _key(clip, long_side, seed)
    if not folder.is_dir():
        arrays = _read(clip, long_side, should_stop)
        arrays["flow"] = _flow(arrays["frames"], should_stop)
        if not clip.coarse:
            arrays["coarse"] = _made_coarse(arrays["truth"], clip.name, seed)
        _store(folder, arrays)
    arrays = {name: _mapped(folder / f"{name}.npy") for name in ARRAYS}
    if len({array.shape[:3] for array in arrays.values()}) > 1:
        raise FileError(folder, "is damaged: its arrays do not belong together", CACHE_REMEDY)
    return PreparedClip(clip.name, **arrays)


def _mapped(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    # numpy meets damaged files with errors of any kind.
    except Exception as error:
        raise FileError(path, f"is damaged ({error})", CACHE_REMEDY) from error


def _read(clip: ClipFiles, long_side: int, should_stop: ShouldStop) -> dict[str, np.ndarray]:
    mattes = {"truth": clip.truth, "coarse": clip.coarse} if clip.coarse else {"truth": clip.truth}
    read: dict[str, list[np.ndarray]] = {kind: [] for kind in ("frames", *mattes)}
    sources = (pictures_of(files) for files in (clip.original, *mattes.values()))
    for pictures in zip_longest(*sources):
        check_stop(should_stop, "preparing the clips")
        if any(picture is None for picture in pictures):
            raise ValueError(f"clip {clip.name!r} has not as many mattes as frames")
        picture = pictures[0]
        width, height = size_within(picture.shape, long_side)
        read["frames"].append(downscaled(picture, (width, height)))
        for kind, matte in zip(mattes, pictures[1:], strict=True):
            read[kind].append(_as_bytes(as_alpha(matte, height, width)))
    frames = read["frames"]
    if len(frames) < 2:
        raise ValueError(f"clip {clip.name!r} has {len(frames)} frames; two are needed")
    if len({frame.shape for frame in frames}) > 1:
        raise ValueError(f"clip {clip.name!r} changes its picture size")
    return {kind: np.stack(pictures) for kind, pictures in read.items()}


def _flow(frames: np.ndarray, should_stop: ShouldStop) -> np.ndarray:
    """From each frame to the one before, float16 (N, H, W, 2); 0 at the first."""
    dense_flow = DisFlow(max(frames.shape[1:3]))
    flow = np.zeros((*frames.shape[:3], 2), np.float16)
    for index in range(1, len(frames)):
        check_stop(should_stop, "preparing the clips")
        flow[index] = dense_flow(frames[index], frames[index - 1])
    return flow


def _made_coarse(truth: np.ndarray, name: str, seed: int) -> np.ndarray:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    mattes = degraded(truth.astype(np.float32) / 255, np.random.default_rng((seed, number)))
    return _as_bytes(mattes)


def _as_bytes(mattes: np.ndarray) -> np.ndarray:
    return np.rint(mattes * 255).astype(np.uint8)


def _store(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    """All or nothing: another run may look for the folder at any moment."""
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    part.mkdir(parents=True, exist_ok=True)
    try:
        for name in ARRAYS:
            np.save(part / f"{name}.npy", arrays[name])
        part.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _key(clip: ClipFiles, long_side: int, seed: int) -> str:
    parts = [str(LAYOUT), clip.name, str(long_side), str(seed)]
    for path in clip.files:
        status = path.stat()
        parts.append(f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def degraded(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A clip's mattes, float32 (N, H, W) in 0..1, as a careless network might give them.

    The edge is blurred, one false positive never moves, and 15 % of the frames lose a disc.
    """
    long_side = max(truth.shape[1:])
    sigma = rng.uniform(*EDGE_BLUR) * long_side
    extra = _disc_of(rng, truth.shape[1:], EXTRA_RADIUS, long_side)
    result = np.empty(truth.shape, np.float32)
    for index, matte in enumerate(truth):
        alpha = cv2.GaussianBlur(matte.astype(np.float32), (0, 0), sigma)
        inside = np.argwhere(matte > 0.5)
        if len(inside) and rng.random() < LOST_SHARE:
            y, x = rng.choice(inside)
            radius = round(rng.uniform(*LOST_RADIUS) * long_side)
            cv2.circle(alpha, (int(x), int(y)), radius, 0.0, -1, cv2.LINE_AA)
        cv2.circle(alpha, *extra, 1.0, -1, cv2.LINE_AA)
        result[index] = np.clip(alpha, 0, 1)
    return result


def _disc_of(
    rng: np.random.Generator, shape: tuple[int, ...], radii: tuple[float, float], long_side: int
) -> tuple[tuple[int, int], int]:
    y, x = (int(rng.integers(0, side)) for side in shape)
    return (x, y), max(1, round(rng.uniform(*radii) * long_side))
