"""One matte of two, by how well the empty background fits; numpy and OpenCV, no ikomia."""

from .fusing import FusedMatte, fuse
from .options import WEIGHT_SETS, FusionOptions

__all__ = ["WEIGHT_SETS", "FusedMatte", "FusionOptions", "fuse"]
