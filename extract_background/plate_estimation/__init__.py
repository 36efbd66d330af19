"""Empty background plates from frames, with or without mattes; numpy, OpenCV, numba, PyAV."""

from .estimate import estimate_plate
from .options import METHODS, PlateOptions, Sampling
from .plate import Plate
from .running import RunningMean
from .store import FrameStore

__all__ = [
    "METHODS",
    "FrameStore",
    "Plate",
    "PlateOptions",
    "RunningMean",
    "Sampling",
    "estimate_plate",
]
