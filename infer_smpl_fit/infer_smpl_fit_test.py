"""The HUB's own check: the task fits a person who waves, in both modes."""

import logging

import numpy as np
from ikomia.utils.tests import run_for_test

logger = logging.getLogger(__name__)

# A standing person in metres, y up, in COCO's order; the left side is at +x.
STANDING = [
    (0, 1.60, 0.13), (0.03, 1.64, 0.10), (-0.03, 1.64, 0.10), (0.08, 1.62, 0.01),
    (-0.08, 1.62, 0.01), (0.18, 1.42, -0.02), (-0.18, 1.42, -0.02), (0.24, 1.14, -0.04),
    (-0.24, 1.14, -0.04), (0.25, 0.90, 0.04), (-0.25, 0.90, 0.04), (0.09, 0.90, 0.01),
    (-0.09, 0.90, 0.01), (0.11, 0.50, 0.03), (-0.11, 0.50, 0.03), (0.11, 0.09, -0.02),
    (-0.11, 0.09, -0.02),
]  # fmt: skip
LEFT_ELBOW, LEFT_WRIST = 7, 9


def waving(frames=12):
    """(F, 17, 3): the left forearm goes up and down."""
    points = np.tile(np.array(STANDING, float), (frames, 1, 1))
    angles = np.sin(np.linspace(0, 2 * np.pi, frames))
    forearm = 0.25 * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    points[:, LEFT_WRIST] = points[:, LEFT_ELBOW] + forearm
    return points


def test(t, data_dict):
    logger.info("===== Test: infer_smpl_fit =====")
    t.get_input(0).set_array(waving())
    t.get_input(1).data = {"skeleton": "coco17", "units": "m", "fps": 30}
    for mode in ("fit", "aist"):
        t.set_parameters({**t.get_parameters(), "mode": mode})
        yield run_for_test(t)
