"""Inputs and outputs of infer_background_matting."""

from enum import IntEnum


class Input(IntEnum):
    SOURCE = 0
    BACKGROUND = 1
    NEW_BACKGROUND = 2


class Output(IntEnum):
    COMPOSITE = 0
    ALPHA = 1
    FOREGROUND = 2
    ERROR = 3
    ALPHA_ARRAY = 4
