"""Cameras and 3D keypoints from several views, in numpy and scipy; no ikomia, no files."""

from .camera import Camera
from .inputs import ENGINES, METHODS, MODES, PERSONS, Options
from .reconstruct import reconstruct, reconstruct_people
from .result import INTERPOLATED, MEASURED, REJECTED, UNKNOWN, Reconstruction, Reconstructions
from .skeletons import SKELETONS, Skeleton, skeleton_of

__all__ = [
    "ENGINES",
    "INTERPOLATED",
    "MEASURED",
    "METHODS",
    "MODES",
    "PERSONS",
    "REJECTED",
    "SKELETONS",
    "UNKNOWN",
    "Camera",
    "Options",
    "Reconstruction",
    "Reconstructions",
    "Skeleton",
    "reconstruct",
    "reconstruct_people",
    "skeleton_of",
]
