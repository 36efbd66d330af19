"""Inputs and outputs of infer_multiview_triangulation."""

from enum import IntEnum


class Input(IntEnum):
    """What goes in."""

    KEYPOINTS = 0
    METADATA = 1
    CAMERAS = 2


class Output(IntEnum):
    """What comes out."""

    KEYPOINTS3D = 0
    REPORT = 1
    ERRORS = 2
    PICTURE = 3
    FRAME_BY_FRAME = 4
