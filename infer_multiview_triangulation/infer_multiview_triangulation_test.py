"""The HUB's own check: a small clip of three cameras, triangulated in three ways."""

import logging

import numpy as np
from ikomia.utils.tests import run_for_test

logger = logging.getLogger(__name__)

FOCAL, WIDTH, HEIGHT = 1000.0, 1280, 720


def _clip():
    """Keypoints (3, 30, 17, 3) of a drifting cloud of joints, and the cameras that see it."""
    rng = np.random.default_rng(0)
    joints = rng.uniform((-0.4, -0.8, -0.3), (0.4, 0.8, 0.3), (17, 3))
    time = np.arange(30)[:, None, None] / 30
    points = joints + 0.3 * np.sin(2 * np.pi * time + joints)
    cameras, views = [], []
    for index, angle in enumerate((-0.7, 0.0, 0.9)):
        c, s = np.cos(angle), np.sin(angle)
        rotation = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        local = points @ rotation.T + [0, 0, 4.0]
        pixels = FOCAL * local[..., :2] / local[..., 2:] + [WIDTH / 2, HEIGHT / 2]
        views.append(np.concatenate([pixels, np.full((30, 17, 1), 0.9)], axis=-1))
        cameras.append(
            {
                "name": f"cam{index + 1}",
                "size": [WIDTH, HEIGHT],
                "matrix": [[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]],
                "distortions": [0.0] * 5,
                "rotation": [0.0, angle, 0.0],
                "translation": [0.0, 0.0, 4.0],
            }
        )
    return np.stack(views), cameras


def test(t, data_dict):
    logger.info("===== Test: infer_multiview_triangulation =====")
    keypoints, cameras = _clip()
    t.get_input(0).set_array(keypoints)
    t.get_input(1).data = {"skeleton": "coco17", "fps": 30}
    t.get_input(2).data = {"cameras": cameras}
    for changes in ({"method": "robust"}, {"method": "plain"}, {"sync": "report"}):
        t.set_parameters({**t.get_parameters(), **changes})
        yield run_for_test(t)
