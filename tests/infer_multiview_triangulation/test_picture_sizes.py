"""Videos of another size than the calibration's."""

import numpy as np
import pytest

from infer_multiview_triangulation.multiview_geometry import reconstruct
from infer_multiview_triangulation.multiview_geometry.picture_sizes import mapping
from infer_multiview_triangulation.multiview_geometry.skeletons import SKELETONS
from tests.infer_multiview_triangulation.studio_shots import error, shot


@pytest.fixture(scope="module")
def taken():
    return shot(97, 20, views=(1, 3, 5, 7))


def solved(taken, keypoints, sizes):
    return reconstruct(
        keypoints[:, :, None], taken.cameras, SKELETONS["coco17"], sizes=sizes, fps=60
    )


def test_a_smaller_video_is_scaled_to_its_calibration(taken):
    sizes = [camera.size for camera in taken.cameras]
    plain = solved(taken, taken.keypoints, sizes)
    assert not [text for text in plain.quality["warnings"] if "calibration" in text]
    halved = taken.keypoints.copy()
    halved[1, ..., :2] = (halved[1, ..., :2] + 0.5) / 2 - 0.5
    sizes[1] = (sizes[1][0] // 2, sizes[1][1] // 2)
    result = solved(taken, halved, sizes)
    np.testing.assert_allclose(result.keypoints3d, plain.keypoints3d, atol=1e-6)
    (told,) = (text for text in result.quality["warnings"] if "calibration" in text)
    assert "view c03 are 960x540" in told and "scaled by 2" in told


def test_a_picture_that_lost_its_edges_is_moved(taken):
    width, height = taken.cameras[0].size
    cut = taken.keypoints.copy()
    cut[0, ..., 0] -= 4
    sizes = [(width - 8, height), None, None, None]
    result = solved(taken, cut, sizes)
    assert error(result.keypoints3d_optim, taken.points) < 1.5
    assert any("moved by +4, +0 pixels" in text for text in result.quality["warnings"])


def test_a_picture_of_another_shape_is_only_told(taken):
    width, height = taken.cameras[0].size
    plain = solved(taken, taken.keypoints, [None] * 4)
    result = solved(taken, taken.keypoints, [(height, width), None, None, None])
    np.testing.assert_array_equal(result.keypoints3d, plain.keypoints3d)
    assert any("differ in shape" in text for text in result.quality["warnings"])


def test_the_middle_stays_the_middle():
    scale, offset = mapping((540, 960), (1088, 1920))
    assert scale == 2
    np.testing.assert_allclose(scale * np.array([269.5, 479.5]) + offset, [543.5, 959.5])
