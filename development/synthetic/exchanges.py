"""Left and right as detectors exchange them: in long bursts, of all or of a limb, in several views.

Whatever makes a detector take a back for a front, or one leg for the other, lasts as long as the
pose does, and views from the same side have it together.
"""

from __future__ import annotations

import numpy as np

from infer_multiview_triangulation.multiview_geometry import SKELETONS
from infer_multiview_triangulation.multiview_geometry.sides.groups import ARMS, LEGS

BURST = (8, 40)
# A burst is of the whole body, of the arms or of the legs.
SHARES = (0.6, 0.2, 0.2)


def exchange_sides(
    keypoints: np.ndarray, skeleton: str, *, share: float, together: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Exchange left and right of keypoints (V, F, J, 3) in bursts of 8 to 40 frames.

    Args:
        share: Of the frames of a view, about, those in which a burst of its own goes on.
        together: The chance of each other view to have the same burst.

    Returns:
        The keypoints, and (V, F) bool, where anything was exchanged.
    """
    known = SKELETONS[skeleton]
    mirrored = np.array(known.mirrored)
    arms, legs = (
        np.array([j for j, name in enumerate(known.joints) if name.endswith(names)])
        for names in (ARMS, LEGS)
    )
    groups = (np.arange(len(mirrored)), arms, legs)
    rng = np.random.default_rng(seed)
    views, frames = keypoints.shape[:2]
    exchanged = np.zeros((views, frames, len(mirrored)), bool)
    for view in range(views):
        for start in np.flatnonzero(rng.random(frames) < share / np.mean(BURST)):
            end, group = start + rng.integers(*BURST), groups[rng.choice(3, p=SHARES)]
            for other in range(views):
                if other == view or rng.random() < together:
                    exchanged[other, start + rng.integers(3) : end, group] = True
    seen = np.where(exchanged[..., None], keypoints[:, :, mirrored], keypoints)
    return seen, np.asarray(exchanged.any(axis=2))
