"""Inputs and outputs of extract_background."""

from enum import IntEnum


class Input(IntEnum):
    """What goes in."""

    FRAMES = 0
    MATTES = 1


class Output(IntEnum):
    """What comes out."""

    BACKGROUND = 0
    COVERAGE = 1
    HOLES = 2
    REPORT = 3
    COVERAGE_ARRAY = 4
    MOSAIC = 5
