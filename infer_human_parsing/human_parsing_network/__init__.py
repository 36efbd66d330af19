"""Self-Correction for Human Parsing (SCHP) as plain torch modules; no ikomia, no files."""

from .classes import ATR, CIHP, CLASS_SETS, LIP, PASCAL, ClassSet
from .cpu import optimised, rearranged
from .network import ParsingLogits, ParsingNetwork
from .norm import folded
