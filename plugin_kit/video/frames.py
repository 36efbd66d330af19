"""Decoded frames as pictures: in the right colours, turned and mirrored as the container asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from .tone_mapping import HDR_TRANSFERS, tone_mapped

ColorMatrix = Literal["auto", "601", "709"]

HD_LINES = 720
# The default conversion loses one to two levels on average; this one keeps the mean.
# libswscale's flags stand as numbers, because PyAV before 18 names only the first.
BILINEAR, FULL_CHR_H_INT, FULL_CHR_H_INP, ACCURATE_RND = 0x2, 0x2000, 0x4000, 0x40000
EXACT_COLOURS = BILINEAR | FULL_CHR_H_INT | FULL_CHR_H_INP | ACCURATE_RND
MATRICES = {"601": Colorspace.ITU601, "709": Colorspace.ITU709}
# FFmpeg's numbers, which PyAV does not name. RGB, BT.709, none, FCC, BT.470BG, SMPTE 170M and 240M,
# and BT.2020 are the matrices that libswscale converts by; unspecified, limited, full the ranges.
UNTAGGED = 2
CONVERTIBLE, RANGES = (0, 1, UNTAGGED, 4, 5, 6, 7, 9), (0, 1, 2)


def upright_rgb(frame: VideoFrame, color_matrix: ColorMatrix = "auto") -> np.ndarray:
    """A decoded frame as uint8 RGB (H, W, 3), turned as the container asks.

    Args:
        frame: As PyAV decoded it.
        color_matrix: 601, 709, or auto: the file's tag or, without one, 709 from 720 lines up
            and 601 below, as players do. The same where the tag is none that can be converted by.
            Files that hold RGB stay as they are. High dynamic range is brought to SDR by auto only.
    """
    if frame.color_range not in RANGES:
        frame.color_range = 0
    matrix = MATRICES.get(color_matrix)
    transfer = HDR_TRANSFERS.get(frame.color_trc) if color_matrix == "auto" else None
    if matrix is None and (frame.colorspace == UNTAGGED or frame.colorspace not in CONVERTIBLE):
        matrix = MATRICES["709" if frame.height >= HD_LINES else "601"]
        matrix = Colorspace.BT2020 if transfer else matrix
    converted = frame.reformat(
        # With these flags swscale mixes up the channels of rgb48.
        format="gbrp16le" if transfer else "rgb24",
        src_colorspace=matrix,
        interpolation=EXACT_COLOURS,
    )
    image = converted.to_ndarray()
    return Orientation.of(frame).upright(tone_mapped(image, transfer) if transfer else image)


def upright_luma(frame: VideoFrame) -> np.ndarray:
    """The brightness of a decoded frame in full range, uint8 (H, W), turned likewise."""
    if frame.color_range not in RANGES:
        frame.color_range = 0
    if frame.colorspace not in CONVERTIBLE:
        frame.colorspace = UNTAGGED
    return Orientation.of(frame).upright(frame.reformat(format="gray").to_ndarray())


@dataclass(frozen=True)
class Orientation:
    """Quarter turns and mirroring: swap the axes, then reverse columns, rows or both."""

    swaps_axes: bool = False
    reverses_columns: bool = False
    reverses_rows: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> Orientation:
        """What the frame's display matrix asks for; phones write one, and cameras that mirror."""
        try:
            stored = frame.side_data.get("DISPLAYMATRIX")
        except ValueError:
            # The frame has other data too, of a kind that this version of PyAV does not know.
            turns = round(frame.rotation) % 360 // 90
            return cls(turns % 2 == 1, turns in (2, 3), turns in (1, 2))
        if stored is None:
            return cls()
        # Pixel (x, y) is shown at (a x + c y, b x + d y).
        (a, b), (c, d) = np.frombuffer(bytes(stored), np.int32)[:9].reshape(3, 3)[:2, :2].tolist()
        if abs(a) >= abs(b):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    def upright(self, image: np.ndarray) -> np.ndarray:
        """The picture (H, W) or (H, W, C) as it is to be shown."""
        if self == Orientation():
            return image
        turned = np.swapaxes(image, 0, 1) if self.swaps_axes else image
        rows, columns = (-1 if r else 1 for r in (self.reverses_rows, self.reverses_columns))
        return np.ascontiguousarray(turned[::rows, ::columns])
