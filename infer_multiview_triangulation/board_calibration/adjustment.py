"""Adjust all cameras and all places of the board together (bundle adjustment, Triggs et al., 2000).

Levenberg and Marquardt's steps with Huber's weights; the derivatives are OpenCV's. SciPy's sparse
least squares solve each step by LSMR, which takes ten times as many of them here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.linalg import pinv, solve
from scipy.sparse import csr_matrix, diags_array, issparse
from scipy.spatial.transform import Rotation

from ..infer_multiview_triangulation_kit.stopping import check_stop_inside
from ..multiview_geometry.camera import Camera
from .poses import Rigid

POSE = 6
# fx, fy, cx, cy.
PINHOLE = 4
# Of Huber's loss, in pixels: corners that are off by more pull no harder.
LOSS_SCALE = 1.0
MOST_STEPS, MOST_TRIALS = 40, 6
START_DAMPING, MIN_DAMPING = 1e-3, 1e-9
WORSE, BETTER = 8, 5
CONVERGED = 1e-6


@dataclass(frozen=True)
class Adjusted:
    """The result.

    Attributes:
        cameras: The first at the origin of the world.
        boards: To world, of B moments.
        coefficients: How many distortions of each were adjusted; below 0: no intrinsics were.
    """

    cameras: list[Camera]
    boards: Rigid
    coefficients: Sequence[int] = ()


def adjust(
    cameras: Sequence[Camera],
    boards: Rigid,
    pixels: np.ndarray,
    corners: np.ndarray,
    *,
    coefficients: Sequence[int],
) -> Adjusted:
    """The cameras and places of the board that explain the corners best.

    Args:
        cameras: V, to begin from.
        boards: To world, of B moments, to begin from.
        pixels: (V, B, C, 2), NaN where unseen.
        corners: (C, 3) of the board.
        coefficients: How many of each camera's distortions are adjusted with its focal lengths and
            principal point; below 0: its intrinsics stay as they are.
    """
    problem = _Problem(cameras, pixels, corners, coefficients)
    values = _minimum(problem.residuals, problem.jacobian, problem.packed(cameras, boards))
    return problem.unpacked(values)


def focal_deviation(adjusted: Adjusted, pixels: np.ndarray, corners: np.ndarray) -> float:
    """The standard deviation of the first camera's focal length, as a share of it.

    By the noise that the residuals show; infinite where nothing determines it.
    """
    problem = _Problem(adjusted.cameras, pixels, corners, adjusted.coefficients)
    values = problem.packed(adjusted.cameras, adjusted.boards)
    residuals, jacobian = problem.residuals(values), problem.jacobian(values)
    hessian = (jacobian.T @ jacobian).toarray()
    free = np.flatnonzero(np.diag(hessian) > 0)
    scale = 1 / np.sqrt(np.diag(hessian)[free])
    covariance = pinv(hessian[np.ix_(free, free)] * np.outer(scale, scale))
    freedom = max(1, len(residuals) - len(free))
    variance = covariance[0, 0] * scale[0] ** 2 * float(residuals @ residuals) / freedom
    return float(np.sqrt(variance) / values[0]) if variance > 0 else np.inf


def _minimum(
    residuals_of: Callable[[np.ndarray], np.ndarray],
    jacobian_of: Callable[[np.ndarray], csr_matrix | np.ndarray],
    values: np.ndarray,
) -> np.ndarray:
    """The values at which Huber's loss of the residuals is least, by Levenberg and Marquardt."""
    residuals = residuals_of(values)
    cost, damping = _cost(residuals), START_DAMPING
    for _ in range(MOST_STEPS):
        check_stop_inside("the calibration")
        before = cost
        jacobian, weights = jacobian_of(values), _weights(residuals)
        weighted = diags_array(weights) @ jacobian
        product = weighted.T @ jacobian
        hessian = product.toarray() if issparse(product) else product
        gradient, diagonal = weighted.T @ residuals, np.diag(hessian)
        # Pixels, radians and metres would be badly conditioned as they are.
        scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        scaled = hessian * np.outer(scale, scale)
        for _ in range(MOST_TRIALS):
            # What nothing depends on, as the first camera's pose, stays.
            damped = scaled + np.diag(np.where(diagonal > 0, damping, 1.0))
            step = scale * solve(damped, -gradient * scale, assume_a="sym")
            moved = residuals_of(values + step)
            moved_cost = _cost(moved)
            if moved_cost < cost:
                values, residuals, cost = values + step, moved, moved_cost
                damping = max(damping / BETTER, MIN_DAMPING)
                break
            damping *= WORSE
        if before - cost <= CONVERGED * cost:
            break
    return values


def _weights(residuals: np.ndarray) -> np.ndarray:
    return 1 / np.maximum(np.abs(residuals) / LOSS_SCALE, 1)


def _cost(residuals: np.ndarray) -> float:
    """Huber's; infinite where a step went beyond all numbers."""
    size = np.abs(residuals) / LOSS_SCALE
    cost = float(np.where(size <= 1, size**2, 2 * size - 1).sum())
    return cost if np.isfinite(cost) else np.inf


class _Problem:
    """Between vectors of parameters and what they mean.

    A vector holds each camera's free intrinsics and pose (not the first's, which is the world's),
    then the board's pose of each moment, as rotation vector and translation.
    """

    def __init__(
        self,
        cameras: Sequence[Camera],
        pixels: np.ndarray,
        corners: np.ndarray,
        coefficients: Sequence[int],
    ) -> None:
        self._cameras, self._pixels, self._corners = cameras, pixels, corners
        self._coefficients = coefficients
        self._seen = np.isfinite(pixels[..., 0])
        free = [0 if count < 0 else PINHOLE + count for count in coefficients]
        self._begins = np.cumsum([0, *(size + POSE for size in free)])
        self._free = free
        self._views, self._moments = np.nonzero(self._seen.any(axis=-1))

    def packed(self, cameras: Sequence[Camera], boards: Rigid) -> np.ndarray:
        parts = []
        for camera, size, count in zip(cameras, self._free, self._coefficients, strict=True):
            if size:
                matrix = camera.matrix
                parts.append([matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]])
                parts.append(_all_distortions(camera)[:count])
            parts += [camera.rotation, camera.translation]
        vectors = Rotation.from_matrix(boards.rotation).as_rotvec()
        parts.append(np.hstack([vectors, boards.translation]).ravel())
        return np.concatenate([np.ravel(part) for part in parts])

    def unpacked(self, values: np.ndarray) -> Adjusted:
        cameras = []
        for view, camera in enumerate(self._cameras):
            matrix, distortions, rotation, translation = self._camera(values, view)
            length = 8 if distortions[5:].any() else 5
            cameras.append(
                replace(
                    camera,
                    matrix=matrix,
                    distortions=distortions[:length],
                    rotation=rotation,
                    translation=translation,
                )
            )
        boards = values[self._begins[-1] :].reshape(-1, POSE)
        turned = Rotation.from_rotvec(boards[:, :3]).as_matrix()
        return Adjusted(cameras, Rigid(turned, boards[:, 3:]), self._coefficients)

    def _camera(
        self, values: np.ndarray, view: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Matrix, distortions (8,), rotation, translation."""
        camera, begin, size = self._cameras[view], self._begins[view], self._free[view]
        matrix, distortions = camera.matrix.copy(), _all_distortions(camera)
        if size:
            matrix[[0, 1, 0, 1], [0, 1, 2, 2]] = values[begin : begin + PINHOLE]
            count = self._coefficients[view]
            distortions[:count] = values[begin + PINHOLE : begin + size]
        pose = values[begin + size : begin + size + POSE]
        if view == 0:
            return matrix, distortions, np.zeros(3), np.zeros(3)
        return matrix, distortions, pose[:3], pose[3:]

    def _board(self, moment: int) -> slice:
        begin = self._begins[-1] + POSE * moment
        return slice(begin, begin + POSE)

    def residuals(self, values: np.ndarray) -> np.ndarray:
        """Pixels, of every corner that is seen; x and y after each other."""
        found = []
        cameras = [self._camera(values, view) for view in range(len(self._cameras))]
        for view, moment in zip(self._views.tolist(), self._moments.tolist(), strict=True):
            matrix, distortions, rotation, translation = cameras[view]
            board = values[self._board(moment)]
            pose = cv2.composeRT(board[:3], board[3:], rotation, translation)[:2]
            seen = self._seen[view, moment]
            shown, _ = cv2.projectPoints(self._corners[seen], *pose, matrix, distortions)
            found.append(shown.reshape(-1, 2) - self._pixels[view, moment, seen])
        return np.concatenate(found).ravel()

    def jacobian(self, values: np.ndarray) -> csr_matrix:
        """The derivatives of the residuals (2N, parameters)."""
        data, columns, rows = [], [], [0]
        cameras = [self._camera(values, view) for view in range(len(self._cameras))]
        for view, moment in zip(self._views.tolist(), self._moments.tolist(), strict=True):
            matrix, distortions, rotation, translation = cameras[view]
            place = self._board(moment)
            _, by_lens, by_board, by_camera = _linearised(
                self._corners[self._seen[view, moment]],
                values[place],
                (rotation, translation),
                (matrix, distortions),
            )
            if view == 0:
                by_camera = np.zeros_like(by_camera)
            size = self._free[view]
            block = np.hstack([by_lens[:, :size], by_camera, by_board])
            begin = self._begins[view]
            index = np.concatenate(
                [np.arange(begin, begin + size + POSE), np.arange(place.start, place.stop)]
            )
            data.append(block.ravel())
            columns.append(np.tile(index, len(block)))
            rows.extend(rows[-1] + len(index) * np.arange(1, len(block) + 1))
        shape = len(rows) - 1, len(values)
        return csr_matrix((np.concatenate(data), np.concatenate(columns), rows), shape=shape)


def _all_distortions(camera: Camera) -> np.ndarray:
    return np.pad(camera.distortions, (0, 8 - len(camera.distortions)))


def place_board(
    pose: Rigid, cameras: Sequence[Camera], pixels: np.ndarray, corners: np.ndarray
) -> Rigid:
    """The place (3, 3), (3,) of the board that best explains pixels (V, C, 2) of these cameras."""
    seen = np.isfinite(pixels[..., 0])
    views = np.flatnonzero(seen.any(axis=1)).tolist()

    def shown(values: np.ndarray, view: int) -> tuple[np.ndarray, np.ndarray]:
        camera = cameras[view]
        pose = camera.rotation, camera.translation
        lens = camera.matrix, camera.distortions
        pixels, _, by_board, _ = _linearised(corners[seen[view]], values, pose, lens)
        return pixels, by_board

    def residuals(values: np.ndarray) -> np.ndarray:
        return np.concatenate([shown(values, v)[0] - pixels[v, seen[v]] for v in views]).ravel()

    def jacobian(values: np.ndarray) -> np.ndarray:
        return np.concatenate([shown(values, view)[1] for view in views])

    start = np.r_[Rotation.from_matrix(pose.rotation).as_rotvec(), pose.translation]
    solved = _minimum(residuals, jacobian, start)
    return Rigid(Rotation.from_rotvec(solved[:3]).as_matrix(), solved[3:])


def _linearised(
    corners: np.ndarray,
    board: np.ndarray,
    pose: tuple[np.ndarray, np.ndarray],
    lens: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The corners' pixels (N, 2), and their derivatives (2N, …) by the lens, the board, the camera.

    Args:
        board: Rotation vector and translation (6,), to the world.
        pose, lens: The camera's rotation vector and translation, its matrix and distortions (8,).
    """
    rotated, moved, *chain = cv2.composeRT(board[:3], board[3:], *pose)
    shown, by_all = cv2.projectPoints(corners, rotated, moved, *lens)
    by_pose = by_all[:, :POSE]
    turned_by, moved_by = chain[:4], chain[4:]
    blocks = np.empty((POSE, 2 * POSE))
    for half, derivatives in enumerate((turned_by, moved_by)):
        for column, derivative in enumerate(derivatives):
            blocks[3 * half : 3 * half + 3, 3 * column : 3 * column + 3] = derivative
    by_board, by_camera = by_pose @ blocks[:, :POSE], by_pose @ blocks[:, POSE:]
    return shown.reshape(-1, 2), by_all[:, POSE:], by_board, by_camera
