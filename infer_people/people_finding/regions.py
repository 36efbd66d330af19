"""Whose an alpha is, pixel by pixel: what of it belongs to the people who are wanted."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np

from .people import FramePeople, together

# A mask this opaque is the person; distances are counted from there.
OPAQUE = 128
# Long side at which distances are taken, pixels.
DISTANCE_SIDE = 480
# How much the stronger mask of a pixel wins, as a power; below and above what both masks together
# say nothing, and all.
CONTRAST, UNTRUSTED, TRUSTED = 3, 0.2, 0.7
# Between two people a pixel goes from one to the other within so much of their size.
SOFTNESS = 0.01
# Frames for which a person who is not found stays where they were.
PATIENCE = 12


def wanted_share(
    masks: np.ndarray, wanted: np.ndarray, *, picture_shape: tuple[int, ...]
) -> np.ndarray:
    """How much of each pixel is of the people who are wanted: a factor for any alpha.

    Where masks are, they say whose a pixel is. Elsewhere (hair, what somebody holds, edges that the
    masks miss) it is the nearest person's, with a soft seam half way between two; a large person's
    reach is longer than a small one's, by the root of their size.

    Args:
        masks: uint8 (P, h, w), the alpha of each person who was found.
        wanted: bool (P,).
        picture_shape: (H, W), or (H, W, 3), of what it is for.

    Returns:
        float32 (H, W), 0 to 1: 1 everywhere if all who were found are wanted, 0 everywhere if
        nobody is.

    Raises:
        ValueError: Shapes or types do not fit each other.
    """
    wanted = np.asarray(wanted)
    if masks.ndim != 3 or masks.dtype != np.uint8 or wanted.shape != masks.shape[:1]:
        raise ValueError(
            "masks must be uint8 (P, h, w) and wanted bool (P,), got "
            f"{masks.dtype} {masks.shape} and {wanted.dtype} {wanted.shape}"
        )
    if wanted.dtype != bool:
        raise ValueError(f"wanted must be bool (P,), got {wanted.dtype} {wanted.shape}")
    height, width = picture_shape[:2]
    seen = [bool(mask.size and mask.max() >= OPAQUE) for mask in masks]
    masks, wanted = masks[seen], wanted[seen]
    if not wanted.any() or wanted.all():
        return np.full((height, width), float(wanted.any()), np.float32)
    nearest = cv2.resize(_nearest(masks, wanted), masks.shape[:0:-1])
    by_masks, trust = _by_masks(*(together(masks[rows]) for rows in (wanted, ~wanted)))
    share = nearest + trust * (by_masks - nearest)
    if share.shape != (height, width):
        share = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
    return share


class WantedRegions:
    """:func:`wanted_share` for the frames of a video one after another.

    Whoever is not found in some frames stays, for this, where they were, so that neither a
    bystander nor the person who is wanted flashes.

    Args:
        identities: Who is wanted, as :func:`wanted_identities` says it.

    Example:
        >>> regions = WantedRegions({0})  # doctest: +SKIP
        >>> alpha = alpha * regions(finder(picture))  # doctest: +SKIP
    """

    def __init__(self, identities: Collection[int]) -> None:
        self._wanted = frozenset(identities)
        self._masks: dict[int, np.ndarray] = {}
        self._gone: dict[int, int] = {}

    def __call__(self, people: FramePeople) -> np.ndarray:
        """The share of the next frame, float32 (H, W).

        Args:
            people: Everybody in it, with masks.

        Raises:
            ValueError: There are no masks.
        """
        if people.masks is None:
            raise ValueError("these people have no masks: set masks to True")
        present = dict(zip(people.identities.tolist(), people.masks, strict=True))
        self._gone = {i: n + 1 for i, n in self._gone.items() if n < PATIENCE} | dict.fromkeys(
            present, 0
        )
        self._masks = {i: present[i] if i in present else self._masks[i] for i in self._gone}
        # Who is there now is in front of who is only remembered.
        free = 255 - people.mask()
        masks = [m if i in present else cv2.min(m, free) for i, m in self._masks.items()]
        wanted = np.array([i in self._wanted for i in self._masks], bool)
        shape = people.masks.shape[1:]
        stacked = np.stack(masks) if masks else people.masks
        return wanted_share(stacked, wanted, picture_shape=shape)


def _by_masks(own: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What two masks, uint8 (h, w), say: the share of the first, and how far to trust it.

    A mask that is weak has often seen something else, so the stronger one has most of a pixel.
    """
    one, other = (cv2.pow(mask.astype(np.float32) / 255, CONTRAST) for mask in (own, others))
    covered = cv2.add(own, others).astype(np.float32) / 255
    trust = np.clip((covered - UNTRUSTED) / (TRUSTED - UNTRUSTED), 0, 1)
    return one / np.maximum(one + other, 1e-6), trust


def _nearest(masks: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """float32, smaller than the masks: 1 where somebody who is wanted is nearest, else 0."""
    scale = min(1.0, DISTANCE_SIDE / max(masks.shape[1:]))
    size = tuple(max(1, round(side * scale)) for side in masks.shape[:0:-1])
    distances, sizes = [], []
    for mask in masks:
        # Every pixel counts, however small people become.
        opaque = (mask >= OPAQUE).astype(np.float32)
        person = cv2.resize(opaque, size, interpolation=cv2.INTER_AREA) > 0
        rows, columns = (np.flatnonzero(person.any(axis=axis)) for axis in (1, 0))
        sizes.append(int(max(np.ptp(rows), np.ptp(columns))) + 1)
        outside = np.where(person, np.uint8(0), np.uint8(255))
        distances.append(cv2.distanceTransform(outside, cv2.DIST_L2, 5))
    typical = float(np.mean(sizes))
    weighted = np.stack(
        [d * (typical / size) ** 0.5 for d, size in zip(distances, sizes, strict=True)]
    )
    ahead = weighted[~wanted].min(axis=0) - weighted[wanted].min(axis=0)
    return 1 / (1 + np.exp(-np.clip(ahead / max(SOFTNESS * typical, 0.5), -30, 30)))
