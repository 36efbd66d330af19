"""Temporal refinement on the synthetic clips: error and time of each way.

``python -m benchmarks.flow_matting --seeds 10`` prints instead how far the gain spreads over clips
of other seeds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.flow_scenes import CLIPS, FRAMES, FlowScene, make_flow_scene
from infer_flow_matting.flow_matting_engine import refine_clip
from plugin_kit.flow.matte_metrics import MatteScore, score_clip

HEADER = ("clip", "matte", "MAD", "MSE", "dtSSD", "Dice", "MSE less", "dtSSD less", "ms/frame")


def without_flow(scene: FlowScene) -> np.ndarray:
    """The median of each frame's matte and its neighbours', where they stand."""
    padded = np.concatenate([scene.coarse[:1], scene.coarse, scene.coarse[-1:]])
    return np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)


def rows(name: str, seed: int = 0) -> Iterator[tuple[str, ...]]:
    """The table's lines for one clip, the coarse matte first."""
    scene = make_flow_scene(name, seed)
    coarse = score_clip(scene.coarse, scene.truth)
    yield _row(name, "coarse", coarse, coarse, 0)
    start = time.perf_counter()
    still = score_clip(without_flow(scene), scene.truth)
    yield _row(name, "median, no flow", still, coarse, time.perf_counter() - start)
    for method in ("causal", "median"):
        start = time.perf_counter()
        alphas = np.stack([r.alpha for r in refine_clip(scene.frames, scene.coarse, method)])
        seconds = time.perf_counter() - start
        yield _row(name, f"flow, {method}", score_clip(alphas, scene.truth), coarse, seconds)


def flow_table() -> Table:
    """All clips' lines under :data:`HEADER`."""
    table = Table(title="refined mattes: 320x240 x 60 frames, MAD and MSE x1000, dtSSD x100")
    for column in HEADER:
        table.add_column(column, justify="left" if column in HEADER[:2] else "right")
    for name in CLIPS:
        for row in rows(name):
            table.add_row(*row)
    return table


def spread_table(seeds: int) -> Table:
    """Least, mean and most of what refining takes off, over the clips of the first seeds."""
    table = Table(
        title=f"flow, median: what it takes off the coarse matte, least mean most of {seeds}"
    )
    for column in ("clip", "MSE less", "dtSSD less"):
        table.add_column(column)
    for name in CLIPS:
        gains = np.array([_gain(name, seed) for seed in range(seeds)]).T
        table.add_row(name, *(f"{g.min():.0%} {g.mean():.0%} {g.max():.0%}" for g in gains))
    return table


def _gain(name: str, seed: int) -> tuple[float, float]:
    """Shares of MSE and dtSSD that are gone."""
    scene = make_flow_scene(name, seed)
    alphas = np.stack([r.alpha for r in refine_clip(scene.frames, scene.coarse)])
    coarse, refined = (score_clip(a, scene.truth) for a in (scene.coarse, alphas))
    return 1 - refined.mse / coarse.mse, 1 - refined.dtssd / coarse.dtssd


def _row(
    clip: str, matte: str, score: MatteScore, coarse: MatteScore, seconds: float
) -> tuple[str, ...]:
    return (
        clip,
        matte,
        f"{score.mad:.2f}",
        f"{score.mse:.2f}",
        f"{score.dtssd:.2f}",
        f"{score.dice:.4f}",
        f"{1 - score.mse / coarse.mse:.0%}",
        f"{1 - score.dtssd / coarse.dtssd:.0%}",
        f"{seconds * 1000 / FRAMES:.0f}" if seconds else "",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flow_matting")
    parser.add_argument("--seeds", type=int, metavar="N", help="show the spread over N seeds")
    seeds = parser.parse_args().seeds
    Console(width=110).print(spread_table(seeds) if seeds else flow_table())
