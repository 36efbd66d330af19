"""Robust Video Matting as plain torch modules; no ikomia, no files."""

from .network import MattingNetwork

__all__ = ["MattingNetwork"]
