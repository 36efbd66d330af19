"""No keypoint of one person where another's is: who stands behind shows what is plainest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .detection import BODY, KNOWN, SAME_PERSON, Detection

# In sizes of the person: nearer, two keypoints are the same one.
SAME_PLACE = 0.04
# Of the known keypoints: who shares more of them with somebody else is that one again.
MOSTLY = 0.5


def unclaimed(before: Sequence[Detection], after: Sequence[Detection]) -> list[Detection]:
    """The refined people, with what a crop took from somebody else put back.

    A refined keypoint at another person's, to whom it was nearer before, is as it was before.

    Args:
        before: Each person as the detector, or the frame before, knew them.
        after: The same with refined keypoints.
    """
    kept = []
    for i, (old, new) in enumerate(zip(before, after, strict=True)):
        keypoints = new.keypoints.copy()
        for j, (other_old, other_new) in enumerate(zip(before, after, strict=True)):
            size = min(new.size, other_new.size)
            known = (old.keypoints[:BODY, 2] > 0) & (other_old.keypoints[:BODY, 2] > 0)
            if i == j or not known.any():
                continue
            between = _gaps(old, other_old)[known]
            if between.mean() < SAME_PERSON * size:
                continue
            taken = _gaps(new, other_new) < SAME_PLACE * size
            farther = _gaps(new, old) > _gaps(other_new, other_old)
            rows = np.flatnonzero(known & taken & farther)
            keypoints[rows] = old.keypoints[rows]
        kept.append(replace(new, keypoints=keypoints))
    return kept


def was_claimed(before: Detection, after: Detection) -> bool:
    """Whether :func:`unclaimed` put most keypoints back: the crop shows somebody else."""
    same = (before.keypoints[:BODY, :2] == after.keypoints[:BODY, :2]).all(axis=1)
    known = after.keypoints[:BODY, 2] > 0
    return bool(same[known].mean() > MOSTLY) if known.any() else False


def is_another(person: Detection, others: Sequence[Detection]) -> bool:
    """Whether most keypoints of a person are at those of one of the others."""
    for other in others:
        known = np.minimum(person.keypoints[:BODY, 2], other.keypoints[:BODY, 2]) >= KNOWN
        near = _gaps(person, other) < SAME_PLACE * min(person.size, other.size)
        if known.any() and near[known].mean() > MOSTLY:
            return True
    return False


def _gaps(one: Detection, other: Detection) -> np.ndarray:
    return np.linalg.norm((one.keypoints[:BODY] - other.keypoints[:BODY])[:, :2], axis=1)
