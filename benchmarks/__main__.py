"""``make bench``: milliseconds, ratios and differences, all measured in this run.

Networks run on one thread with seeded weights: speed does not depend on what they know. Each
time is the least of several; a ratio compares two that were measured in turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks import plain
from benchmarks.flow_matting import flow_table
from benchmarks.scenes import NAMES, make_scene, metrics
from extract_background.plate_estimation import FrameStore, PlateOptions, estimate_plate
from infer_background_matting.bgm_network import MattingRefine, build_matter
from infer_rvm.rvm_network import MattingNetwork, MattingStream
from tests.golden import loading
from workflows.synthetic_clip import SyntheticClip

ROUNDS = 5
SIZES = ((720, 1280, 0.375), (1080, 1920, 0.25))


def interleaved(*calls: Callable[[], object]) -> list[float]:
    """The least milliseconds of each call over several rounds, taken in turn."""
    best = [float("inf")] * len(calls)
    for _ in range(ROUNDS):
        for index, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[index] = min(best[index], 1e3 * (time.perf_counter() - start))
    return best


def network_table() -> Table:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    table = Table(title="networks, mobilenet, one CPU thread, uint8 in, alpha and foreground out")
    for column in ("network", "size", "plain ms", "ours ms", "ratio", "largest alpha difference"):
        table.add_column(column, justify="right")
    rvm = MattingNetwork("mobilenetv3").eval()
    bgm = MattingRefine("mobilenetv2").eval()
    # torch's own random start clamps alpha to a constant, and then any two paths agree.
    rvm.load_state_dict(
        loading.state_dict("rvm", "rvm/rvm_mobilenetv3_deep_guided_filter_keys.json")
    )
    bgm.load_state_dict(loading.state_dict("bgm", "bgmv2/bgmv2_refine_mobilenetv2_keys.json"))
    for height, width, ratio in SIZES:
        clip = SyntheticClip(width=width, height=height)
        image, background = clip.frame(20)[0], clip.background
        stream = MattingStream(rvm)
        reference = plain.forward(rvm, image, downsample_ratio=ratio)
        difference = np.abs(stream(image, ratio).alpha - reference[1][0, 0].numpy()).max()
        _row(
            table,
            "infer_rvm",
            f"{width}x{height}",
            interleaved(
                lambda i=image, r=ratio, s=reference[2:]: plain.forward(
                    _with_states(rvm, s), i, downsample_ratio=r
                ),
                lambda i=image, r=ratio, s=stream: s(i, r),
            ),
            difference,
        )
        matter = build_matter(bgm, "cpu", torch.float32)
        reference = plain.forward(bgm, image, background).pha[0, 0].numpy()
        difference = np.abs(matter(image, background).alpha - reference).max()
        _row(
            table,
            "infer_background_matting",
            f"{width}x{height}",
            interleaved(
                lambda i=image, b=background: plain.forward(bgm, i, b),
                lambda i=image, b=background, m=matter: m(i, b),
            ),
            difference,
        )
    return table


def _with_states(network: MattingNetwork, states: list) -> Callable:
    return lambda source, **options: network(source, *states, **options)


def _row(table: Table, name: str, size: str, times: list[float], difference: float) -> None:
    ours, ratio = f"{times[1]:.0f}", f"{times[0] / times[1]:.2f}"
    table.add_row(name, size, f"{times[0]:.0f}", ours, ratio, f"{difference:.1e}")


def accuracy_table() -> Table:
    methods = ("robust", "alpha_mean", "masked_mean", "gmm", "median", "bootstrap")
    table = Table(title="plates: AGE on 320x240 x 150 frames, bad mattes (none for the last two)")
    for column in ("scene", *methods):
        table.add_column(column, justify="right")
    for name in NAMES:
        scene = make_scene(name, seed=101)
        cells = []
        for method in methods:
            store = FrameStore(max_frames=200)
            for frame, matte in zip(scene.frames, scene.mattes, strict=True):
                store.add(frame, None if method in ("median", "bootstrap") else matte)
            plate = estimate_plate(store, PlateOptions(method=method))
            cells.append(f"{metrics(plate.background, scene.background)[0]:.2f}")
        table.add_row(name, *cells)
    return table


def plate_table(count: int = 24) -> Table:
    clip = SyntheticClip(width=1920, height=1080, frames=count)
    frames = [clip.frame(index) for index in range(count)]
    mattes = [np.rint(alpha * 255).astype(np.uint8) for _, alpha, _ in frames]

    def run(method: str) -> float:
        needs = method not in ("median", "bootstrap")
        store = FrameStore(max_frames=max(2, count))
        for (image, _, _), matte in zip(frames, mattes, strict=True):
            store.add(image, matte if needs else None)
        start = time.perf_counter()
        estimate_plate(store, PlateOptions(method=method, gain_alignment=False))
        return time.perf_counter() - start

    start = time.perf_counter()
    _plain_alpha_mean(frames)
    reference = time.perf_counter() - start
    table = Table(title=f"plates: 1920x1080 x {count} frames, ratio to a plain alpha mean in numpy")
    for column in ("method", "seconds", "ratio"):
        table.add_column(column, justify="right")
    table.add_row("plain alpha mean", f"{reference:.2f}", "1.00")
    for method in ("alpha_mean", "masked_mean", "median", "robust", "bootstrap", "gmm"):
        run_small = run(method)
        table.add_row(method, f"{run_small:.2f}", f"{run_small / reference:.2f}")
    return table


def _plain_alpha_mean(frames: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> np.ndarray:
    total, mass = 0.0, 0.0
    for image, alpha, _ in frames:
        weight = np.repeat(1.0 - alpha[..., None], 3, axis=2)
        total, mass = total + image * weight, mass + weight
    return (total / (mass + 1e-8)).astype(np.uint8)


def mixture_table() -> Table:
    import numba
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    from extract_background.plate_estimation.mixture import heavier_mean

    scene = make_scene("moving", seed=101)
    gains = np.ones((len(scene.frames), 3), np.float32)
    use = np.full(scene.frames.shape[:3], 255, np.uint8)
    heavier_mean(scene.frames[:, :4, :4].copy(), use[:, :4, :4].copy(), gains)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    start = time.perf_counter()
    heavier_mean(scene.frames, use, gains)
    ours = scene.frames[0].size / (time.perf_counter() - start)
    numba.set_num_threads(threads)
    values = scene.frames[:, 100:108, 100:108].reshape(len(scene.frames), -1)
    start = time.perf_counter()
    with threadpool_limits(1):
        for column in values.T:
            GaussianMixture(2, random_state=0).fit(column[:, None].astype(float))
    loop = values.shape[1] / (time.perf_counter() - start)
    table = Table(title="mixtures of two Gaussians, fits a second, one thread each")
    for column in ("scikit-learn's loop", "ours", "ratio"):
        table.add_column(column, justify="right")
    table.add_row(f"{loop:.0f}", f"{ours:.0f}", f"{ours / loop:.0f}")
    return table


def main() -> None:
    """Print the tables one after another."""
    console = Console(width=110)
    for build in (mixture_table, plate_table, accuracy_table, flow_table, network_table):
        console.print(build())


if __name__ == "__main__":
    main()
