"""Empty background plates from frames, with or without mattes; numpy, OpenCV, numba, PyAV."""

from .estimate import estimate_plate
from .moving import MovingPlate, PlateView
from .plate import Plate, PlateOptions, Sampling
from .running import RunningMean
from .store import FrameStore

__all__ = [
    "FrameStore",
    "MovingPlate",
    "Plate",
    "PlateOptions",
    "PlateView",
    "RunningMean",
    "Sampling",
    "estimate_plate",
]
