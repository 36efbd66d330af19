"""Inputs and outputs of infer_people."""

from enum import IntEnum


class Input(IntEnum):
    """What goes in."""

    SOURCE = 0
    DETECTIONS = 1


class Output(IntEnum):
    """What comes out."""

    PICTURE = 0
    KEYPOINTS_IO = 1
    KEYPOINTS = 2
    DESCRIPTION = 3
    MASK = 4
    INSTANCES = 5
