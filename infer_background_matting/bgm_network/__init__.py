"""Background Matting V2 as plain torch modules; no ikomia, no files."""

from .network import MattingBase, MattingRefine

__all__ = ["MattingBase", "MattingRefine"]
