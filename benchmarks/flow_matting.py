"""Temporal refinement on the synthetic clips: error and time of each way."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.flow_scenes import CLIPS, FRAMES, FlowScene, make_flow_scene
from infer_flow_matting.flow_matting_engine import MatteScore, refine_clip, score_clip

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
    Console(width=110).print(flow_table())
