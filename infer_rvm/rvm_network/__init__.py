"""Robust Video Matting as plain torch modules; no ikomia, no files."""

from .full_size import Matte
from .network import MattingNetwork
from .stream import MattingStream, auto_ratio
