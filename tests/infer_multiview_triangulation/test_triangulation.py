"""Linear and robust triangulation of single points, and geometry that determines none."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from development.synthetic.capture import CLEAN, NOISE, Faults, detect, stick_dancer, studio
from infer_multiview_triangulation.multiview_geometry import Camera
from infer_multiview_triangulation.multiview_geometry.points.rays import rays_of
from infer_multiview_triangulation.multiview_geometry.points.robust import triangulate_robust
from infer_multiview_triangulation.multiview_geometry.points.triangulation import (
    plain_dlt,
    weighted_dlt,
)
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve

METHODS = ("robust", "weighted", "plain")
methods = pytest.mark.parametrize("method", METHODS)


def plain_camera(name="a", centre=(0.0, 0, 0), distortions=(0,) * 5):
    matrix = np.array([[1500.0, 0, 960], [0, 1450, 540], [0, 0, 1]])
    return Camera(name, (1920, 1080), matrix, distortions, np.zeros(3), -np.array(centre))


def seen_by(cameras, points):
    """Keypoints (V, F, J, 3) of points that may lie behind the cameras."""
    views = []
    for camera in cameras:
        local = points @ camera.rotation_matrix.T + camera.translation
        pixels = camera.pixels(local[..., :2] / local[..., 2:])
        views.append(np.concatenate([pixels, np.full((*pixels.shape[:-1], 1), 0.9)], axis=-1))
    return np.stack(views)


@pytest.mark.parametrize(
    "distortions",
    [(0, 0, 0, 0, 0), (-0.28, 0.09, 1e-3, -7e-4, -0.01), (0.1, -0.2, 1e-3, 0, 0.05, 0.2, 0.1, 0)],
)
def test_distortion_is_opencvs_and_is_inverted(distortions):
    camera = plain_camera(distortions=distortions)
    points = np.random.default_rng(101).uniform((-0.5, -0.3, 1), (0.5, 0.3, 1), (50, 3))
    pixels = camera.project(points)
    expected = cv2.projectPoints(
        points, np.zeros(3), np.zeros(3), camera.matrix, camera.distortions
    )[0][:, 0]
    np.testing.assert_allclose(pixels, expected, atol=1e-9)
    np.testing.assert_allclose(camera.normalised(pixels), points[:, :2], atol=1e-10)


@pytest.mark.parametrize("solver", [plain_dlt, weighted_dlt])
def test_exact_rays_give_the_exact_point(solver):
    taken = shot(103, 5, CLEAN)
    points = solver(rays_of(taken.cameras, taken.keypoints)).reshape(taken.points.shape)
    np.testing.assert_allclose(points, taken.points, atol=1e-6)


def test_robust_ignores_wrong_keypoints():
    taken = shot(104, 40, Faults(noise=2, outliers=0.1))
    rays = rays_of(taken.cameras, taken.keypoints)
    robust = triangulate_robust(rays)
    plain = weighted_dlt(rays).reshape(taken.points.shape)
    assert error(robust.points.reshape(taken.points.shape), taken.points) < 0.7
    assert error(plain, taken.points) > 4
    assert 0.85 < robust.inliers.sum() / rays.observed.sum() < 0.92


def test_outlier_scale_follows_the_noise():
    scales = [
        triangulate_robust(rays_of(taken.cameras, taken.keypoints)).scale
        for taken in (shot(105, 40, Faults(noise=n, outliers=0.05)) for n in (0.1, 4, 16))
    ]
    assert scales[0] == 3
    assert scales[1] == pytest.approx(3.5 * 4, rel=0.15)
    assert scales[2] == pytest.approx(3.5 * 16, rel=0.25)


def test_one_view_is_an_error():
    taken = shot(106, 3)
    with pytest.raises(ValueError, match="one view cannot be triangulated"):
        solve(taken, taken.keypoints[:1], taken.cameras[:1])


@pytest.mark.parametrize(("degrees", "is_warned"), [(4, True), (60, False)])
def test_two_views_work_and_tell_a_narrow_baseline(degrees, is_warned):
    taken = shot(107, 40, NOISE, views=(1,))
    turn = cv2.Rodrigues(np.array([0, np.deg2rad(degrees), 0]))[0]
    pair = [taken.cameras[0], replace(taken.cameras[0].transformed(turn, np.zeros(3), 1), name="b")]
    seen = detect(taken.points, pair, "coco17", NOISE, 108)
    found = solve(taken, seen, pair)
    assert any("parallax" in text for text in found.quality["warnings"]) is is_warned
    off = error(found.keypoints3d_optim, taken.points)
    assert off < (6 if is_warned else 1)
    # The standard error knows how uncertain depth is.
    assert 0.5 < np.nanmedian(found.sigma) / off < 2.5
    both = np.isfinite(seen).all(axis=(0, 3))
    assert (found.mask[both] == 1).mean() > 0.85


@methods
def test_a_missing_view_keeps_its_place(method):
    taken = shot(109, 20, NOISE, views=(1, 3, 5, 7))
    gone = taken.keypoints.copy()
    gone[1] = np.nan
    found = solve(taken, gone, method=method)
    assert "view c03 shows nobody: it is not used" in found.quality["warnings"]
    assert [view["name"] for view in found.quality["views"]] == ["c01", "c03", "c05", "c07"]
    assert found.quality["views"][1]["median"] is None
    without = [0, 2, 3]
    same = solve(
        taken, taken.keypoints[without], [taken.cameras[i] for i in without], method=method
    )
    np.testing.assert_allclose(found.keypoints3d, same.keypoints3d, atol=1e-6)
    gone[1, 10:] = taken.keypoints[1, 10:]
    part = solve(taken, gone, method=method)
    assert part.quality["views"][1]["observed"] == pytest.approx(0.45, abs=0.1)
    np.testing.assert_allclose(part.keypoints3d[:10], found.keypoints3d[:10], atol=0.2)


@methods
def test_nan_inf_and_no_confidence_are_missing(method):
    taken = shot(110, 10, NOISE, views=(1, 3, 4, 6))
    missing, marked = taken.keypoints.copy(), taken.keypoints.copy()
    missing[0, :, 3] = np.nan
    for frame, mark in enumerate(
        ((np.nan, 5, 1), (np.inf, 5, 1), (5, -np.inf, 1), (5, 5, np.nan), (5, 5, np.inf))
    ):
        marked[0, frame, 3] = mark
    marked[0, 5:, 3] = 0
    a, b = solve(taken, missing, method=method), solve(taken, marked, method=method)
    np.testing.assert_array_equal(a.keypoints3d_optim, b.keypoints3d_optim)
    assert np.isfinite(a.keypoints3d[:, 3]).all()


@methods
def test_two_cameras_at_one_place_see_no_depth(method):
    taken = shot(111, 10, NOISE, views=(1, 4))
    twins = [taken.cameras[0], replace(taken.cameras[0], name="twin")]
    found = solve(taken, detect(taken.points, twins, "coco17", NOISE, 112), twins, method=method)
    assert np.isnan(found.keypoints3d_optim).all()
    assert not np.isin(found.mask, (1, 2)).any()
    assert any("c01 and twin stand at one place" in text for text in found.quality["warnings"])
    three = [*twins, taken.cameras[1]]
    found = solve(taken, detect(taken.points, three, "coco17", NOISE, 113), three, method=method)
    assert error(found.keypoints3d_optim, taken.points) < 1.5


@methods
def test_points_at_infinity_are_unknown(method):
    pair = [plain_camera(), plain_camera("b", (80, 0, 0))]
    far = np.random.default_rng(114).uniform((-1, -1, 2), (1, 1, 3), (3, 17, 3)) * 1e8
    # Random points exchanged left for right may meet somewhere.
    found = solve(shot(115, 1), seen_by(pair, far), pair, method=method, repair_swaps=False)
    assert np.isnan(found.keypoints3d_optim).all()
    assert any("agrees with no other" in text for text in found.quality["warnings"])


def test_a_joint_that_is_never_seen_harms_no_other():
    """Not even where the world begins in a camera, before which it is nowhere."""
    pair = [plain_camera(), plain_camera("b", (80, 0, 0))]
    near = np.random.default_rng(114).uniform((-60, -60, 300), (60, 60, 400), (1, 17, 3))
    near = np.repeat(near, 3, axis=0)
    seen = seen_by(pair, near)
    seen[:, :, 9] = np.nan
    found = solve(shot(115, 1), seen, pair, repair_swaps=False).keypoints3d_optim
    others = np.arange(17) != 9
    assert np.isnan(found[:, 9]).all()
    assert np.isfinite(found[:, others]).all()


@methods
def test_points_behind_the_cameras_are_unknown(method):
    pair = [plain_camera(), plain_camera("b", (100, 0, 0))]
    behind = np.random.default_rng(116).uniform((-50, -50, -500), (50, 50, -400), (3, 17, 3))
    found = solve(shot(117, 1), seen_by(pair, behind), pair, method=method)
    assert np.isnan(found.keypoints3d_optim).all()
    assert found.quality["warnings"]


def test_fourteen_cameras():
    cameras = studio(seed=118) + studio(range(1, 6), seed=119, centimetres=90)
    cameras = [replace(camera, name=f"v{i}") for i, camera in enumerate(cameras)]
    points = stick_dancer(10, seed=120)
    taken = shot(118, 1)
    found = solve(taken, detect(points, cameras, "coco17", Faults(3, outliers=0.05), 121), cameras)
    assert error(found.keypoints3d_optim, points) < 0.6
    assert found.n_views.max() > 10


def test_points_that_few_of_many_views_see_are_found():
    cameras = [
        replace(camera, name=f"v{i}")
        for i, camera in enumerate(
            camera for seed in range(3) for camera in studio(seed=125 + seed, centimetres=60)
        )
    ]
    points = stick_dancer(10, seed=128)
    seen = detect(points, cameras, "coco17", Faults(2), 129)
    rng = np.random.default_rng(130)
    for frame, joint in np.ndindex(10, 17):
        seen[rng.permutation(27)[3:], frame, joint] = np.nan
    found = solve(shot(124, 1), seen, cameras)
    enough = (np.isfinite(seen).all(axis=-1).sum(axis=0) >= 2).mean()
    assert enough > 0.9
    assert (found.mask == 1).mean() > 0.95 * enough


def test_cameras_are_taken_by_name_where_the_names_are_the_views():
    taken = shot(131, 20, NOISE, views=(1, 3, 5, 7))
    right = solve(taken)
    other = solve(taken, cameras=taken.cameras[::-1])
    np.testing.assert_array_equal(other.keypoints3d_optim, right.keypoints3d_optim)
    assert other.quality["warnings"] == [
        "the cameras stand in another order than the views: taken by name"
    ]
    three = taken._replace(keypoints=taken.keypoints[:3], cameras=taken.cameras[:3])
    fewer = solve(three, cameras=taken.cameras)
    assert "no view has the name of camera c07: left out" in fewer.quality["warnings"]
    np.testing.assert_array_equal(fewer.keypoints3d_optim, solve(three).keypoints3d_optim)


def test_other_counts_and_nothing_at_all_are_errors():
    taken = shot(122, 3)
    with pytest.raises(ValueError, match="3 views of keypoints and 9 cameras"):
        solve(taken, taken.keypoints[:3])
    with pytest.raises(ValueError, match="hold nothing"):
        solve(taken, taken.keypoints[:, :0])


def test_keypoints_of_another_resolution_are_an_error():
    taken = shot(123, 5)
    taken.keypoints[1, ..., :2] *= 2
    with pytest.raises(ValueError, match=r"view c02 lie outside its picture of 1920x1080"):
        solve(taken)
