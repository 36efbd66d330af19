"""Cameras and 3D keypoints from several views, in numpy and scipy; no ikomia, no files."""

from .camera import Camera
from .inputs import ENGINES, METHODS, MODES, Options
from .reconstruct import reconstruct
from .result import INTERPOLATED, MEASURED, REJECTED, UNKNOWN, Reconstruction
from .skeletons import SKELETONS, Skeleton, skeleton_of

__all__ = [
    "ENGINES",
    "INTERPOLATED",
    "MEASURED",
    "METHODS",
    "MODES",
    "REJECTED",
    "SKELETONS",
    "UNKNOWN",
    "Camera",
    "Options",
    "Reconstruction",
    "Skeleton",
    "reconstruct",
    "skeleton_of",
]
