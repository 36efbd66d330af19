"""Left and right exchanged in long bursts before four views: what is repaired, what is warned of.

Twenty captures a level, 100 frames at 30 a second, with the bursts of
``development/synthetic/exchanges.py`` instead of the studio's own; beside them the same captures
without any burst, which no repair can better.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from rich.table import Table
from threadpoolctl import threadpool_limits

from development.benchmarks import measuring
from development.synthetic.capture import HARD, TYPICAL, detect, stick_dancer, studio
from development.synthetic.exchanges import exchange_sides
from development.tables import new_table

SEEDS = range(7000, 7020)
FRAMES, FPS, VIEWS = 100, 30, (1, 3, 5, 7)
LEVELS = {"typical": TYPICAL, "hard": HARD}
# Chance of each other view to have a burst too.
TOGETHER = 0.3
POOR = 3.0


def table() -> Table:
    """Mean error of the captures, and how many are poor with and without a warning."""
    rows = []
    for level in LEVELS:
        for repair in (True, False):
            r = measuring.in_a_process(
                "development.benchmarks.left_right", level=level, repair=repair
            )
            own = (f"{r['mean']:.2f}", f"{r['worst']:.1f}", r["poor"], r["unwarned"], r["warned"])
            shown = (str(value) for value in own)
            bound = f"{r['bound']:.2f}"
            rows.append((level, "yes" if repair else "no", bound, *shown, f"{r['cpu']:.2f}"))
    return new_table(
        f"left and right in bursts, 4 views, {FRAMES} frames at {FPS}/s, seeds {SEEDS[0]} to "
        f"{SEEDS[-1]}: mean error of a capture",
        ("capture", "repair", "no bursts, cm", "mean cm", "worst cm", f"above {POOR:.0f} cm",
         "of these unwarned", "warned", "CPU s"),
        rows,
        words=2,
    )  # fmt: skip


def measure(level: str, repair: bool) -> dict:
    """All captures of one level."""
    from infer_multiview_triangulation.multiview_geometry import SKELETONS, Options, reconstruct

    options, skeleton = Options(repair_swaps=repair), SKELETONS["coco17"]
    errors, bounds, warned, seconds = [], [], [], []
    with threadpool_limits(1):
        for seed in SEEDS:
            points = stick_dancer(FRAMES, fps=FPS, seed=seed)
            cameras = studio(VIEWS, seed=seed)
            faults = replace(LEVELS[level], swaps=0)
            clean = detect(points, cameras, "coco17", faults, seed)
            seen, _ = exchange_sides(
                clean, "coco17", share=LEVELS[level].swaps, together=TOGETHER, seed=seed
            )
            start = time.process_time()
            found = reconstruct(seen[:, :, None], cameras, skeleton, options, fps=FPS)
            seconds.append(time.process_time() - start)
            best = reconstruct(clean[:, :, None], cameras, skeleton, options, fps=FPS)
            for result, off in ((found, errors), (best, bounds)):
                distances = np.linalg.norm(result.keypoints3d_optim - points, axis=-1)
                off.append(float(np.nanmean(distances)))
            warned.append(any("left and right" in text for text in found.quality["warnings"]))
    poor = np.array(errors) > POOR
    return {
        "mean": float(np.mean(errors)),
        "worst": max(errors),
        "bound": float(np.mean(bounds)),
        "poor": int(poor.sum()),
        "unwarned": int((poor & ~np.array(warned)).sum()),
        "warned": int(np.sum(warned)),
        "cpu": float(np.mean(seconds)),
    }


if __name__ == "__main__":
    measuring.answer(measure)
