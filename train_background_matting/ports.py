"""Inputs and outputs of train_background_matting."""

from enum import IntEnum


class Input(IntEnum):
    FOREGROUNDS = 0


class Output(IntEnum):
    REPORT = 0
