"""Bundle adjustment: cameras and points together, the points eliminated by a Schur complement.

Levenberg and Marquardt with Geman and McClure's robust loss, whose scale falls from round to
round (Triggs et al., 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from .alignment import align_cameras
from .camera import Camera, _distorted
from .robust import scale_of, triangulate_robust
from .triangulation import solve_symmetric
from .views import rays_of

ROUNDS = 8
LM_STEPS = 12
STILL = 1e-3
MOST_POINTS, FINAL_POINTS = 1500, 4000
FOCAL_PRIOR, RADIAL_PRIOR = 0.10, 0.05
CONFIDENT = 0.3
POSE, FOCAL, RADIAL = slice(0, 6), 6, 7


@dataclass(frozen=True)
class Adjusted:
    """Cameras after bundle adjustment.

    Attributes:
        cameras: In the order and, by a similarity, in the world of those given.
        error: Median pixels between observations and points, over all inliers.
        points_used: How many points the last round used.
    """

    cameras: list[Camera]
    error: float
    points_used: int


def adjust(
    cameras: Sequence[Camera],
    keypoints: np.ndarray,
    free_intrinsics: bool,
    seed: int = 0,
    keep_gauge: bool = True,
    rounds: int = ROUNDS,
) -> Adjusted:
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
    rng = np.random.default_rng(seed)
    flat = keypoints.reshape(len(cameras), -1, 3)
    flat = _confident(flat)
    current = list(cameras)
    before, used = np.inf, 0
    for number in range(rounds):
        most = FINAL_POINTS if number >= rounds - 2 else MOST_POINTS
        chosen = _sample(flat, most, rng)
        if len(chosen) < 8:
            raise ValueError(
                f"only {len(chosen)} keypoints are seen by two views with a confidence above "
                f"{CONFIDENT}: cameras cannot be adjusted from them"
            )
        part = flat[:, chosen]
        found = triangulate_robust(rays_of(current, part))
        scale = scale_of(found.error)
        usable = np.isfinite(found.points).all(axis=1)
        problem = _Problem(current, part[:, usable], free_intrinsics, scale, cameras)
        current = problem.solve(found.points[usable])
        used = int(usable.sum())
        if number < rounds - 3 and abs(before - scale) < STILL * scale:
            break
        before = scale
    if keep_gauge:
        current = align_cameras(current, cameras)
    return Adjusted(current, _median_error(current, flat[:, chosen]), used)


def _confident(flat: np.ndarray) -> np.ndarray:
    """NaN where the confidence is low, unless that leaves too little."""
    low = ~(flat[..., 2] >= CONFIDENT)
    kept = np.where(low[..., None], np.nan, flat)
    enough = (np.isfinite(kept[..., 0]).sum(axis=0) >= 2).sum() >= 100
    return kept if enough else flat


def _sample(flat: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    views = np.isfinite(flat).all(axis=-1).sum(axis=0)
    for least in (3, 2):
        seen = np.flatnonzero(views >= min(least, len(flat)))
        if len(seen) >= min(most, 200):
            break
    return np.sort(rng.permutation(seen)[:most])


def _median_error(cameras: Sequence[Camera], flat: np.ndarray) -> float:
    found = triangulate_robust(rays_of(cameras, flat))
    inliers = found.error[found.inliers]
    return float(np.median(inliers)) if len(inliers) else float("nan")


class _Problem:
    """Cameras, points and observations of one round."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        keypoints: np.ndarray,
        free_intrinsics: bool,
        scale: float,
        first: Sequence[Camera],
    ) -> None:
        self._cameras = list(cameras)
        self._first_focal = np.array([camera.matrix[0, 0] for camera in first])
        self._first_radial = np.array([camera.distortions[0] for camera in first])
        self._size = 8 if free_intrinsics else 6
        self._pixels = np.nan_to_num(keypoints[..., :2])
        seen = np.isfinite(keypoints).all(axis=-1) & (keypoints[..., 2] > 0)
        self._confidence = np.where(seen, keypoints[..., 2], 0.0)
        self._scale = scale

    def solve(self, points: np.ndarray) -> list[Camera]:
        damping = 1e-4
        cameras = self._cameras
        cost = self._cost(cameras, points)
        for _ in range(LM_STEPS):
            blocks = self._normal_equations(cameras, points)
            improved = False
            for _ in range(6):
                camera_step, point_step = _schur_step(*blocks, damping)
                moved = [
                    _moved(camera, step) for camera, step in zip(cameras, camera_step, strict=True)
                ]
                new_points = points + point_step
                new_cost = self._cost(moved, new_points)
                if new_cost < cost:
                    improved = True
                    break
                damping *= 8
            if not improved:
                break
            fell = cost - new_cost
            cameras, points, cost = moved, new_points, new_cost
            damping = max(damping / 5, 1e-9)
            if fell < 1e-6 * cost:
                break
        return cameras

    def _cost(self, cameras: list[Camera], points: np.ndarray) -> float:
        total = 0.0
        for view, camera in enumerate(cameras):
            local = points @ camera.rotation_matrix.T + camera.translation
            depth = local[:, 2]
            safe = np.where(depth > 1e-9, depth, np.nan)
            off = camera.pixels(local[:, :2] / safe[:, None]) - self._pixels[view]
            squared = np.einsum("ni,ni->n", off, off)
            bounded = np.where(np.isfinite(squared), squared / (self._scale**2 + squared), 1.0)
            total += float(self._confidence[view] @ bounded) * self._scale**2
        return total + self._prior_cost(cameras)

    def _prior_cost(self, cameras: list[Camera]) -> float:
        if self._size == 6:
            return 0.0
        focal, radial = self._prior_offsets(cameras)
        return self._prior_weight * float(
            ((focal / FOCAL_PRIOR) ** 2).sum() + ((radial / RADIAL_PRIOR) ** 2).sum()
        )

    @property
    def _prior_weight(self) -> float:
        return (self._scale / 3.5) ** 2

    def _prior_offsets(self, cameras: list[Camera]) -> tuple[np.ndarray, np.ndarray]:
        focal = np.log([camera.matrix[0, 0] for camera in cameras]) - np.log(self._first_focal)
        radial = np.array([camera.distortions[0] for camera in cameras]) - self._first_radial
        return focal, radial

    def _normal_equations(self, cameras: list[Camera], points: np.ndarray):
        """U (V, c, c), its gradient (V, c), W (V, N, c, 3), V (N, 3, 3), its gradient (N, 3)."""
        views, count = len(cameras), len(points)
        corner = np.zeros((views, self._size, self._size))
        camera_pull = np.zeros((views, self._size))
        border = np.zeros((views, count, self._size, 3))
        blocks, point_pull = np.zeros((count, 3, 3)), np.zeros((count, 3))
        for view, camera in enumerate(cameras):
            by_camera, by_point, off, valid = _derivatives(
                camera, points, self._pixels[view], self._size
            )
            squared = np.einsum("ni,ni->n", off, off)
            weight = (self._scale**2 / (self._scale**2 + squared)) ** 2
            weight = np.where(valid, weight * self._confidence[view], 0.0)
            heavy_camera = by_camera * weight[:, None, None]
            heavy_point = by_point * weight[:, None, None]
            corner[view] = np.tensordot(heavy_camera, by_camera, ([0, 1], [0, 1]))
            camera_pull[view] = np.tensordot(heavy_camera, off, ([0, 1], [0, 1]))
            border[view] = heavy_camera.transpose(0, 2, 1) @ by_point
            blocks += heavy_point.transpose(0, 2, 1) @ by_point
            point_pull += (heavy_point.transpose(0, 2, 1) @ off[..., None])[..., 0]
        if self._size == 8:
            focal, radial = self._prior_offsets(cameras)
            for place, off, spread in (
                (FOCAL, focal, FOCAL_PRIOR),
                (RADIAL, radial, RADIAL_PRIOR),
            ):
                corner[:, place, place] += self._prior_weight / spread**2
                camera_pull[:, place] += self._prior_weight * off / spread**2
        return corner, camera_pull, border, blocks, point_pull


def _derivatives(
    camera: Camera, points: np.ndarray, pixels: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """By the camera (N, 2, c), by the point (N, 2, 3), residual (N, 2), and which are valid."""
    turn = camera.rotation_matrix
    turned = points @ turn.T
    local = turned + camera.translation
    valid = local[:, 2] > 1e-9
    depth = np.where(valid, local[:, 2], 1.0)
    xy = local[:, :2] / depth[:, None]
    distorted, by_xy = _distorted(xy, camera.distortions)
    affine = camera.matrix[:2, :2]
    off = distorted @ affine.T + camera.matrix[:2, 2] - pixels
    by_local = np.zeros((len(points), 2, 3))
    by_local[:, 0, 0] = by_local[:, 1, 1] = 1 / depth
    by_local[:, :, 2] = -xy / depth[:, None]
    by_local = (affine @ by_xy) @ by_local
    by_camera = np.zeros((len(points), 2, size))
    # Left perturbation: d(exp(w) R x) = -[R x]_x w, and a x b read off the rows.
    by_camera[..., :3] = np.cross(turned[:, None], by_local)
    by_camera[..., 3:6] = by_local
    if size == 8:
        by_camera[..., FOCAL] = distorted @ affine.T
        r2 = (xy * xy).sum(axis=-1)
        k4, k5, k6 = np.pad(camera.distortions, (0, 8 - len(camera.distortions)))[5:]
        under = 1 + r2 * (k4 + r2 * (k5 + r2 * k6))
        by_camera[..., RADIAL] = (xy * (r2 / under)[:, None]) @ affine.T
    finite = np.isfinite(by_camera).all(axis=(1, 2)) & np.isfinite(off).all(axis=1) & valid
    clean = [np.where(finite.reshape(-1, *[1] * (x.ndim - 1)), x, 0.0) for x in (by_camera, off)]
    return clean[0], np.where(finite[:, None, None], by_local @ turn, 0.0), clean[1], finite


def _schur_step(
    corner: np.ndarray,
    camera_pull: np.ndarray,
    border: np.ndarray,
    blocks: np.ndarray,
    point_pull: np.ndarray,
    damping: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Steps of the cameras (V, c) and the points (N, 3)."""
    views, count, size = border.shape[:3]
    damped = blocks + damping * np.einsum("nab,ab->nab", blocks, np.eye(3))
    damped += 1e-12 * np.trace(blocks, axis1=1, axis2=2).mean() * np.eye(3)
    inverse = _inverses(damped)
    wide = border.transpose(0, 2, 1, 3).reshape(views * size, count, 3)
    solved = np.einsum("knb,nbc->knc", wide, inverse, optimize=True)
    reduced = -solved.reshape(views * size, -1) @ wide.reshape(views * size, -1).T
    for view in range(views):
        part = slice(view * size, (view + 1) * size)
        diagonal = np.diag(np.diag(corner[view]))
        reduced[part, part] += corner[view] + damping * diagonal
    right = -camera_pull.reshape(-1) + solved.reshape(views * size, -1) @ point_pull.reshape(-1)
    # The gauge is free: of all solutions take the shortest.
    scale = 1 / np.sqrt(np.maximum(np.diag(reduced), 1e-12))
    camera_step = (
        scale * np.linalg.lstsq(reduced * np.outer(scale, scale), right * scale, rcond=1e-12)[0]
    )
    pull = point_pull + np.einsum("knb,k->nb", wide, camera_step)
    return camera_step.reshape(views, size), -np.einsum("nab,nb->na", inverse, pull)


def _inverses(blocks: np.ndarray) -> np.ndarray:
    columns = [
        solve_symmetric(blocks, np.broadcast_to(axis, (len(blocks), 3)), np.ones(len(blocks), bool))
        for axis in np.eye(3)
    ]
    return np.nan_to_num(np.stack(columns, axis=-1))


def _moved(camera: Camera, step: np.ndarray) -> Camera:
    turn = Rotation.from_rotvec(step[:3])
    rotation = turn * Rotation.from_rotvec(camera.rotation)
    moved = replace(
        camera, rotation=rotation.as_rotvec(), translation=camera.translation + step[3:6]
    )
    if len(step) == 6:
        return moved
    matrix = camera.matrix.copy()
    matrix[:2, :2] *= np.exp(np.clip(step[FOCAL], -0.5, 0.5))
    distortions = camera.distortions.copy()
    distortions[0] += step[RADIAL]
    return replace(moved, matrix=matrix, distortions=distortions)
