"""Background matting on the CPU: our path against the plain forward of the same network.

The plain way is what one writes first: pictures to float tensors, ``MattingRefine.forward`` in
NCHW under ``inference_mode``, which enlarges every coarse channel over the whole picture. Each
way runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks import plain
from infer_background_matting.bgm_network import MattingRefine, build_matter
from tests.golden import loading
from workflows.synthetic_clip import SyntheticClip

REPOSITORY = Path(__file__).resolve().parents[1]
SIZES = ((720, 1280), (1080, 1920))
WAYS = ("plain", "ours")
ROUNDS = 5


def rows(threads: int = 1) -> list[dict]:
    """Measure both ways at 1280x720 and 1920x1080: mobilenetv2, sampling 80000, scale 1/4.

    Weights are the seeded ones of the golden vectors.

    Returns:
        One dict a size: ``size``, ``plain_ms`` and ``ours_ms`` (least of several), ``ratio``,
        ``plain_mib`` and ``ours_mib`` (peak memory above the loaded network's), and
        ``alpha_difference`` (the largest).
    """
    table = []
    with tempfile.TemporaryDirectory() as folder:
        for height, width in SIZES:
            results, alphas = {}, {}
            for way in WAYS:
                saved = Path(folder) / f"{way}.npy"
                results[way] = _in_a_process(way, height, width, threads, saved)
                alphas[way] = np.load(saved)
            row = {"size": f"{width}x{height}"}
            for way in WAYS:
                row[f"{way}_ms"] = results[way]["ms"]
                row[f"{way}_mib"] = results[way]["mib"]
            row["ratio"] = row["plain_ms"] / row["ours_ms"]
            row["alpha_difference"] = float(np.abs(alphas["plain"] - alphas["ours"]).max())
            table.append(row)
    return table


def _in_a_process(way: str, height: int, width: int, threads: int, saved: Path) -> dict:
    arguments = [way, str(height), str(width), str(threads), str(saved)]
    command = [sys.executable, "-m", "benchmarks.background_matting", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _measure(way: str, height: int, width: int, threads: int, saved: str) -> dict:
    import cv2

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    network = MattingRefine("mobilenetv2").eval()
    network.load_state_dict(
        loading.state_dict("bgm", "bgmv2/bgmv2_refine_mobilenetv2_keys.json"), strict=True
    )
    clip = SyntheticClip(width=width, height=height)
    image, background = clip.frame(20)[0], clip.background
    if way == "ours":
        matter = build_matter(network, "cpu", torch.float32)
        run = lambda: matter(image, background).alpha  # noqa: E731
    else:
        run = lambda: plain.forward(network, image, background).pha[0, 0].numpy()  # noqa: E731
    before = _peak_mib()
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        alpha = run()
        best = min(best, time.perf_counter() - start)
    np.save(saved, alpha)
    return {"ms": 1e3 * best, "mib": _peak_mib() - before}


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if len(sys.argv) == 1:
        for row in rows():
            print(row)
    else:
        way, height, width, threads, saved = sys.argv[1:]
        print(json.dumps(_measure(way, int(height), int(width), int(threads), saved)))
