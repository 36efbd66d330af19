"""Inputs and outputs of infer_smpl_fit."""

from enum import IntEnum


class Input(IntEnum):
    """What goes in."""

    KEYPOINTS = 0
    METADATA = 1


class Output(IntEnum):
    """What comes out."""

    POSES = 0
    TRANSL = 1
    SCALING = 2
    BETAS = 3
    REPORT = 4
    LOSS = 5
    PICTURE = 6
    OVERLAY = 7
