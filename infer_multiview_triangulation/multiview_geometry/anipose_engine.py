"""What AIST++ calls of aniposelib, for those who compare; aniposelib is imported only here.

aniposelib sets fx = fy and zeroes k2, p1, p2 and k3 when it adjusts cameras.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..infer_multiview_triangulation_kit.extras import check_installed
from .camera import Camera

# run_estimate_camera.py of AIST++.
ROUNDS, ROUND_SAMPLES, FINAL_SAMPLES = 20, 500, 5000
MIN_POINTS = 20


def require() -> None:
    """See that aniposelib can be imported.

    Raises:
        ImportError: It is not installed.
    """
    check_installed("engine=aniposelib", "aniposelib", instead="set engine=native")


def camera_group(cameras: Sequence[Camera]) -> Any:
    """aniposelib's CameraGroup of ``cameras``."""
    from aniposelib.cameras import Camera as AniposeCamera
    from aniposelib.cameras import CameraGroup
    from numba.core.errors import NumbaWarning

    # Its residuals ask numba for what numba cannot compile, and work without.
    warnings.filterwarnings("ignore", category=NumbaWarning, module=".*aniposelib")
    return CameraGroup(
        [
            AniposeCamera(
                matrix=camera.matrix,
                dist=camera.distortions,
                size=camera.size,
                rvec=camera.rotation,
                tvec=camera.translation,
                name=camera.name,
            )
            for camera in cameras
        ]
    )


def triangulate(cameras: Sequence[Camera], keypoints: np.ndarray) -> np.ndarray:
    """``CameraGroup.triangulate`` of (V, F, J, 3): (F, J, 3)."""
    views, frames, joints = keypoints.shape[:3]
    pixels = np.ascontiguousarray(keypoints[..., :2].reshape(views, -1, 2))
    if np.isnan(pixels).all():
        return np.full((frames, joints, 3), np.nan)
    return camera_group(cameras).triangulate(pixels).reshape(frames, joints, 3)


def optimise(
    cameras: Sequence[Camera], keypoints: np.ndarray, bones: Sequence[tuple[int, int]]
) -> np.ndarray:
    """``CameraGroup.triangulate_optim`` with AIST++'s constraints: (F, J, 3).

    Raises:
        ValueError: There are too few points, or they do not move: aniposelib fails there.
    """
    start = triangulate(cameras, keypoints)
    known = np.isfinite(start[..., 0])
    moves = len(start) > 1 and np.nanmax(np.abs(np.diff(start, axis=0)), initial=0) > 0
    if known.sum() < MIN_POINTS or not moves:
        raise ValueError(
            f"aniposelib optimises at least {MIN_POINTS} points of a moving person, there are "
            f"{known.sum()} in {len(start)} frames: use engine=native or optimise=False"
        )
    pixels = np.ascontiguousarray(keypoints[..., :2])
    return camera_group(cameras).triangulate_optim(pixels, constraints=list(bones))


def adjust(cameras: Sequence[Camera], keypoints: np.ndarray) -> list[Camera]:
    """``CameraGroup.bundle_adjust_iter`` as AIST++ calls it; the gauge is free."""
    pixels = np.ascontiguousarray(keypoints[..., :2].reshape(len(cameras), -1, 2))
    group = camera_group(cameras)
    group.bundle_adjust_iter(
        pixels, n_iters=ROUNDS, n_samp_iter=ROUND_SAMPLES, n_samp_full=FINAL_SAMPLES, verbose=False
    )
    return [
        replace(
            given,
            matrix=camera.get_camera_matrix(),
            distortions=camera.get_distortions(),
            rotation=np.ravel(camera.get_rotation()),
            translation=np.ravel(camera.get_translation()),
        )
        for given, camera in zip(cameras, group.cameras, strict=True)
    ]
