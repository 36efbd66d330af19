"""Cameras from nothing but the person."""

import numpy as np
import pytest

from development.synthetic.capture import NOISE, detect
from infer_multiview_triangulation.multiview_geometry import SKELETONS, reconstruct
from tests.infer_multiview_triangulation.studio_shots import centre_error, error, shot, solve


def test_cameras_from_nothing():
    taken = shot(191, 200, views=(1, 2, 4, 7))
    found = solve(taken, cameras=None, scale="height:171.5")
    assert centre_error(found.cameras, taken.cameras) <= 10
    # In a world of its own that stands along y, in the height's unit.
    lengths = np.linalg.norm(
        found.keypoints3d_optim[:, 13] - found.keypoints3d_optim[:, 15], axis=1
    )
    assert np.median(lengths) == pytest.approx(41, rel=0.1)
    ankles = found.keypoints3d_optim[:, [15, 16], 1]
    assert (np.nanmin(ankles, axis=1) > -15).all()
    assert np.nanmedian(found.keypoints3d_optim[:, 0, 1] - ankles[:, 0]) > 100
    assert found.quality["reprojection_median"] < 8
    assert "no cameras were given: they were estimated from the person" in found.quality["warnings"]


def test_picture_sizes_are_guessed_where_no_file_tells_them():
    taken = shot(194, 60, NOISE, views=(1, 3, 6))
    found = reconstruct(taken.keypoints[:, :, None], None, SKELETONS["coco17"])
    assert [camera.name for camera in found.cameras] == ["view1", "view2", "view3"]
    assert all(camera.size in ((1280, 720), (1920, 1080)) for camera in found.cameras)
    assert found.quality["reprojection_median"] < 5


def test_a_person_who_stands_still_is_told():
    taken = shot(195, 1, NOISE, views=(1, 3, 6))
    still = np.repeat(taken.points, 40, axis=0)
    seen = detect(still, taken.cameras, "coco17", NOISE, 196)
    found = solve(taken, seen, cameras=None)
    assert any("hardly moves" in text for text in found.quality["warnings"])


def test_a_view_that_shares_nothing_is_an_error():
    taken = shot(197, 60, NOISE, views=(1, 3, 6))
    alone = taken.keypoints.copy()
    alone[:2, 30:] = np.nan
    alone[2, :30] = np.nan
    with pytest.raises(ValueError, match="view c06 shares only 0 keypoints"):
        solve(taken, alone, cameras=None)


def test_scale_needs_a_body_and_not_luck():
    taken = shot(198, 5, NOISE)
    legless = taken.keypoints.copy()
    legless[:, :, 13:] = np.nan
    with pytest.raises(ValueError, match="height cannot be measured"):
        solve(taken, legless, scale="height:170")
    assert error(solve(taken, legless).keypoints3d_optim, taken.points) < 1.5
