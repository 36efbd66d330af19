"""Inputs and outputs of infer_chroma_key."""

from enum import IntEnum


class Input(IntEnum):
    FRAME = 0
    REGION = 1


class Output(IntEnum):
    ALPHA = 0
    ALPHA_ARRAY = 1
    FOREGROUND = 2
    REPORT = 3
