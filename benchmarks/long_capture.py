"""``python -m benchmarks.long_capture [FRAMES]``: CPU seconds and peak memory of a long clip."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from infer_multiview_triangulation.multiview_geometry import SKELETONS, reconstruct
from workflows.synthetic_capture import TYPICAL, detect, stick_dancer, studio

FRAMES = 10_000


def peak_megabytes() -> int:
    """The most memory that this process ever held (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def main(frames: int) -> None:
    cameras = studio(seed=501)
    points = stick_dancer(frames, seed=502)
    keypoints = detect(points, cameras, "coco17", TYPICAL, 503)
    before = peak_megabytes()
    start = time.process_time()
    with threadpool_limits(1):
        found = reconstruct(keypoints[:, :, None], cameras, SKELETONS["coco17"])
    seconds = time.process_time() - start
    error = np.nanmean(np.linalg.norm(found.keypoints3d_optim - points, axis=-1))
    print(
        f"{frames} frames of {len(cameras)} views: {seconds:.1f} CPU s, peak "
        f"{peak_megabytes()} MB ({before} MB before), mean error {error:.3f} cm"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FRAMES)
