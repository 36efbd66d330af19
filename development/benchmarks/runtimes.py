"""Every network on the CPU: ours, its plain forward, and the runtimes that are installed.

All ways of a network run in turn in one process, so that each meets the same machine; what is told
is the median of the rounds with the least and the most of them. The runtimes are given the plain
network as ONNX and what they need around it: pictures to floats, states from frame to frame.

The limit is what the machine itself does: the rate of a convolution that suits it best, measured
between the rounds, times the multiplications of the plain forward.
"""

from __future__ import annotations

import tempfile
import time
import unittest.mock
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from development.benchmarks import measuring
from development.benchmarks.networks import (
    background_network,
    matting_network,
    parsing_network,
)
from development.benchmarks.peers import PEERS, export
from development.tables import new_table

OURS, BY_OPENVINO, PLAIN = "ours", "ours by OpenVINO", "plain"
WAYS = (OURS, BY_OPENVINO, PLAIN, *PEERS)
HD, FULL_HD = (720, 1280), (1080, 1920)
# Rounds after the first, which warms up.
ROUNDS = 5
SIDE = 473
NEW = "new_"
REFINER = "infer_background_matting.infer_background_matting_kit.bgmv2.refiner"
# Of the convolution that tells the limit: channels in and out, kernel, sides of the picture.
LIMIT_CHANNELS, LIMIT_KERNEL, LIMIT_SIDE = 256, 3, 64

Run = Callable[[], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A network at a size: what is run, and as what it is exported.

    Attributes:
        ours, plain: From the picture to alpha, or to labels.
        module: What a runtime is given.
        example: Its inputs by name; one that ends in "state" is taken from the frame before.
        outputs: Names of its outputs; what becomes a state has its name after "new_".
        finish: From the first output to alpha or labels.
        prepare: From the pictures to the inputs that are no states.
        by_openvino: Makes what runs with ``engine`` = openvino; None where there is none.
    """

    ours: Run
    plain: Run
    module: Any
    example: dict[str, Any]
    outputs: list[str]
    finish: Callable[[np.ndarray], np.ndarray]
    prepare: Callable[[], dict[str, np.ndarray]]
    by_openvino: Callable[[], Run] | None = None


def table() -> Table:
    """Milliseconds of each network at each size, on one thread and on two."""
    rows = []
    for name in CASES:
        for threads in (1, 2):
            result = measuring.in_a_process(
                "development.benchmarks.runtimes", case=name, threads=threads
            )
            rows.append(_row(name, threads, result))
    return new_table(
        "networks on the CPU, float32: ms a frame, median (least to most)",
        ("network", "threads", *WAYS, "peer / ours", "of limit", "off"),
        rows,
        words=1,
        caption=f"{ROUNDS} rounds in turn in one process; CPU time on one thread, the clock on two "
        "threads. peer / ours: the fastest of the runtimes beside the faster of ours, below 1 it "
        "is ahead. of limit, of ours by PyTorch: the plain forward's multiplications at the rate "
        f"of a convolution of {LIMIT_CHANNELS} channels, measured between the rounds. off: the "
        "most that any way's alpha differs from the plain one's, or the labels that do. "
        f"{measuring.machine()}",
    )


def _row(name: str, threads: int, result: dict) -> list[str]:
    times = {way: result["ms"].get(way) for way in WAYS}
    cells = [_spread(times[way]) if times[way] else result["missing"][way] for way in WAYS]
    ours = float(np.median(result["ms"][OURS]))
    least = min(float(np.median(times[way])) for way in (OURS, BY_OPENVINO) if times[way])
    peers = [float(np.median(times[way])) for way in PEERS if times[way]]
    ahead = f"{min(peers) / least:.2f}" if peers else ""
    limit = 1e3 * result["flop"] / (1e9 * float(np.median(result["gflops"])))
    return [name, str(threads), *cells, ahead, f"{limit / ours:.0%}", result["off"]]


def _spread(times: list[float]) -> str:
    return f"{np.median(times):.0f} ({min(times):.0f}–{max(times):.0f})"


def measure(case: str, threads: int) -> dict[str, Any]:
    """All ways of a case in this process."""
    import cv2
    import torch

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    made = CASES[case]()
    runs: dict[str, Run] = {OURS: made.ours, PLAIN: made.plain}
    missing = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        try:
            example = list(made.example.values())
            with unittest.mock.patch(f"{REFINER}.crop_patches", gathered_patches):
                export(made.module, example, path, inputs=list(made.example), outputs=made.outputs)
        except ImportError as error:
            missing = dict.fromkeys(PEERS, f"{error.name} is not installed")
        for name, peer in PEERS.items() if not missing else ():
            try:
                runs[name] = _peer_run(made, peer(path, threads))
            except ImportError:
                missing[name] = "not installed"
        missing[BY_OPENVINO] = "no such engine"
        if made.by_openvino:
            try:
                runs[BY_OPENVINO] = made.by_openvino()
            except ImportError:
                missing[BY_OPENVINO] = "not installed"
        return _measured(runs, threads) | {"missing": missing, "flop": _flop(made.plain)}


def gathered_patches(index: tuple[Any, Any, Any], x: Any, cell: int, padding: int) -> Any:
    """What the refiner cuts out, by an index for each pixel: ONNX has no windows of an array.

    So do the authors' own exports, whose patch_crop_method is then "gather".
    """
    import torch
    from torch.nn import functional as F

    batch, rows, columns = (places[:, None, None] for places in index)
    side = torch.arange(cell + 2 * padding)
    padded = F.pad(x, (padding,) * 4).permute(0, 2, 3, 1)
    cut = padded[batch, rows * cell + side[:, None], columns * cell + side]
    return cut.permute(0, 3, 1, 2)


def _peer_run(case: Case, peer: Any) -> Run:
    """A runtime with its states kept from frame to frame."""
    states = {n: x.numpy() for n, x in case.example.items() if n.endswith("state")}

    def run() -> np.ndarray:
        found = peer({**case.prepare(), **states})
        named = dict(zip(case.outputs, found, strict=True))
        # A runtime may use the memory of its outputs again.
        states.update({name: named[NEW + name].copy() for name in states})
        return case.finish(found[0])

    return run


def _measured(runs: dict[str, Run], threads: int) -> dict[str, Any]:
    clock = time.process_time if threads == 1 else time.perf_counter
    limit = _limit()
    times: dict[str, list[float]] = {name: [] for name in runs}
    rates, last = [], {}
    for _ in range(ROUNDS + 1):
        for name, run in runs.items():
            start = clock()
            last[name] = run()
            times[name].append(1e3 * (clock() - start))
        start = clock()
        rates.append(limit() / (clock() - start) / 1e9)
    wanted = last[PLAIN]
    if wanted.dtype.kind == "f":
        off = f"{max(np.abs(found - wanted).max() for found in last.values()):.0e}"
    else:
        off = f"{max((found != wanted).mean() for found in last.values()):.2%}"
    return {"ms": {name: found[1:] for name, found in times.items()}, "gflops": rates, "off": off}


def _limit() -> Callable[[], float]:
    """Runs a convolution that suits the machine; returns how many operations it was."""
    import torch

    channels, kernel, side, times = LIMIT_CHANNELS, LIMIT_KERNEL, LIMIT_SIDE, 4
    layer = torch.nn.Conv2d(channels, channels, kernel, padding=kernel // 2).eval()
    layer = layer.to(memory_format=torch.channels_last)
    x = torch.rand(1, channels, side, side).contiguous(memory_format=torch.channels_last)

    def run() -> float:
        with torch.inference_mode():
            for _ in range(times):
                layer(x)
        return 2.0 * times * (channels * kernel * side) ** 2

    return run


def _flop(plain: Run) -> int:
    """Floating-point operations of the plain forward's convolutions and products."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        plain()
    return counter.get_total_flops()


def _tensor(picture: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(picture).permute(2, 0, 1)[None].float().div(255)


def _floats(picture: np.ndarray) -> np.ndarray:
    return _tensor(picture).numpy()


def _clip(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture and its background."""
    from development.synthetic.clip import SyntheticClip

    clip = SyntheticClip(width=size[1], height=size[0])
    return clip.frame(20)[0], clip.background


def _rvm(variant: str, size: tuple[int, int], ratio: float) -> Case:
    import torch

    from infer_rvm.rvm_network import MattingStream

    class AtRatio(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, source: Any, *states: Any) -> list[Any]:
            return self.network(source, *states, downsample_ratio=ratio)[1:]

    network = matting_network(variant)
    image = _clip(size)[0]
    stream, states, module = MattingStream(network), [], AtRatio().eval()

    def plain() -> np.ndarray:
        with torch.inference_mode():
            alpha, *states[:] = module(_tensor(image), *states)
        return alpha[0, 0].numpy()

    plain()
    names = [f"r{index}_state" for index in range(1, 5)]
    example = {"source": _tensor(image)}
    # The runtimes start from nothing, as the others do.
    example |= {n: torch.zeros_like(s) for n, s in zip(names, states, strict=True)}
    states.clear()

    def by_openvino() -> Run:
        other = MattingStream(network, engine="openvino")
        # PyTorch mattes the first picture of a size.
        for _ in range(2):
            other(image, ratio)
        other.reset()
        return lambda: other(image, ratio).alpha

    return Case(
        by_openvino=by_openvino,
        ours=lambda: stream(image, ratio).alpha,
        plain=plain,
        module=module,
        example=example,
        outputs=["alpha", *(NEW + name for name in names)],
        finish=lambda alpha: alpha[0, 0],
        prepare=lambda: {"source": _floats(image)},
    )


def _background(size: tuple[int, int]) -> Case:
    import torch

    from infer_background_matting.bgm_network import build_matting

    class AlphaAndForeground(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, source: Any, background: Any) -> tuple[Any, Any]:
            return self.network(source, background)[:2]

    network = background_network()
    image, background = _clip(size)
    matting = build_matting(network, "cpu", torch.float32)
    module = AlphaAndForeground().eval()

    def plain() -> np.ndarray:
        with torch.inference_mode():
            return module(_tensor(image), _tensor(background))[0][0, 0].numpy()

    return Case(
        ours=lambda: matting(image, background).alpha,
        plain=plain,
        module=module,
        example={"source": _tensor(image), "background": _tensor(background)},
        outputs=["alpha", "foreground"],
        finish=lambda alpha: alpha[0, 0],
        prepare=lambda: {"source": _floats(image), "background": _floats(background)},
    )


def _parsing() -> Case:
    import torch

    from infer_human_parsing.human_parsing_network import optimised, rearranged
    from infer_human_parsing.infer_human_parsing_kit.openvino_engine import OpenVinoNetwork

    network = parsing_network()
    fast = optimised(network)
    generator = torch.Generator().manual_seed(0)
    crop = torch.randn(1, 3, SIDE, SIDE, generator=generator)

    def labels(logits: np.ndarray) -> np.ndarray:
        return logits[0].argmax(axis=0)

    def run(module: Any, x: Any) -> np.ndarray:
        with torch.inference_mode():
            return labels(module(x).numpy())

    def by_openvino() -> Run:
        converted = OpenVinoNetwork(rearranged(network), crop)
        return lambda: labels(converted(crop)[0].numpy())

    return Case(
        by_openvino=by_openvino,
        ours=lambda: run(fast, crop.contiguous(memory_format=torch.channels_last)),
        plain=lambda: run(network, crop),
        module=network,
        example={"crop": crop},
        outputs=["logits"],
        finish=labels,
        prepare=lambda: {"crop": crop.numpy()},
    )


CASES: dict[str, Callable[[], Case]] = {
    "RVM mobilenetv3 720p": lambda: _rvm("mobilenetv3", HD, 0.375),
    "RVM mobilenetv3 1080p": lambda: _rvm("mobilenetv3", FULL_HD, 0.25),
    "RVM resnet50 1080p": lambda: _rvm("resnet50", FULL_HD, 0.25),
    "BGMv2 mobilenetv2 720p": lambda: _background(HD),
    "BGMv2 mobilenetv2 1080p": lambda: _background(FULL_HD),
    f"SCHP, a crop of {SIDE}": _parsing,
}


if __name__ == "__main__":
    measuring.answer(measure)
