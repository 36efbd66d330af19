"""One matte of two, by how well the empty background fits; numpy and OpenCV, no ikomia."""

from .fusing import FusedMatte, fuse
from .options import MASK_OPTIONS, WEIGHT_SETS, FusionOptions

__all__ = ["MASK_OPTIONS", "WEIGHT_SETS", "FusedMatte", "FusionOptions", "fuse"]
