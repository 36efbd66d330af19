"""The whole chain on a video of 1920x1080: what does it cost beside the networks?

The time inside a network's engine (array in, matte out) is taken during the run; everything else
of a pass (decoding, colour conversion, Ikomia, compositing, encoding) is overhead as far as it
did not hide behind the network on another core. Because encoders slow the network down on a
machine with few cores, the second pass is also compared with the network alone on the same
frames; and CPU time, all threads together, says what no spare core can hide.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from rich.console import Console
from rich.table import Table

from development.benchmarks import measuring
from development.synthetic.clip import SyntheticClip
from development.tables import new_table

WIDTH, HEIGHT = 1920, 1080
FRAMES = 24
TARGET = 0.35


def table(rvm_weights: Path | None = None) -> Table:
    """Milliseconds a frame of both passes, of the run with the least overhead of several.

    Args:
        rvm_weights: Where given, infer_rvm makes the matte of the plate.
    """
    with tempfile.TemporaryDirectory() as folder:
        clip = SyntheticClip(width=WIDTH, height=HEIGHT, frames=FRAMES)
        video = clip.write(f"{folder}/source.mp4")
        runs = [
            measuring.in_a_process(
                "development.benchmarks.chain",
                video=str(video),
                output=f"{folder}/out",
                rvm_weights=rvm_weights and str(rvm_weights.resolve()),
            )
            for _ in range(measuring.ROUNDS)
        ]
    run = min(runs, key=lambda run: run["pass 2"])
    rows = [(step, f"{1e3 * seconds / FRAMES:.0f}", "") for step, seconds in run.items()]
    if rvm_weights:
        run["pass 1"] -= run["pass 1: estimation"]
        rows.append(_overhead(run, "pass 1", "pass 1: infer_rvm"))
    rows.append(_overhead(run, "pass 2", "pass 2: network"))
    rows.append(_overhead(run, "pass 2", "pass 2: network alone"))
    rows.append(_overhead(run, "pass 2: CPU", "pass 2: network alone, CPU"))
    matte = "infer_rvm" if rvm_weights else "none"
    return new_table(
        f"chain: {WIDTH}x{HEIGHT} x {FRAMES} frames, all cores, matte: {matte}",
        ("step", "ms a frame", "of the network's time"),
        rows,
        caption=f"overhead: the pass less the network; the aim is below {TARGET:.0%}",
    )


def _overhead(run: dict, whole: str, network: str) -> tuple[str, str, str]:
    rest = run[whole] - run[network]
    share = rest / run[network]
    return f"overhead over {network}", f"{1e3 * rest / FRAMES:.0f}", f"{share:.0%}"


def measure(video: str, output: str, rvm_weights: str | None) -> dict:
    """Run the chain in this process; return seconds."""
    from workflows.matting import ChainOptions
    from workflows.matting import run as chain
    from workflows.plugins import quiet_ikomia

    quiet_ikomia()
    from infer_background_matting.bgm_network.matting import CellwiseMatting
    from infer_rvm.rvm_network.stream import MattingStream

    options = ChainOptions(
        video=Path(video),
        output=Path(output),
        matte="rvm" if rvm_weights else "none",
        rvm_weights=Path(rvm_weights) if rvm_weights else None,
        weights="builtin",
        device="cpu",
        quiet=True,
    )
    matting, rvm = Stopwatch(CellwiseMatting.__call__), Stopwatch(MattingStream.__call__)
    second = Stopwatch(chain.matte_video, time.process_time)
    with (
        mock.patch.object(CellwiseMatting, "__call__", matting.call),
        mock.patch.object(MattingStream, "__call__", rvm.call),
        mock.patch.object(chain, "matte_video", second.call),
    ):
        report = chain.run_chain(options)
    alone, alone_cpu = _network_alone(Path(video), Path(output) / "plate.png")
    return {
        "pass 1": report.seconds["pass 1: plate"],
        **({"pass 1: infer_rvm": rvm.seconds} if rvm_weights else {}),
        "pass 1: estimation": report.seconds["of it estimation"],
        "pass 2": report.seconds["pass 2: matting"],
        "pass 2: network": matting.seconds,
        "pass 2: network alone": alone,
        "pass 2: CPU": second.seconds,
        "pass 2: network alone, CPU": alone_cpu,
    }


class Stopwatch:
    """Adds up the seconds inside a method; put :attr:`call` in the method's place."""

    def __init__(self, method: Callable, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds = 0.0

        def call(*arguments: Any, **named: Any) -> Any:
            start = clock()
            try:
                return method(*arguments, **named)
            finally:
                self.seconds += clock() - start

        self.call = call


def _network_alone(video: Path, plate: Path) -> tuple[float, float]:
    """Seconds on the clock and of CPU time."""
    import torch

    from infer_background_matting.bgm_network import MattingRefine, build_matting
    from infer_background_matting.checkpoints import checkpoint_path, load_checkpoint
    from plugin_kit.picture_files import read_picture
    from plugin_kit.video import VideoInfo, VideoReader

    network = MattingRefine("mobilenetv2")
    load_checkpoint(network, checkpoint_path("builtin", "mobilenetv2", ""))
    matting, background = build_matting(network, "cpu", torch.float32), read_picture(plate)
    frames = [frame.image for frame in VideoReader(VideoInfo.from_path(video))]
    start, start_cpu = time.perf_counter(), time.process_time()
    for frame in frames:
        matting(frame, background)
    return time.perf_counter() - start, time.process_time() - start_cpu


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("{"):
        measuring.answer(measure)
    else:
        # python -m development.benchmarks.chain --rvm-weights FILE
        parser = argparse.ArgumentParser(description="The chain with infer_rvm's matte.")
        parser.add_argument("--rvm-weights", type=Path, required=True, metavar="FILE")
        Console(width=110).print(table(parser.parse_args().rvm_weights))
