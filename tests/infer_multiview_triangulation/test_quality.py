"""What the report says of views that do not fit."""

import json
from dataclasses import replace

import numpy as np
import pytest

from development.synthetic.capture import NOISE
from infer_multiview_triangulation.multiview_geometry import SKELETONS
from infer_multiview_triangulation.multiview_geometry.quality.two_views import bone_warnings
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve


@pytest.fixture(scope="module")
def taken():
    return shot(291, 100)


def test_a_biased_view_is_named_and_does_little_harm(taken):
    biased = taken.keypoints.copy()
    biased[4, ..., 0] += 60
    found = solve(taken, biased)
    assert error(found.keypoints3d_optim, taken.points) < 0.7
    view = found.quality["views"][4]
    np.testing.assert_allclose(view["bias"], (-60, 0), atol=3)
    assert view["inlier_share"] < 0.1
    (warning,) = found.quality["warnings"]
    assert warning.startswith("view c05 is off by (-60, ")
    assert "mode=refine_cameras" in warning


def test_a_late_view_is_named_and_does_little_harm(taken):
    late = taken.keypoints.copy()
    late[4, 8:], late[4, :8] = taken.keypoints[4, :-8], np.nan
    found = solve(taken, late)
    assert error(found.keypoints3d_optim, taken.points) < 0.65
    told, warning = found.quality["warnings"]
    assert told == "view c05 is +8 frames late (set sync=auto to correct it)"
    assert warning.startswith("view c05 ")
    assert "sync=auto" in warning


def test_a_calibration_that_fits_nowhere_is_told(taken):
    four = taken._replace(keypoints=taken.keypoints[::2, :30])
    for views in (slice(0, 4), slice(0, 2)):
        wrong = [replace(camera, name=f"cam {camera.name}") for camera in taken.cameras[::2][views]]
        found = solve(four, four.keypoints[views], wrong[::-1])
        assert any("the calibration does not fit" in text for text in found.quality["warnings"])


@pytest.fixture(scope="module")
def found(taken):
    return solve(taken)


def test_a_good_clip_has_no_warning_and_plain_figures(found):
    quality = found.quality
    assert quality["warnings"] == []
    assert json.loads(json.dumps(quality)) == quality
    assert 3 < quality["reprojection_median"] < 7
    # A view predicted from the others is farther off than one that took part.
    assert quality["reprojection_median"] < quality["left_out_median"] < 9
    assert quality["measured_share"] > 0.95
    assert 70 < quality["parallax_degrees"] <= 110
    assert quality["scale"] == 1
    for view in quality["views"]:
        assert view["inlier_share"] > 0.9
        assert np.hypot(*view["bias"]) < 1.5


def test_two_views_predict_nothing():
    quality = solve(shot(292, 10, NOISE, views=(1, 3))).quality
    assert quality["left_out_median"] is None
    assert [view["left_out_median"] for view in quality["views"]] == [None, None]


@pytest.fixture(scope="module")
def two():
    return shot(293, 120, NOISE, views=(1, 3))


def test_two_views_that_fit_have_no_warning(two):
    assert solve(two).quality["warnings"] == []


def test_two_cameras_that_stand_exchanged_are_told(two):
    wrong = [replace(camera, name=f"cam {camera.name}") for camera in two.cameras[::-1]]
    found = solve(two, cameras=wrong)
    assert error(found.keypoints3d_optim, two.points) > 30
    warning = found.quality["warnings"][0]
    assert "cam c03 and cam c01 stand in the other order than the views" in warning


def test_bones_that_change_are_told(two):
    bones = np.array(SKELETONS["coco17"].bones)
    assert bone_warnings(two.points, bones) == []
    # What rays do not show: a person who grows and shrinks.
    sizes = 1 + 0.25 * np.sin(np.arange(len(two.points)))[:, None, None]
    (warning,) = bone_warnings(two.points * sizes, bones)
    assert "the lengths of the bones vary by 18% from frame to frame" in warning
    assert bone_warnings(np.full_like(two.points, np.nan), bones) == []
    assert bone_warnings(two.points, np.zeros((0, 2), int)) == []


@pytest.mark.parametrize("late", [0, 1])
def test_one_of_two_views_that_is_late_is_told(two, late):
    shown = two.keypoints.copy()
    shown[late, 10:], shown[late, :10] = two.keypoints[late, :-10], np.nan
    found = solve(two, shown)
    assert error(found.keypoints3d_optim, two.points) > 5
    names = [camera.name for camera in two.cameras]
    text = f"view {names[late]} seems to be 10 frames late next to {names[1 - late]}: set sync=auto"
    assert [warning.split(" to correct")[0] for warning in found.quality["warnings"]] == [text]
    asked = solve(two, shown, sync="auto").quality["warnings"]
    assert not any("seems" in warning for warning in asked)


def test_two_views_that_show_nothing_together(two):
    apart = two.keypoints.copy()
    apart[0, ::2], apart[1, 1::2] = np.nan, np.nan
    warnings = solve(two, apart).quality["warnings"]
    assert sum("agrees with no other on any point" in text for text in warnings) == 2


def test_counts_and_errors_of_points(taken, found):
    measured = found.mask == 1
    assert (found.n_views[measured] >= 2).all()
    assert np.isfinite(found.reprojection_error[measured]).all()
    assert np.nanmedian(found.reprojection_error) < 7
    assert found.sigma.shape == found.mask.shape == taken.points.shape[:2]
