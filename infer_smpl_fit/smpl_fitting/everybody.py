"""Several people of one take: one unit for all, everything else each for themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..smpl_body.conventions import convention_of
from ..smpl_body.model import BodyModel
from .fit import Fit
from .preparation import NothingObservedError
from .proportions import measure_limbs, unit_of_size
from .rig import rig_of

# From the keypoints (F, J, 3) of one person.
FitOne = Callable[[np.ndarray], Fit]


def fit_everybody(fit_one: FitOne, keypoints: np.ndarray) -> list[Fit | str]:
    """Fit each of N people.

    Args:
        fit_one: Fits one of them, in the unit of all (:func:`common_unit`).
        keypoints: (N, F, J, 3), NaN where missing.

    Returns:
        N fits; in place of a fit the reason, where of somebody no frame shows enough.

    Raises:
        NothingObservedError: That holds of everybody.
        ValueError, Stopped: As ``fit_one``.
    """
    fits: list[Fit | str] = []
    for points in keypoints:
        try:
            fits.append(fit_one(points))
        except NothingObservedError as error:
            fits.append(str(error))
    reasons = [fit for fit in fits if isinstance(fit, str)]
    if len(reasons) == len(fits):
        raise NothingObservedError(f"of {len(fits)} people nobody can be fitted: {reasons[0]}")
    return fits


def common_unit(model: BodyModel, keypoints: np.ndarray, convention: str) -> str:
    """The unit in which most of N people, (N, F, J, 3), come nearest to the body's size.

    ``auto`` where of nobody a limb is seen at both ends.

    Raises:
        ValueError: The convention is unknown or has another number of keypoints.
    """
    known = convention_of(convention, keypoints.shape[2])
    sizes = []
    for points in keypoints:
        observed = np.isfinite(points).all(axis=2).any(axis=0)
        limbs = measure_limbs(rig_of(model, known, observed), points)
        if len(limbs.ends):
            sizes.append(limbs.size)
    return unit_of_size(float(np.median(sizes))) if sizes else "auto"
