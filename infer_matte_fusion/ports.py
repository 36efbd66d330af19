"""Inputs and outputs of infer_matte_fusion."""

from enum import IntEnum


class Input(IntEnum):
    """What goes in; of each matte a picture or an exact array."""

    FRAME = 0
    BASE = 1
    BASE_ARRAY = 2
    SECOND = 3
    SECOND_ARRAY = 4
    PLATE = 5
    COVERAGE = 6


class Output(IntEnum):
    """What comes out."""

    ALPHA = 0
    ALPHA_ARRAY = 1
    SHARE = 2
    SHARE_ARRAY = 3
    REPORT = 4
