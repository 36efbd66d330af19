"""Inputs and outputs of train_flow_matting."""

from enum import IntEnum


class Input(IntEnum):
    """What goes in."""

    DATASET = 0


class Output(IntEnum):
    """What comes out."""

    REPORT = 0
