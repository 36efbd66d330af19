"""One label a pixel out of overlapping crops, each with an opinion of its own."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from .persons import Person, Window

# Of a crop's side: the enlargement by 1.2 gives half of it, the box itself the other half.
BORDER = 1 / 6
# A claim of no weight at all would lose its rank among others of none.
LEAST_WEIGHT = 0.05


@dataclass(frozen=True, eq=False)
class Parsing:
    """What was found in a picture (H, W).

    ``labels`` uint8 by the class set, 0 where nobody is; ``probability`` float32, 0 to 1, of
    anybody being there; ``owner`` int16, the index in ``persons`` of whose pixel it is, or -1.
    """

    labels: np.ndarray
    probability: np.ndarray
    owner: np.ndarray
    persons: tuple[Person, ...]

    def part_maps(self) -> np.ndarray:
        """Each person's own labels, uint8 (people, H, W)."""
        maps = np.zeros((len(self.persons), *self.labels.shape), np.uint8)
        for index in range(len(maps)):
            np.copyto(maps[index], self.labels, where=self.owner == index)
        return maps


class Canvas:
    """Takes the crops' logits one after the other, on any device.

    Args:
        overwrite: A later crop overwrites an earlier one, even with background, as EasyVolcap's
            fork has it. Else a pixel goes to the crop that is surest of a person there, by the
            probability of not being background times the crop's weight; it is background only
            if every crop that covers it says so.
    """

    def __init__(
        self, height: int, width: int, device: torch.device | str = "cpu", overwrite: bool = False
    ) -> None:
        size = (height, width)
        self._overwrite = overwrite
        self._labels = torch.zeros(size, dtype=torch.uint8, device=device)
        self._owner = torch.full(size, -1, dtype=torch.int16, device=device)
        self._probability = torch.zeros(size, device=device)
        self._best = torch.full(size, -1.0, device=device)

    def add(self, index: int, window: Window, logits: Tensor, weight: Tensor | float = 1.0) -> None:
        """Lay person ``index``'s logits (C, h, w) into ``window``, with a weight (h, w) in 0..1."""
        logits = logits.float()
        label = logits.argmax(dim=0).to(torch.uint8)
        person = torch.sigmoid(torch.logsumexp(logits[1:], dim=0) - logits[0])
        labels, owner, probability, best = (
            plane[window.slices]
            for plane in (self._labels, self._owner, self._probability, self._best)
        )
        is_claimed = label != 0
        if self._overwrite:
            labels.copy_(label)
            owner.copy_(torch.where(is_claimed, index, -1))
            probability.copy_(person)
            return
        score = torch.where(is_claimed, person * weight, -1.0)
        wins = score > best
        unsure = torch.where(owner < 0, torch.maximum(probability, person), probability)
        probability.copy_(torch.where(wins, person, unsure))
        labels.copy_(torch.where(wins, label, labels))
        owner.copy_(torch.where(wins, index, owner))
        best.copy_(torch.maximum(best, score))

    def result(self, persons: tuple[Person, ...]) -> Parsing:
        """Everything so far, as arrays."""
        planes = (self._labels, self._probability, self._owner)
        labels, probability, owner = (plane.cpu().numpy() for plane in planes)
        return Parsing(labels, probability, owner, persons)


def border_weight(window: Window, height: int, width: int) -> np.ndarray:
    """Raised cosine, float32 (h, w): full inside, little where the crop cuts the picture.

    A side that lies on the picture's own border cuts nobody, and has full weight.
    """
    rows = _ramps(window.height, window.top > 0, window.bottom < height)
    columns = _ramps(window.width, window.left > 0, window.right < width)
    return np.maximum(np.outer(rows, columns), LEAST_WEIGHT)


def mask_weight(mask: np.ndarray, window: Window) -> np.ndarray:
    """The detector's mask, bool (H, W), with soft borders within ``window``, float32 (h, w)."""
    inside = mask[window.slices].astype(np.float32)
    # Detectors draw masks on a coarse grid of 28 cells: half a cell either way is not known.
    softness = max(window.width, window.height) / 56
    blurred = cv2.GaussianBlur(inside, (0, 0), softness)
    return np.maximum(blurred, LEAST_WEIGHT)


def _ramps(count: int, at_start: bool, at_end: bool) -> np.ndarray:
    """Weights (count,) that rise from the sides which are cut."""
    centres = np.arange(count, dtype=np.float32) + np.float32(0.5)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.clip(centres / max(count * BORDER, 1), 0, 1))
    return (ramp if at_start else np.ones_like(ramp)) * (ramp[::-1] if at_end else 1)
