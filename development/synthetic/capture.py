"""A studio whose truth is known: cameras in a ring, and a detector with the faults of real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter
from scipy.spatial.transform import Rotation

from infer_multiview_triangulation.multiview_geometry import SKELETONS, Camera, Skeleton
from infer_multiview_triangulation.multiview_geometry.cameras.aist_ring import SIZE, ring_camera

BURST = 12


@dataclass(frozen=True)
class Faults:
    """What a detector does wrong; shares are of all observations, lengths in pixels.

    Attributes:
        noise: Standard deviation of each coordinate.
        heavy_tails: Noise of Student's t with 4 degrees of freedom, not Gaussian.
        memory: Correlation of the noise from frame to frame, AR(1).
        missing: Keypoints not found.
        outliers: Keypoints 60 to 400 pixels off.
        swaps: Frames of a view, in bursts, with left and right exchanged.
        drops: Frames of a view, in bursts, without any keypoint.
    """

    noise: float = 0.0
    heavy_tails: bool = False
    memory: float = 0.0
    missing: float = 0.0
    outliers: float = 0.0
    swaps: float = 0.0
    drops: float = 0.0


CLEAN = Faults()
NOISE = Faults(noise=3, missing=0.05)
TYPICAL = Faults(4, heavy_tails=True, missing=0.08, outliers=0.02, swaps=0.02, drops=0.02)
HARD = Faults(5, heavy_tails=True, missing=0.15, outliers=0.08, swaps=0.06, drops=0.05)


def studio(
    views: Sequence[int] = range(1, 10),
    seed: int = 0,
    *,
    degrees: float = 3,
    centimetres: float = 25,
    focal: float = 0.06,
) -> list[Camera]:
    """AIST's ring as a crew would really set it up: each camera a little off."""
    rng = np.random.default_rng(seed)
    cameras = []
    for index in views:
        ideal = ring_camera(index)
        matrix = ideal.matrix.copy()
        matrix[:2, :2] *= 1 + focal * rng.uniform(-1, 1)
        error = Rotation.from_rotvec(np.deg2rad(degrees) * rng.normal(0, 1, 3) / np.sqrt(3))
        rotation = error * Rotation.from_rotvec(ideal.rotation)
        centre = ideal.centre + centimetres * rng.normal(0, 1, 3) / np.sqrt(3)
        translation = -rotation.as_matrix() @ centre
        distortions = np.array([rng.uniform(-0.05, 0.05), 0, 0, 0, 0])
        cameras.append(
            Camera(ideal.name, SIZE, matrix, distortions, rotation.as_rotvec(), translation)
        )
    return cameras


def detect(
    points: np.ndarray,
    cameras: Sequence[Camera],
    skeleton: str,
    faults: Faults = TYPICAL,
    seed: int = 0,
) -> np.ndarray:
    """What a detector says of ``points`` (F, J, 3): (V, F, J, 3) x, y, confidence; NaN missing."""
    return detect_points(points, cameras, SKELETONS[skeleton], faults, seed)


def detect_points(
    points: np.ndarray,
    cameras: Sequence[Camera],
    skeleton: Skeleton,
    faults: Faults = TYPICAL,
    seed: int = 0,
) -> np.ndarray:
    """The same of any skeleton, such as the corners of a board."""
    rng = np.random.default_rng(seed)
    mirrored = list(skeleton.mirrored)
    views = [_detect_view(points, camera, mirrored, faults=faults, rng=rng) for camera in cameras]
    return np.stack(views)


def _detect_view(
    points: np.ndarray,
    camera: Camera,
    mirrored: list[int],
    *,
    faults: Faults,
    rng: np.random.Generator,
) -> np.ndarray:
    frames, joints = points.shape[:2]
    pixels = camera.project(points) + _noise((frames, joints, 2), faults, rng)
    confidence = rng.uniform(0.6, 1.0, (frames, joints))
    swapped = _bursts(frames, faults.swaps, rng)
    pixels[swapped] = pixels[swapped][:, mirrored]
    outliers = rng.random((frames, joints)) < faults.outliers
    angle = rng.uniform(0, 2 * np.pi, outliers.sum())
    length = rng.uniform(60, 400, outliers.sum())
    pixels[outliers] += np.stack([np.cos(angle), np.sin(angle)], -1) * length[:, None]
    confidence[outliers] = rng.uniform(0.2, 0.9, outliers.sum())
    width, height = camera.size or SIZE
    inside = (pixels >= 0).all(-1) & (pixels < (width, height)).all(-1)
    missing = rng.random((frames, joints)) < faults.missing
    missing |= ~inside | _bursts(frames, faults.drops, rng)[:, None]
    keypoints = np.concatenate([pixels, confidence[..., None]], axis=-1)
    keypoints[missing] = np.nan
    return keypoints


def _noise(shape: tuple[int, int, int], faults: Faults, rng: np.random.Generator) -> np.ndarray:
    gaussian = rng.normal(0, 1, shape)
    white = rng.standard_t(4, shape) / np.sqrt(2) if faults.heavy_tails else gaussian
    if faults.memory:
        a = faults.memory
        white[1:] *= np.sqrt(1 - a * a)
        white = np.asarray(lfilter([1], [1, -a], white, axis=0))
    return faults.noise * white


def _bursts(frames: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """(F,) bool: true in bursts of about a dozen frames, ``share`` of all on average."""
    starts = rng.random(frames) < share / BURST
    return np.convolve(starts, np.ones(BURST))[:frames] > 0


class _Joint(NamedTuple):
    parent: str
    offset: tuple[float, float, float]
    swing: tuple[float, float, float] = (0, 0, 0)
    bend: tuple[float, float, float] = (0, 0, 0)


# Centimetres, y up, facing +z, left at +x. Swing: degrees about x, y, z; bend: its middle.
_LIMBS = {
    "pelvis": _Joint("", (0, 0, 0), (12, 60, 8)),
    "chest": _Joint("pelvis", (0, 28, 0), (14, 20, 10)),
    "neck": _Joint("chest", (0, 22, 0), (15, 30, 12)),
    "left_shoulder": _Joint("chest", (17, 18, 0), (60, 40, 50), (0, 0, -40)),
    "right_shoulder": _Joint("chest", (-17, 18, 0), (60, 40, 50), (0, 0, 40)),
    "left_elbow": _Joint("left_shoulder", (28, 0, 0), (0, 45, 0), (0, -60, 0)),
    "right_elbow": _Joint("right_shoulder", (-28, 0, 0), (0, 45, 0), (0, 60, 0)),
    "left_wrist": _Joint("left_elbow", (25, 0, 0)),
    "right_wrist": _Joint("right_elbow", (-25, 0, 0)),
    "left_hip": _Joint("pelvis", (10, -8, 0), (30, 15, 12), (-15, 0, 0)),
    "right_hip": _Joint("pelvis", (-10, -8, 0), (30, 15, 12), (-15, 0, 0)),
    "left_knee": _Joint("left_hip", (0, -42, 0), (28, 0, 0), (35, 0, 0)),
    "right_knee": _Joint("right_hip", (0, -42, 0), (28, 0, 0), (35, 0, 0)),
    "left_ankle": _Joint("left_knee", (0, -41, 0), (12, 10, 0)),
    "right_ankle": _Joint("right_knee", (0, -41, 0), (12, 10, 0)),
}
_FIXED = {
    "nose": ("neck", (0, 12, 11)),
    "left_eye": ("neck", (3, 15, 9)),
    "right_eye": ("neck", (-3, 15, 9)),
    "left_ear": ("neck", (7, 13, 1)),
    "right_ear": ("neck", (-7, 13, 1)),
    "upper_neck": ("neck", (0, 4, 0)),
    "head_top": ("neck", (0, 25, 2)),
    "mid_hip": ("pelvis", (0, -8, 0)),
    **{
        f"{side}_{name}": (f"{side}_ankle", (sign * x, y, z))
        for side, sign in (("left", 1), ("right", -1))
        for name, (x, y, z) in {
            "big_toe": (-2, -7, 17),
            "small_toe": (4, -7, 14),
            "heel": (0, -7, -5),
        }.items()
    },
}


def stick_dancer(
    frames: int, skeleton: str = "coco17", fps: float = 60, seed: int = 0
) -> np.ndarray:
    """A dancing stick figure with exact bone lengths: (F, J, 3) in centimetres, y up."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames) / fps
    path = np.stack([_wave(time, rng, 40), 92 + _wave(time, rng, 5), _wave(time, rng, 40)], -1)
    world = {"": (Rotation.identity(), path)}

    def carried(parent: str, offset: tuple[float, float, float]) -> np.ndarray:
        rotation, place = world[parent]
        return place + rotation.apply(offset)

    for name, joint in _LIMBS.items():
        angles = [m + _wave(time, rng, s) for m, s in zip(joint.bend, joint.swing, strict=True)]
        local = Rotation.from_euler("xyz", np.stack(angles, -1), degrees=True)
        world[name] = (world[joint.parent][0] * local, carried(joint.parent, joint.offset))
    joints = SKELETONS[skeleton].joints
    return np.stack([carried(*_FIXED.get(name, (name, (0, 0, 0)))) for name in joints], axis=1)


def _wave(time: np.ndarray, rng: np.random.Generator, size: float) -> np.ndarray:
    """A sum of three sines of 0.2 to 1.6 Hz whose extent is about ``size``."""
    rates = rng.uniform((0.2, 0.5, 0.9), (0.5, 0.9, 1.6))
    phases = rng.uniform(0, 2 * np.pi, 3)
    waves = np.sin(2 * np.pi * rates * time[:, None] + phases)
    return size * waves @ np.array([0.55, 0.3, 0.15])
