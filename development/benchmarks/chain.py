"""The whole matting command on a video of 1920x1080: what does it cost beside its networks?

Two things are timed in turn, each in a process of its own: the networks' engines alone (arrays in,
alphas out, which is what the command wants of them) over the frames of a take, and the command on
that take as a video, from the first frame read to the last one written. What the command takes more
is decoding, the plate, the fusion, the stabilising, colours and encoding, as far as they did not
hide behind the networks on another core; CPU time, all threads together, says what no spare core
can hide.

The take is of a real person, whose picture comes, with Robust Video Matting's weights, from a
folder that is not part of this project (``development/synthetic/composites.py`` names its files).
Without it the clip is a drawn one, nobody tells where people are, and background matting is the
only network. ``python -m development.benchmarks.chain --frames 24`` makes the take longer.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from development.benchmarks import measuring
from development.synthetic.composites import EARLIER, RVM_WEIGHTS, load_person, make_composite
from development.tables import new_table
from workflows.plugins import REPOSITORY

FOLDER = REPOSITORY.parent / "shared" / "data" / "matting"
WIDTH, HEIGHT, RATE = 1920, 1080, Fraction(24)
FRAMES = 24
PERSON, SCENE, SEED = "person", "handheld_background.png", 101
NETWORKS, CHAIN = "networks", "chain"
TARGET = 0.25
# The part of the take that is worked on before, in seconds.
WARM_UP = "0.1"
# Of the report's times: what is not work on frames.
LOADING = ("load networks",)


def table(folder: Path = FOLDER, frames: int = FRAMES) -> Table:
    """Milliseconds a frame of the networks alone and of the command, each the least of several."""
    weights = folder / RVM_WEIGHTS if (folder / RVM_WEIGHTS).is_file() else None
    with tempfile.TemporaryDirectory() as scratch:
        video, plate = _write_take(Path(scratch), folder if weights else None, frames)
        runs = measuring.least(
            "development.benchmarks.chain",
            (NETWORKS, CHAIN),
            "all",
            video=str(video),
            plate=str(plate),
            rvm_weights=weights and str(weights.resolve()),
        )
    networks, chain = runs[NETWORKS], runs[CHAIN]
    rows = [
        *((name, _shown(seconds, frames), "") for name, seconds in networks.items()),
        *((f"command: {name}", _shown(seconds, frames), "") for name, seconds in chain.items()),
        _more("the command over its networks, on the clock", networks["all"], chain["all"], frames),
        _more("in CPU time", networks["CPU"], chain["CPU"], frames),
    ]
    return new_table(
        f"chain: {WIDTH}x{HEIGHT} x {frames} frames, matte: {'infer_rvm' if weights else 'none'}",
        ("step", "ms a frame", "of the networks' time"),
        rows,
        caption=f"the aim is below {TARGET:.0%} on the clock",
    )


def _shown(seconds: float, frames: int) -> str:
    return f"{1e3 * seconds / frames:.0f}"


def _more(title: str, networks: float, chain: float, frames: int) -> tuple[str, str, str]:
    more = chain - networks
    return title, _shown(more, frames), f"{more / networks:+.0%}"


def _write_take(scratch: Path, folder: Path | None, frames: int) -> tuple[Path, Path]:
    """A video and its empty scene."""
    from development.synthetic.clip import SyntheticClip
    from plugin_kit.picture_files import read_picture, write_picture
    from workflows.media.video_writer import VideoSink

    video, plate = scratch / "take.mp4", scratch / "plate.png"
    if folder is None:
        clip = SyntheticClip(width=WIDTH, height=HEIGHT, frames=frames)
        write_picture(plate, clip.background)
        return clip.write(video), plate
    person, scene = load_person(folder, PERSON), read_picture(folder / SCENE)
    own = frames - EARLIER
    sizes = {"seed": SEED, "width": WIDTH, "height": HEIGHT}
    take = make_composite("static", person, scene, frames=own, **sizes)
    write_picture(plate, np.median(take.frames, axis=0).astype(np.uint8))
    with VideoSink(video, WIDTH, HEIGHT, RATE, 1 / RATE) as sink:
        for index, frame in enumerate(take.frames):
            sink.write(frame, index)
    return video, plate


def measure(way: str, video: str, plate: str, rvm_weights: str | None) -> dict[str, float]:
    """Seconds of the networks alone, or of the command and its steps."""
    weights = Path(rvm_weights) if rvm_weights else None
    if way == NETWORKS:
        return _networks_alone(Path(video), Path(plate), weights)
    return _command(Path(video), weights)


def _command(video: Path, rvm_weights: Path | None) -> dict[str, float]:
    from workflows.matting import ChainOptions, run_chain
    from workflows.plugins import quiet_ikomia

    quiet_ikomia()
    with tempfile.TemporaryDirectory() as output:
        options = ChainOptions(
            video,
            Path(output) / "out",
            matte="rvm" if rvm_weights else "none",
            rvm_weights=rvm_weights,
            weights="builtin",
            device="cpu",
            quiet=True,
        )
        # What is imported and compiled once is no work on frames.
        run_chain(replace(options, output=Path(output) / "warm", end=WARM_UP))
        times: dict[str, float] = {}
        with _timed(times):
            report = run_chain(options)
    loading = sum(report.seconds.get(step, 0) for step in LOADING)
    steps = {step: took for step, took in report.seconds.items() if step not in LOADING}
    return {**steps, "all": times["all"] - loading, "CPU": times["CPU"] - loading}


def _networks_alone(video: Path, plate: Path, rvm_weights: Path | None) -> dict[str, float]:
    """Each network over all frames, after one that warms it up."""
    from development.synthetic.composites import builtin_matting, rvm_stream
    from plugin_kit.picture_files import read_picture
    from plugin_kit.video import VideoInfo, VideoReader

    frames = [frame.image for frame in VideoReader(VideoInfo.from_path(video))]
    background = read_picture(plate)
    matting = builtin_matting()
    networks: dict[str, Callable[[np.ndarray], object]] = {
        "infer_background_matting alone": lambda frame: matting.alpha(frame, background)
    }
    if rvm_weights:
        networks["infer_rvm alone"] = rvm_stream(rvm_weights.parent).alpha
    for network in networks.values():
        network(frames[0])
    seconds: dict[str, float] = {}
    total, cpu = 0.0, 0.0
    for name, network in networks.items():
        times: dict[str, float] = {}
        with _timed(times):
            for frame in frames:
                network(frame)
        seconds[name] = times["all"]
        total, cpu = total + times["all"], cpu + times["CPU"]
    return {**seconds, "all": total, "CPU": cpu}


@contextmanager
def _timed(times: dict[str, float]) -> Iterator[None]:
    """Put the seconds inside into ``times``: ``all`` on the clock, ``CPU`` of all threads."""
    start, start_cpu = time.perf_counter(), time.process_time()
    yield
    times["all"], times["CPU"] = time.perf_counter() - start, time.process_time() - start_cpu


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("{"):
        measuring.answer(measure)
    else:
        parser = argparse.ArgumentParser(prog="python -m development.benchmarks.chain")
        parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER")
        parser.add_argument("--frames", type=int, default=FRAMES, metavar="N")
        given = parser.parse_args()
        Console(width=110).print(measuring.machine())
        Console(width=110).print(table(given.folder, given.frames))
