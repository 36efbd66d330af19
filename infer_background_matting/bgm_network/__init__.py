"""Background Matting V2 as plain torch modules; no ikomia, no files."""

from .matte import Matte
from .matter import Matter, build_matter
from .network import MattingBase, MattingRefine

__all__ = ["Matte", "Matter", "MattingBase", "MattingRefine", "build_matter"]
