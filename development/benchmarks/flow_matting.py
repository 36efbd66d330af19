"""Temporal refinement on the synthetic clips: error and time of each way.

``python -m development.benchmarks.flow_matting --seeds 10`` prints instead how far the gain spreads
over clips of other seeds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
from rich.console import Console
from rich.table import Table

from development.synthetic.scenes import CLIP_FRAMES, CLIPS, FlowScene, make_flow_scene
from development.tables import new_table
from infer_flow_matting.flow_matting_engine import refine_clip
from infer_flow_matting.flow_matting_engine.refining import Method
from plugin_kit.flow.matte_metrics import score_clip

HEADER = ("clip", "matte", "MAD", "MSE", "dtSSD", "Dice", "MSE less", "dtSSD less", "ms/frame")


def without_flow(scene: FlowScene) -> np.ndarray:
    """The median of each frame's matte and its neighbours', where they stand."""
    padded = np.concatenate([scene.coarse[:1], scene.coarse, scene.coarse[-1:]])
    return np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)


def with_flow(scene: FlowScene, method: Method = "median") -> np.ndarray:
    """The mattes (N, H, W) as the engine refines them."""
    return np.stack([r.alpha for r in refine_clip(scene.frames, scene.coarse, method)])


WAYS: dict[str, Callable[[FlowScene], np.ndarray]] = {
    "coarse": lambda scene: scene.coarse,
    "median, no flow": without_flow,
    "flow, causal": lambda scene: with_flow(scene, "causal"),
    "flow, median": with_flow,
}


def rows(name: str, seed: int = 0) -> Iterator[tuple[str, ...]]:
    """The table's lines for one clip under :data:`HEADER`, the coarse matte first."""
    scene = make_flow_scene(name, seed)
    coarse = score_clip(scene.coarse, scene.truth)
    for matte, way in WAYS.items():
        start = time.perf_counter()
        alphas = way(scene)
        passed = time.perf_counter() - start
        score = score_clip(alphas, scene.truth)
        yield (
            name,
            matte,
            f"{score.mad:.2f}",
            f"{score.mse:.2f}",
            f"{score.dtssd:.2f}",
            f"{score.dice:.4f}",
            f"{1 - score.mse / coarse.mse:.0%}",
            f"{1 - score.dtssd / coarse.dtssd:.0%}",
            f"{passed * 1000 / CLIP_FRAMES:.0f}" if matte != "coarse" else "",
        )


def flow_table() -> Table:
    """All clips' lines."""
    title = "refined mattes: 320x240 x 60 frames, MAD and MSE x1000, dtSSD x100"
    return new_table(title, HEADER, (row for name in CLIPS for row in rows(name)), words=2)


def spread_table(seeds: int) -> Table:
    """Least, mean and most of what refining takes off, over the clips of the first seeds."""
    title = f"flow, median: what it takes off the coarse matte, least mean most of {seeds}"
    gains = {name: np.array([_gain(name, seed) for seed in range(seeds)]).T for name in CLIPS}
    lines = (
        (name, *(f"{g.min():.0%} {g.mean():.0%} {g.max():.0%}" for g in both))
        for name, both in gains.items()
    )
    return new_table(title, ("clip", "MSE less", "dtSSD less"), lines, words=3)


def _gain(name: str, seed: int) -> tuple[float, float]:
    """Shares of MSE and dtSSD that are gone."""
    scene = make_flow_scene(name, seed)
    coarse, refined = (score_clip(a, scene.truth) for a in (scene.coarse, with_flow(scene)))
    return 1 - refined.mse / coarse.mse, 1 - refined.dtssd / coarse.dtssd


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m development.benchmarks.flow_matting")
    parser.add_argument("--seeds", type=int, metavar="N", help="show the spread over N seeds")
    seeds = parser.parse_args().seeds
    Console(width=110).print(spread_table(seeds) if seeds else flow_table())
