"""Whose an alpha is, pixel by pixel: what of it belongs to the people who are wanted."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np

from .people import FramePeople

OPAQUE = 128
SOFTNESS = 8.0


def wanted_share(
    masks: np.ndarray, wanted: np.ndarray, *, picture_shape: tuple[int, ...]
) -> np.ndarray:
    """How much of each pixel is of the people who are wanted: a factor for any alpha.

    Args:
        masks: uint8 (P, h, w), the alpha of each person who was found.
        wanted: bool (P,).
        picture_shape: (H, W), or (H, W, 3), of what it is for.

    Returns:
        float32 (H, W), 0 to 1: 1 everywhere if all who were found are wanted, 0 everywhere if
        nobody is.
    """
    height, width = picture_shape[:2]
    seen = masks.reshape(len(masks), -1).max(axis=1, initial=0) >= OPAQUE
    masks, wanted = masks[seen], wanted[seen]
    if not wanted.any() or wanted.all():
        return np.full((height, width), float(wanted.any()), np.float32)
    own, other = (
        cv2.distanceTransform((masks[rows].max(axis=0) < OPAQUE).view(np.uint8), cv2.DIST_L2, 5)
        for rows in (wanted, ~wanted)
    )
    share = np.clip(0.5 + (other - own) / SOFTNESS, 0, 1).astype(np.float32)
    return cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)


class WantedRegions:
    """:func:`wanted_share` for the frames of a video one after another.

    Args:
        identities: Who is wanted.
    """

    def __init__(self, identities: Collection[int]) -> None:
        self._wanted = list(identities)

    def __call__(self, people: FramePeople) -> np.ndarray:
        """The share of the next frame, float32 (H, W), with everybody in it, who have masks."""
        assert people.masks is not None
        wanted = np.isin(people.identities, self._wanted)
        return wanted_share(people.masks, wanted, picture_shape=people.masks.shape[1:])
