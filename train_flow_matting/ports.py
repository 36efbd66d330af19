"""Inputs and outputs of train_flow_matting."""

from enum import IntEnum


class Input(IntEnum):
    DATASET = 0


class Output(IntEnum):
    REPORT = 0
