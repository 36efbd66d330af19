"""Cameras from videos of a ChArUco board or a checkerboard, by OpenCV; no ikomia."""

from .board import FORMS, Board
from .calibrate import BoardCalibration, BoardOptions, calibrate_by_board, calibrate_sightings
from .footage import find_footage, footage_of
from .sightings import Sightings
from .world import WORLDS

__all__ = [
    "FORMS",
    "WORLDS",
    "Board",
    "BoardCalibration",
    "BoardOptions",
    "Sightings",
    "calibrate_by_board",
    "calibrate_sightings",
    "find_footage",
    "footage_of",
]
