"""Cameras that tests write and compare."""

import numpy as np

from infer_multiview_triangulation.multiview_geometry import Camera


def make_cameras(count=3, distortions=5):
    """Cameras of which every number differs."""
    rng = np.random.default_rng(count)
    return [
        Camera(
            name=f"cam{c + 1}",
            size=(1920, 1080 + c),
            matrix=np.array(
                [[1600 + c, 0, 950.5 + c], [0, 1610.25 - c, 540 - c / 3], [0, 0, 1]], np.float64
            ),
            distortions=rng.normal(0, 0.05, distortions),
            rotation=rng.uniform(-1, 1, 3),
            translation=rng.normal(0, 3, 3),
        )
        for c in range(count)
    ]


def assert_same(cameras, expected, tolerance=0.0):
    assert [camera.name for camera in cameras] == [camera.name for camera in expected]
    for camera, other in zip(cameras, expected, strict=True):
        assert camera.size == other.size
        for key in ("matrix", "distortions", "rotation", "translation"):
            np.testing.assert_allclose(
                getattr(camera, key), getattr(other, key), rtol=0, atol=tolerance, err_msg=key
            )
