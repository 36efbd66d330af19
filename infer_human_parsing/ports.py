"""Inputs and outputs of infer_human_parsing."""

from enum import IntEnum


class Input(IntEnum):
    SOURCE = 0
    DETECTIONS = 1


class Output(IntEnum):
    IMAGE = 0
    SEGMENTATION = 1
    MASK = 2
    TRIMAP = 3
    PART_MAPS = 4
    PROBABILITY = 5
    PEOPLE = 6
