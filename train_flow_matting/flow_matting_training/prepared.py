"""A clip ready to train on: small frames, mattes and flow, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from .clip_files import ClipFiles, pictures_of
from .degrading import degraded
from .flow import DenseFlow, DisFlow, fitted_size, shrunk
from .pictures import as_matte

# A change of what is stored makes old caches useless.
LAYOUT = 1


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
    seed: int = 0,
    is_stopped: Callable[[], bool] = lambda: False,
) -> PreparedClip:
    """Read ``clip`` at ``long_side`` at most, or take it from ``cache`` if its files are the same.

    Raises:
        ValueError: The clip has fewer than two frames, or not as many mattes as frames.
        InterruptedError: ``is_stopped`` said so; nothing is left in the cache.
    """
    folder = Path(cache) / _key(clip, long_side, seed)
    if not folder.is_dir():
        arrays = _read(clip, long_side, is_stopped)
        arrays.setdefault("coarse", _made_coarse(arrays["truth"], clip.name, seed))
        _store(folder, arrays)
    return PreparedClip(
        clip.name, **{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    )


def _read(clip: ClipFiles, long_side: int, is_stopped: Callable[[], bool]) -> dict[str, np.ndarray]:
    flow = DisFlow(long_side)
    frames: list[np.ndarray] = []
    mattes: dict[str, list[np.ndarray]] = {"truth": []}
    if clip.coarse:
        mattes["coarse"] = []
    flows: list[np.ndarray] = []
    sources = [pictures_of(getattr(clip, kind)) for kind in ("original", *mattes)]
    for pictures in zip_longest(*sources):
        if is_stopped():
            raise InterruptedError("stopped while the clips were prepared")
        if any(picture is None for picture in pictures):
            raise ValueError(f"clip {clip.name!r} has not as many mattes as frames")
        size = fitted_size(*pictures[0].shape[:2], long_side)
        frame = shrunk(pictures[0], size)
        flows.append(_flow_to_last(flow, frame, frames))
        frames.append(frame)
        for kind, picture in zip(mattes, pictures[1:], strict=True):
            mattes[kind].append(_as_bytes(as_matte(picture, size[1], size[0])))
    if len(frames) < 2:
        raise ValueError(f"clip {clip.name!r} has {len(frames)} frames; two are needed")
    if len({frame.shape for frame in frames}) > 1:
        raise ValueError(f"clip {clip.name!r} changes its picture size")
    stacked = {kind: np.stack(values) for kind, values in mattes.items()}
    return {"frames": np.stack(frames), "flow": np.stack(flows), **stacked}


def _flow_to_last(flow: DenseFlow, frame: np.ndarray, frames: list[np.ndarray]) -> np.ndarray:
    if not frames or frames[-1].shape != frame.shape:
        return np.zeros((*frame.shape[:2], 2), np.float16)
    return flow(frame, frames[-1]).astype(np.float16)


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
    for name in ARRAYS:
        np.save(part / f"{name}.npy", arrays[name])
    try:
        part.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(part)


def _key(clip: ClipFiles, long_side: int, seed: int) -> str:
    parts = [str(LAYOUT), clip.name, str(long_side), str(seed)]
    for path in clip.files:
        status = path.stat()
        parts.append(f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
