"""The names of AIST's videos and sequences: https://aistdancedb.ongaaccel.jp."""

from __future__ import annotations

import re

# gBR_sBM_c01_d04_mBR0_ch01: genre, situation, camera, dancer, music, choreography.
VIDEO_NAME = re.compile(r"(g[A-Z]{2}_s[A-Z]{2})_(c\d{2})_((?:d\d{2}_)+m[A-Z]{2}\d_ch\d{2})")
ALL_CAMERAS = "cAll"


def is_video_of_aist(stem: str) -> bool:
    """Whether a file is called as AIST's videos are."""
    return VIDEO_NAME.fullmatch(stem) is not None


def sequence_of(stem: str) -> tuple[str, str]:
    """The sequence and the camera of a video, as AIST++ names them.

    Raises:
        ValueError: It is no name of AIST's.

    Example:
        >>> sequence_of("gBR_sBM_c01_d04_mBR0_ch01")
        ('gBR_sBM_cAll_d04_mBR0_ch01', 'c01')
    """
    match = VIDEO_NAME.fullmatch(stem)
    if match is None:
        raise ValueError(f"{stem} is no name of AIST's")
    front, camera, back = match.groups()
    return f"{front}_{ALL_CAMERAS}_{back}", camera
