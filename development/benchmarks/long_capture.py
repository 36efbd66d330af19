"""CPU seconds and peak memory of a long clip.

``python -m development.benchmarks.long_capture [FRAMES]``
"""

from __future__ import annotations

import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from development.benchmarks.measuring import peak_mib
from development.synthetic.capture import TYPICAL, detect, stick_dancer, studio
from infer_multiview_triangulation.multiview_geometry import SKELETONS, reconstruct

FRAMES = 10_000


def main(frames: int) -> None:
    cameras = studio(seed=501)
    points = stick_dancer(frames, seed=502)
    keypoints = detect(points, cameras, "coco17", TYPICAL, 503)
    before = peak_mib()
    start = time.process_time()
    with threadpool_limits(1):
        result = reconstruct(keypoints[:, :, None], cameras, SKELETONS["coco17"])
    seconds = time.process_time() - start
    error = np.nanmean(np.linalg.norm(result.keypoints3d_optim - points, axis=-1))
    print(
        f"{frames} frames of {len(cameras)} views: {seconds:.1f} CPU s, peak "
        f"{peak_mib():.0f} MiB ({before:.0f} MiB before), mean error {error:.3f} cm"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FRAMES)
