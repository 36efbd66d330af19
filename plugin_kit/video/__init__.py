"""Video in, by PyAV: the one reader for chains, plates, flow, overlays and training.

Pictures come upright and in the right colours, times grow, counts are true, and damaged files
give what can be decoded, with a warning.
"""

from .frames import EXACT_COLOURS, HD_LINES, UNTAGGED, ColorMatrix, upright_rgb
from .lookup import (
    MatrixMatch,
    can_seek,
    count_frames,
    frame_at,
    matching_matrix,
    time_of_frame,
)
from .opening import VideoError, open_video
from .reader import MOST_REORDERED, Frame, VideoReader
from .video_info import VideoInfo

__all__ = [
    "EXACT_COLOURS",
    "HD_LINES",
    "MOST_REORDERED",
    "UNTAGGED",
    "ColorMatrix",
    "Frame",
    "MatrixMatch",
    "VideoError",
    "VideoInfo",
    "VideoReader",
    "can_seek",
    "count_frames",
    "frame_at",
    "matching_matrix",
    "open_video",
    "time_of_frame",
    "upright_rgb",
]
