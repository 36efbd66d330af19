"""Inputs and outputs of infer_rvm."""

from enum import IntEnum


class Input(IntEnum):
    SOURCE = 0
    NEW_BACKGROUND = 1


class Output(IntEnum):
    COMPOSITE = 0
    ALPHA = 1
    FOREGROUND = 2
    ALPHA_ARRAY = 3
