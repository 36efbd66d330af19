"""Video in: the kit's reader, under the name that it had before there was a kit."""

from plugin_kit.video import (
    EXACT_COLOURS,
    HD_LINES,
    Frame,
    VideoError,
    VideoInfo,
    VideoReader,
    upright_rgb,
)
from plugin_kit.video.opening import OPENING

__all__ = [
    "EXACT_COLOURS",
    "HD_LINES",
    "OPENING",
    "Frame",
    "VideoError",
    "VideoInfo",
    "VideoReader",
    "upright_rgb",
]
