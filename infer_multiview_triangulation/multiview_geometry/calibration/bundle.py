"""Bundle adjustment: cameras and points together (Triggs et al., 2000).

Levenberg and Marquardt with Geman and McClure's robust loss, whose scale falls from round to
round.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..camera import Camera
from ..cameras.alignment import align_cameras
from ..points.errors import outlier_scale
from ..points.rays import rays_of
from ..points.robust import triangulate_robust
from .problem import BundleProblem

SEED = 0
ROUNDS = 8
CONVERGED = 1e-3
ROUND_POINTS, FINAL_POINTS = 1500, 4000
MIN_POINTS = 8
# Below this confidence keypoints are left out, if so many points remain.
MIN_CONFIDENCE, MIN_CONFIDENT_POINTS = 0.3, 100


def bundle_adjust(
    cameras: Sequence[Camera],
    keypoints: np.ndarray,
    free_intrinsics: bool,
    *,
    keep_gauge: bool = True,
    rounds: int = ROUNDS,
) -> list[Camera]:
    """Refine ``cameras`` from what they see.

    fx / fy, the principal point and distortion beyond k1 stay as given; without
    ``free_intrinsics`` all intrinsics stay: freeing measured ones overfits.

    Args:
        keypoints: (V, F, J, 3) pixels and confidence.
        free_intrinsics: Also estimate a factor of the focal length and k1 of each camera, with
            weak priors (10 % and 0.05).
        keep_gauge: Move the result onto the given cameras by a similarity.

    Raises:
        ValueError: Fewer than two cameras, or hardly any point is seen by two.
    """
    if len(cameras) < 2:
        raise ValueError("bundle adjustment needs at least two cameras")
    rng = np.random.default_rng(SEED)
    flat = _confident(keypoints.reshape(len(cameras), -1, 3))
    adjusted, last_scale = cameras, np.inf
    for number in range(rounds):
        is_final = number >= rounds - 2
        observations = flat[:, _sample(flat, FINAL_POINTS if is_final else ROUND_POINTS, rng)]
        triangulation = triangulate_robust(rays_of(adjusted, observations))
        usable = np.isfinite(triangulation.points).all(axis=1)
        scale = outlier_scale(triangulation.errors)
        problem = BundleProblem(
            observations[:, usable], scale=scale, prior_cameras=cameras if free_intrinsics else None
        )
        adjusted = problem.minimise(adjusted, triangulation.points[usable])
        if number < rounds - 3 and abs(last_scale - scale) < CONVERGED * scale:
            break
        last_scale = scale
    return align_cameras(adjusted, cameras) if keep_gauge else list(adjusted)


def _confident(flat: np.ndarray) -> np.ndarray:
    """NaN where the confidence is low, unless that leaves too little."""
    low = ~(flat[..., 2] >= MIN_CONFIDENCE)
    kept = np.where(low[..., None], np.nan, flat)
    enough = (np.isfinite(kept[..., 0]).sum(axis=0) >= 2).sum() >= MIN_CONFIDENT_POINTS
    return kept if enough else flat


def _sample(flat: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Sorted indices of up to ``size`` points that three views see or, without many, two.

    Raises:
        ValueError: Hardly any point is seen by two.
    """
    views = np.isfinite(flat).all(axis=-1).sum(axis=0)
    seen = np.flatnonzero(views >= min(3, len(flat)))
    if len(seen) < min(size, 200):
        seen = np.flatnonzero(views >= 2)
    if len(seen) < MIN_POINTS:
        raise ValueError(
            f"only {len(seen)} keypoints are seen by two views with a confidence above "
            f"{MIN_CONFIDENCE}: cameras cannot be adjusted from them; lower camera_confidence, or "
            "record longer"
        )
    return np.sort(rng.permutation(seen)[:size])
