"""Inputs and outputs of infer_flow_matting."""

from enum import IntEnum


class Input(IntEnum):
    SOURCE = 0
    COARSE = 1
    COARSE_ARRAY = 2


class Output(IntEnum):
    COMPOSITE = 0
    ALPHA = 1
    FRAME = 2
    ALPHA_ARRAY = 3
    CONFIDENCE = 4
    FLOW = 5
