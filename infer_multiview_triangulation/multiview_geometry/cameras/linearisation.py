"""How pixels change with a camera and with points, and cameras changed by a step.

A camera has up to eight parameters: three of a rotation vector that is applied after its own
rotation, its translation, the logarithm of a factor of the focal lengths, and k1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from ..camera import MIN_DEPTH, Camera
from .distortion import distort, padded

ROTATION, TRANSLATION, FOCAL, RADIAL = slice(0, 3), slice(3, 6), 6, 7
INTRINSICS = [FOCAL, RADIAL]
POSE_PARAMETERS, ALL_PARAMETERS = 6, 8
# A step changes a focal length by no more than the factor exp(0.5).
MAX_FOCAL_STEP = 0.5


class Linearisation(NamedTuple):
    """First order of the pixels of N points in a camera; zeros where not valid.

    Attributes:
        by_camera: (N, 2, c), derivatives by its first c parameters.
        by_point: (N, 2, 3), derivatives by the points.
        residuals: (N, 2), projected less observed pixels.
        valid: (N,) bool, in front of the camera and finite.
    """

    by_camera: np.ndarray
    by_point: np.ndarray
    residuals: np.ndarray
    valid: np.ndarray


def linearise(
    camera: Camera, points: np.ndarray, pixels: np.ndarray, parameters: int
) -> Linearisation:
    """Linearise the projection of ``points`` (N, 3), observed at ``pixels`` (N, 2).

    Args:
        parameters: How many of the camera's: 6 for the pose alone, 8 for all.
    """
    rotation = camera.rotation_matrix
    rotated = points @ rotation.T
    local = rotated + camera.translation
    valid = local[:, 2] > MIN_DEPTH
    depth = np.where(valid, local[:, 2], 1.0)
    xy = local[:, :2] / depth[:, None]
    distorted, by_xy = distort(xy, camera.distortions)
    affine = camera.matrix[:2, :2]
    residuals = distorted @ affine.T + camera.matrix[:2, 2] - pixels
    by_local = np.zeros((len(points), 2, 3))
    by_local[:, 0, 0] = by_local[:, 1, 1] = 1 / depth
    by_local[:, :, 2] = -xy / depth[:, None]
    by_local = (affine @ by_xy) @ by_local
    by_camera = np.zeros((len(points), 2, parameters))
    # Left perturbation: d(exp(w) R x) = -[R x]_x w, and a x b read off the rows.
    by_camera[..., ROTATION] = np.cross(rotated[:, None], by_local)
    by_camera[..., TRANSLATION] = by_local
    if parameters == ALL_PARAMETERS:
        by_camera[..., FOCAL] = distorted @ affine.T
        r2 = (xy * xy).sum(axis=-1)
        k4, k5, k6 = padded(camera.distortions)[5:]
        denominator = 1 + r2 * (k4 + r2 * (k5 + r2 * k6))
        by_camera[..., RADIAL] = (xy * (r2 / denominator)[:, None]) @ affine.T
    valid &= np.isfinite(by_camera).all(axis=(1, 2)) & np.isfinite(residuals).all(axis=1)
    return Linearisation(
        np.where(valid[:, None, None], by_camera, 0.0),
        np.where(valid[:, None, None], by_local @ rotation, 0.0),
        np.where(valid[:, None], residuals, 0.0),
        valid,
    )


def intrinsics(cameras: Sequence[Camera]) -> np.ndarray:
    """(2, V): the logarithm of each camera's focal length, and its k1."""
    focal = [camera.matrix[0, 0] for camera in cameras]
    return np.array([np.log(focal), [camera.distortions[0] for camera in cameras]])


def perturb(camera: Camera, step: np.ndarray) -> Camera:
    """The camera whose parameters are greater by ``step``, (6,) or (8,)."""
    rotation = Rotation.from_rotvec(step[ROTATION]) * Rotation.from_rotvec(camera.rotation)
    perturbed = replace(
        camera, rotation=rotation.as_rotvec(), translation=camera.translation + step[TRANSLATION]
    )
    if len(step) == POSE_PARAMETERS:
        return perturbed
    matrix = camera.matrix.copy()
    matrix[:2, :2] *= np.exp(np.clip(step[FOCAL], -MAX_FOCAL_STEP, MAX_FOCAL_STEP))
    distortions = camera.distortions.copy()
    distortions[0] += step[RADIAL]
    return replace(perturbed, matrix=matrix, distortions=distortions)
