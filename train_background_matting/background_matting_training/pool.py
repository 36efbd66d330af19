"""Foregrounds and backgrounds of one size each, from which batches are composed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Pool:
    """Assets as uint8 arrays, in memory or mapped from files.

    Attributes:
        foregrounds: (N, S, S, 4) straight RGBA.
        backgrounds: (M, H, W, 3) RGB.
        translucent: (N,) bool, whether most of a foreground lets its background through.
        cut: (N,) bool, whether a foreground ends at its square's lower edge, as a person does whom
            the picture shows down to the waist: it stands on the lower edge of what is composed.
    """

    foregrounds: np.ndarray
    backgrounds: np.ndarray
    translucent: np.ndarray
    cut: np.ndarray

    def shrunk(self, factor: int) -> Pool:
        """The same at 1 / ``factor`` of the size, averaged without colours bleeding."""
        side = self.foregrounds.shape[1] // factor
        height, width = (length // factor for length in self.backgrounds.shape[1:3])
        scenes = [
            cv2.resize(x, (width, height), interpolation=cv2.INTER_AREA) for x in self.backgrounds
        ]
        return Pool(
            np.stack([resized_rgba(x, side, side) for x in self.foregrounds]),
            np.stack(scenes),
            self.translucent,
            self.cut,
        )


def resized_rgba(rgba: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize straight-alpha uint8 (H, W, 4); colours of what is transparent do not count."""
    is_smaller = width * height < rgba.shape[0] * rgba.shape[1]
    how = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    premultiplied = rgba.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / np.float32(255)
    small = cv2.resize(premultiplied, (width, height), interpolation=how)
    small[..., :3] /= np.maximum(small[..., 3:], 1e-3) / np.float32(255)
    return np.clip(np.rint(small), 0, 255).astype(np.uint8)
