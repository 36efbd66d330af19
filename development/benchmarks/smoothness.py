"""The weight of smoothness that the data choose, against fixed ones and none.

Sharp corners of a waved board and people seen by detectors of several kinds; seeds that nothing was
tuned on.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from rich.table import Table
from threadpoolctl import threadpool_limits

from development.benchmarks import measuring
from development.synthetic.board import waved_board
from development.synthetic.capture import (
    HARD,
    NOISE,
    TYPICAL,
    Faults,
    detect_points,
    stick_dancer,
    studio,
)
from development.tables import new_table

SEEDS = range(7100, 7103)
FRAMES = 200
LEVELS = {
    "board, 0.4 px": Faults(0.4, missing=0.2),
    "noise": NOISE,
    "typical": TYPICAL,
    "hard": HARD,
    "typical, AR(0.97)": replace(TYPICAL, memory=0.97),
}
SETTINGS = {"0.1": 0.1, "1": 1.0, "10": 10.0, "auto": "auto"}
FOUR, NINE = (1, 3, 5, 7), tuple(range(1, 10))


def table() -> Table:
    """Mean errors in centimetres."""
    rows = []
    for views in (FOUR, NINE):
        for level in LEVELS:
            r = measuring.in_a_process(
                "development.benchmarks.smoothness", level=level, views=views
            )
            errors = (f"{r[name]:.3f}" for name in ("frames", *SETTINGS))
            rows.append(
                (level, str(len(views)), *errors, f"{r['chosen']:.3g}", f"{r['extra']:.1f}")
            )
    return new_table(
        f"weight of smoothness, {FRAMES} frames at 60/s, seeds {SEEDS[0]} to {SEEDS[-1]}: "
        "mean error in cm",
        ("capture", "views", "frame by frame", *SETTINGS, "chosen", "its CPU s"),
        rows,
        words=1,
    )


def measure(level: str, views: list[int]) -> dict:
    """One level by all settings."""
    from infer_multiview_triangulation.multiview_geometry import (
        SKELETONS,
        Options,
        reconstruct,
        skeleton_of,
    )

    is_board = level.startswith("board")
    off: dict[str, list[float]] = {name: [] for name in ("frames", *SETTINGS)}
    chosen, seconds = [], dict.fromkeys(SETTINGS, 0.0)
    with threadpool_limits(1):
        for seed in SEEDS:
            cameras = studio(views, seed=seed)
            points = waved_board(FRAMES, 60, seed) if is_board else stick_dancer(FRAMES, seed=seed)
            skeleton = skeleton_of("auto", points.shape[1]) if is_board else SKELETONS["coco17"]
            seen = detect_points(points, cameras, skeleton, LEVELS[level], seed)
            for name, smooth in SETTINGS.items():
                start = time.process_time()
                found = reconstruct(seen[:, :, None], cameras, skeleton, Options(smooth=smooth))
                seconds[name] += time.process_time() - start
                known = np.isfinite(found.keypoints3d[..., 0])
                distances = np.linalg.norm(found.keypoints3d_optim - points, axis=-1)
                off[name].append(float(np.nanmean(distances[known])))
                if name == "auto":
                    single = np.linalg.norm(found.keypoints3d - points, axis=-1)
                    off["frames"].append(float(np.nanmean(single[known])))
                    chosen.append(found.quality["smooth"])
    means = {name: float(np.mean(errors)) for name, errors in off.items()}
    extra = (seconds["auto"] - seconds["1"]) / len(SEEDS)
    return means | {"chosen": float(np.median(chosen)), "extra": extra}


if __name__ == "__main__":
    measuring.answer(measure)
