"""Empty background plates from frames, with or without mattes; numpy, OpenCV, numba, PyAV."""

from .estimate import METHODS, PlateOptions, estimate_plate
from .plate import Plate
from .running import RunningMean
from .store import FrameStore

__all__ = ["METHODS", "FrameStore", "Plate", "PlateOptions", "RunningMean", "estimate_plate"]
