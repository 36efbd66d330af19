"""Decoded frames as pictures: by the right colour matrix, or their brightness alone."""

from __future__ import annotations

from typing import Literal

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from .orientation import Orientation

ColorMatrix = Literal["auto", "601", "709"]

HD_LINES = 720
# The default conversion loses one to two levels on average; this one keeps the mean.
# libswscale's flags stand as numbers, because PyAV before 18 names only the first.
BILINEAR, FULL_CHR_H_INT, FULL_CHR_H_INP, ACCURATE_RND = 0x2, 0x2000, 0x4000, 0x40000
EXACT_COLOURS = BILINEAR | FULL_CHR_H_INT | FULL_CHR_H_INP | ACCURATE_RND
MATRICES = {"601": Colorspace.ITU601, "709": Colorspace.ITU709}
# FFmpeg's numbers, of which PyAV names only some.
UNTAGGED = 2
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}


def upright_rgb(frame: VideoFrame, color_matrix: ColorMatrix = "auto") -> np.ndarray:
    """A decoded frame as uint8 RGB (H, W, 3), turned as the container asks.

    Args:
        frame: As PyAV decoded it.
        color_matrix: 601, 709, or auto: the file's tag or, without one, 709 from 720 lines up
            and 601 below, as players do. Files that hold RGB stay as they are.
    """
    matrix = MATRICES.get(color_matrix)
    if matrix is None and frame.colorspace == UNTAGGED:
        matrix = MATRICES["709" if frame.height >= HD_LINES else "601"]
    converted = frame.reformat(format="rgb24", src_colorspace=matrix, interpolation=EXACT_COLOURS)
    return Orientation.of(frame).upright(converted.to_ndarray())


def upright_luma(frame: VideoFrame) -> np.ndarray:
    """The brightness of a decoded frame in full range, uint8 (H, W), turned likewise."""
    return Orientation.of(frame).upright(frame.reformat(format="gray").to_ndarray())


def hdr_transfer(frame: VideoFrame) -> str:
    """HLG or PQ where the frame's brightness is coded for high dynamic range; else empty."""
    return HDR_TRANSFERS.get(frame.color_trc, "")
