"""Empty background plates from frames, with or without mattes; numpy, OpenCV, numba, PyAV."""

from .estimate import estimate_plate
from .plate import Plate, PlateOptions, Sampling
from .running import RunningMean
from .store import FrameStore

__all__ = [
    "FrameStore",
    "Plate",
    "PlateOptions",
    "RunningMean",
    "Sampling",
    "estimate_plate",
]
