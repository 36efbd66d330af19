"""Both networks on the CPU: our path against the plain forward of the same network.

The plain way is what one writes first: pictures to float tensors and ``forward`` in NCHW under
``inference_mode``. Weights are the seeded ones of the golden vectors: speed does not depend on
what they know, but torch's own random start clamps alpha to a constant, and then any two paths
agree.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.table import Table

from development.benchmarks import measuring
from development.tables import new_table

SIZES = ((720, 1280, 0.375), (1080, 1920, 0.25))
NETWORKS = ("infer_rvm", "infer_background_matting")
WAYS = ("plain", "ours")
FRAMES = 6
COLUMNS = (
    "network",
    "size",
    "plain ms",
    "ours ms",
    "ratio",
    "plain MiB",
    "ours MiB",
    "ratio",
    "alpha off",
)


def table() -> Table:
    """Time and memory of each network at each size."""
    title = "networks, mobilenet, one thread: CPU time a frame, peak memory above loaded"
    table = new_table(title, COLUMNS)
    for network in NETWORKS:
        for height, width, ratio in SIZES:
            cells = _cells(network, height, width, ratio=ratio)
            table.add_row(network, f"{width}x{height}", *cells)
    table.caption = "ratio: plain / ours; alpha off: the largest difference after six frames"
    return table


def _cells(network: str, height: int, width: int, *, ratio: float) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        _draw(Path(folder), height, width)
        results = measuring.least(
            "development.benchmarks.networks",
            WAYS,
            "ms",
            network=network,
            ratio=ratio,
            folder=folder,
        )
        alphas = [np.load(Path(folder) / f"{way}.npy") for way in WAYS]
    difference = np.abs(alphas[0] - alphas[1]).max()
    return [*measuring.compared(*(results[way] for way in WAYS)), f"{difference:.1e}"]


def _draw(folder: Path, height: int, width: int) -> None:
    """Here and not in the measured process, whose memory the drawing would raise."""
    from development.synthetic.clip import SyntheticClip

    clip = SyntheticClip(width=width, height=height)
    np.save(folder / "image.npy", clip.frame(20)[0])
    np.save(folder / "background.npy", clip.background)


def measure(way: str, network: str, ratio: float, folder: str) -> dict[str, float]:
    """Measure ``way`` in this process."""
    measuring.use_one_thread()
    image, background = (np.load(Path(folder) / f"{n}.npy") for n in ("image", "background"))
    build = _rvm if network == "infer_rvm" else _background_matting
    run = build(way, image, background, ratio=ratio)
    return measuring.measure_runs(run, FRAMES, Path(folder) / f"{way}.npy")


def _rvm(
    way: str, image: np.ndarray, background: np.ndarray, *, ratio: float
) -> Callable[[], np.ndarray]:
    from development.benchmarks import plain
    from infer_rvm.rvm_network import MattingNetwork, MattingStream
    from tests.golden import loading

    network = MattingNetwork("mobilenetv3").eval()
    keys = "rvm/rvm_mobilenetv3_deep_guided_filter_keys.json"
    network.load_state_dict(loading.state_dict("rvm", keys))
    if way == "ours":
        stream = MattingStream(network)
        return lambda: stream(image, ratio).alpha
    states: list = []

    def run() -> np.ndarray:
        _, alpha, *states[:] = plain.forward(network, image, states=states, downsample_ratio=ratio)
        return alpha[0, 0].numpy()

    return run


def _background_matting(
    way: str, image: np.ndarray, background: np.ndarray, *, ratio: float
) -> Callable[[], np.ndarray]:
    import torch

    from development.benchmarks import plain
    from infer_background_matting.bgm_network import MattingRefine, build_matting
    from tests.golden import loading

    network = MattingRefine("mobilenetv2").eval()
    keys = "bgmv2/bgmv2_refine_mobilenetv2_keys.json"
    network.load_state_dict(loading.state_dict("bgm", keys))
    if way == "ours":
        matting = build_matting(network, "cpu", torch.float32)
        return lambda: matting(image, background).alpha
    return lambda: plain.forward(network, image, background).pha[0, 0].numpy()


if __name__ == "__main__":
    measuring.answer(measure)
