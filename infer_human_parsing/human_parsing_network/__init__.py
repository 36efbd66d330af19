"""Self-Correction for Human Parsing (SCHP) as plain torch modules; no ikomia, no files."""

from .classes import ATR, CIHP, CLASS_SETS, LIP, PASCAL, ClassSet
from .folding import folded
from .network import ParsingLogits, ParsingNetwork

__all__ = [
    "ATR",
    "CIHP",
    "CLASS_SETS",
    "LIP",
    "PASCAL",
    "ClassSet",
    "ParsingLogits",
    "ParsingNetwork",
    "folded",
]
