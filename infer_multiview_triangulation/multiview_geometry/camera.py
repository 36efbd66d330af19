"""A calibrated camera: the pinhole model with OpenCV's distortion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from .cameras.distortion import distort, undistort

# Points nearer than this to the plane of a camera are behind it.
MIN_DEPTH = 1e-9
# Beyond any place on earth in millimetres; the solvers multiply several such numbers.
MAX_VALUE = 1e12


@dataclass(frozen=True)
class Camera:
    """One view.

    Attributes:
        name: Unique among the views.
        size: Width and height in pixels, or None where no file gives it.
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
            if value.shape != shape or not (np.abs(value) <= MAX_VALUE).all():
                raise ValueError(
                    f"{name} of camera {self.name} must be finite {shape}, of numbers up to "
                    f"{MAX_VALUE:g}: {value}"
                )
            object.__setattr__(self, name, value)
        distortions = np.array(self.distortions, np.float64).ravel()
        if len(distortions) > 8 or not (np.abs(distortions) <= MAX_VALUE).all():
            raise ValueError(
                f"camera {self.name} has distortions {distortions}; at most 8 are known, and they "
                f"are numbers up to {MAX_VALUE:g}"
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
        rotated = self.rotation_matrix @ rotation.T
        moved = scale * self.translation - rotated @ translation
        return replace(self, rotation=Rotation.from_matrix(rotated).as_rotvec(), translation=moved)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Project world points (..., 3) to pixels (..., 2); NaN at or behind the camera."""
        local = points @ self.rotation_matrix.T + self.translation
        depth = np.where(local[..., 2:] > MIN_DEPTH, local[..., 2:], np.nan)
        return self.pixels(local[..., :2] / depth)

    def pixels(self, normalised: np.ndarray) -> np.ndarray:
        """Distort normalised image coordinates (..., 2) and turn them into pixels."""
        distorted, _ = distort(normalised, self.distortions)
        return distorted @ self.matrix[:2, :2].T + self.matrix[:2, 2]

    def normalised(self, pixels: np.ndarray) -> np.ndarray:
        """Undistort pixels (..., 2) into normalised image coordinates (x / z, y / z)."""
        distorted = (pixels - self.matrix[:2, 2]) @ np.linalg.inv(self.matrix[:2, :2]).T
        return undistort(distorted, self.distortions)
