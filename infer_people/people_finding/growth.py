"""People who go on beyond their keypoints: below a portrait's shoulders, in a wide coat."""

from __future__ import annotations

import cv2
import numpy as np

from .bones import draw_bones, ends_in
from .crops import Crop
from .detection import KNOWN, Detection

# Where so much of the size goes on beyond a side of the crop, opaque and connected to the bones,
# the bounds grow on that side by so much of their longer one, a few times.
CROSSING, GROWTH, GROWTHS, OPAQUE = 0.1, 0.4, 3, 0.5
OUTWARDS = np.array([-1, -1, 1, 1], np.float32)


class Growth:
    """How far people reach beyond their keypoints, known from frame to frame.

    Whoever went on there a frame ago is looked at in a crop of that size at once.
    """

    def __init__(self) -> None:
        # In sizes of the person: left, top, right, bottom.
        self._reach: dict[int, np.ndarray] = {}
        self._steps = 0

    def start(self, person: Detection, identity: int | None) -> np.ndarray:
        """The bounds (4,) of the first look at a person."""
        self._steps = 0
        reach = np.zeros(4) if identity is None else self._reach.get(identity, np.zeros(4))
        return person.bounds() + OUTWARDS * reach * person.size

    def __call__(
        self,
        bounds: np.ndarray,
        alpha: np.ndarray,
        crop: Crop,
        picture: tuple[int, int],
        person: Detection,
    ) -> np.ndarray | None:
        """``bounds`` with more on the sides beyond which the person goes on; None: on none.

        Args:
            alpha: float32 (h, w), the person in the crop.
            picture: Its height and width.
        """
        if self._steps == GROWTHS:
            return None
        own = _connected(alpha > OPAQUE, crop, person)
        scale = crop.height / own.shape[0], crop.width / own.shape[1]
        right, bottom = crop.left + crop.width, crop.top + crop.height
        # How many pixels cross the side, and whether the picture goes on there; as in the bounds.
        sides = (
            (own[:, 0].sum() * scale[0], crop.left > 0),
            (own[0].sum() * scale[1], crop.top > 0),
            (own[:, -1].sum() * scale[0], right < picture[1]),
            (own[-1].sum() * scale[1], bottom < picture[0]),
        )
        crosses = np.array([goes_on and n > CROSSING * person.size for n, goes_on in sides])
        if not crosses.any():
            return None
        self._steps += 1
        longer = max(bounds[2] - bounds[0], bounds[3] - bounds[1], person.size)
        return bounds + crosses * OUTWARDS * GROWTH * longer

    def remember(
        self, alpha: np.ndarray, crop: Crop, person: Detection, identity: int | None
    ) -> None:
        """Keep where the person ends, for the next frame."""
        if identity is None or not (self._steps or identity in self._reach):
            return
        rows, columns = np.nonzero(_connected(alpha > OPAQUE, crop, person))
        self._reach.pop(identity, None)
        if not len(rows):
            return
        y, x = crop.height / alpha.shape[0], crop.width / alpha.shape[1]
        ends = np.array([columns.min() * x, rows.min() * y, (columns.max() + 1) * x,
                         (rows.max() + 1) * y]) + np.tile([crop.left, crop.top], 2)  # fmt: skip
        reach = (ends - person.bounds()) * OUTWARDS / person.size
        reach[reach < CROSSING] = 0
        if reach.any():
            self._reach[identity] = reach


def _connected(mask: np.ndarray, crop: Crop, person: Detection) -> np.ndarray:
    """The parts of ``mask`` (h, w) that hold some of the person's bones, bool."""
    canvas = np.zeros(mask.shape, np.uint8)
    draw_bones(canvas, *ends_in(crop, mask.shape, person, KNOWN), 1, 1)
    _, labels = cv2.connectedComponents(mask.view(np.uint8))
    held = np.unique(labels[(canvas > 0) & mask])
    return np.isin(labels, held)
