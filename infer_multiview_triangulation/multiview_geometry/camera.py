"""A calibrated camera: the pinhole model with OpenCV's distortion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

NEWTON_STEPS = 12


@dataclass(frozen=True)
class Camera:
    """One view.

    Attributes:
        name: Unique among the views.
        size: Width and height in pixels, or None where no file told it.
        matrix: Intrinsics (3, 3); fx and fy may differ.
        distortions: OpenCV's order k1, k2, p1, p2[, k3[, k4, k5, k6]]; 5 or 8 numbers.
        rotation: rvec (3,), world to camera.
        translation: tvec (3,), in the world's unit.
    """

    name: str
    size: tuple[int, int] | None
    matrix: np.ndarray
    distortions: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray

    def __post_init__(self) -> None:
        for name, shape in (("matrix", (3, 3)), ("rotation", (3,)), ("translation", (3,))):
            value = np.array(getattr(self, name), np.float64)
            if value.shape != shape or not np.isfinite(value).all():
                raise ValueError(f"{name} of camera {self.name} must be finite {shape}: {value}")
            object.__setattr__(self, name, value)
        distortions = np.array(self.distortions, np.float64).ravel()
        if len(distortions) > 8 or not np.isfinite(distortions).all():
            raise ValueError(
                f"camera {self.name} has distortions {distortions}; at most 8 are known"
            )
        length = 8 if len(distortions) > 5 else 5
        padded = np.pad(distortions, (0, length - len(distortions)))
        object.__setattr__(self, "distortions", padded)

    @property
    def rotation_matrix(self) -> np.ndarray:
        """(3, 3), world to camera."""
        return Rotation.from_rotvec(self.rotation).as_matrix()

    @property
    def extrinsics(self) -> np.ndarray:
        """(3, 4): world to camera."""
        return np.hstack([self.rotation_matrix, self.translation[:, None]])

    @property
    def centre(self) -> np.ndarray:
        """(3,), in the world."""
        return -self.rotation_matrix.T @ self.translation

    def transformed(self, rotation: np.ndarray, translation: np.ndarray, scale: float) -> Camera:
        """The camera after the world moved: x' = scale * rotation @ x + translation."""
        turned = self.rotation_matrix @ rotation.T
        shifted = scale * self.translation - turned @ translation
        return replace(self, rotation=Rotation.from_matrix(turned).as_rotvec(), translation=shifted)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Project world points (..., 3) to pixels (..., 2); NaN at or behind the camera."""
        local = points @ self.rotation_matrix.T + self.translation
        depth = np.where(local[..., 2:] > 1e-9, local[..., 2:], np.nan)
        return self.pixels(local[..., :2] / depth)

    def pixels(self, normalised: np.ndarray) -> np.ndarray:
        """Distort normalised image coordinates (..., 2) and turn them into pixels."""
        distorted = distort(normalised, self.distortions)
        return distorted @ self.matrix[:2, :2].T + self.matrix[:2, 2]

    def normalised(self, pixels: np.ndarray) -> np.ndarray:
        """Undistort pixels (..., 2) into normalised image coordinates (x / z, y / z)."""
        seen = (pixels - self.matrix[:2, 2]) @ np.linalg.inv(self.matrix[:2, :2]).T
        return undistort(seen, self.distortions)


def distort(x: np.ndarray, distortions: np.ndarray) -> np.ndarray:
    """Apply OpenCV's rational radial and tangential distortion to (..., 2)."""
    return _distorted(x, distortions)[0]


def undistort(seen: np.ndarray, distortions: np.ndarray) -> np.ndarray:
    """Invert :func:`distort` by Newton's method.

    Where it does not converge, beyond the radius at which the model folds over, the result is NaN.
    """
    if not distortions.any():
        return seen.copy()
    x = seen.copy()
    for _ in range(NEWTON_STEPS):
        value, jacobian = _distorted(x, distortions)
        residual = value - seen
        a, b, c, d = (jacobian[..., i, j] for i in (0, 1) for j in (0, 1))
        determinant = a * d - b * c
        with np.errstate(divide="ignore", invalid="ignore"):
            step_x = (d * residual[..., 0] - b * residual[..., 1]) / determinant
            step_y = (a * residual[..., 1] - c * residual[..., 0]) / determinant
        x = x - np.stack([step_x, step_y], axis=-1)
        # NaN compares false, so missing points do not keep the loop alive.
        if not (np.abs(residual) > 1e-13).any():
            break
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.abs(distort(x, distortions) - seen).max(axis=-1)
        x[~(off < 1e-6)] = np.nan
    return x


def _distorted(x: np.ndarray, distortions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distorted coordinates (..., 2) and their derivative (..., 2, 2)."""
    k1, k2, p1, p2, k3, k4, k5, k6 = np.pad(distortions, (0, 8 - len(distortions)))
    u, v = x[..., 0], x[..., 1]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        r2 = u * u + v * v
        over = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        under = 1 + r2 * (k4 + r2 * (k5 + r2 * k6))
        radial = over / under
        slope = (
            (k1 + r2 * (2 * k2 + 3 * r2 * k3)) - radial * (k4 + r2 * (2 * k5 + 3 * r2 * k6))
        ) / under
        out = np.stack(
            [
                u * radial + 2 * p1 * u * v + p2 * (r2 + 2 * u * u),
                v * radial + p1 * (r2 + 2 * v * v) + 2 * p2 * u * v,
            ],
            axis=-1,
        )
        jacobian = np.empty((*x.shape, 2))
        jacobian[..., 0, 0] = radial + 2 * u * u * slope + 2 * p1 * v + 6 * p2 * u
        jacobian[..., 0, 1] = 2 * u * v * slope + 2 * p1 * u + 2 * p2 * v
        jacobian[..., 1, 0] = jacobian[..., 0, 1]
        jacobian[..., 1, 1] = radial + 2 * v * v * slope + 6 * p1 * v + 2 * p2 * u
    return out, jacobian
