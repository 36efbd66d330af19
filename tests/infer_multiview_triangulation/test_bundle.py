"""Adjustment of cameras: from AIST's ring, from a disturbed calibration, and its gauge."""

from dataclasses import replace

import numpy as np
import pytest

from development.synthetic.capture import CLEAN, NOISE, TYPICAL, detect, stick_dancer
from infer_multiview_triangulation.multiview_geometry.calibration.bundle import bundle_adjust
from infer_multiview_triangulation.multiview_geometry.cameras.aist_ring import ring_cameras
from infer_multiview_triangulation.multiview_geometry.cameras.linearisation import (
    linearise,
    perturb,
)
from tests.infer_multiview_triangulation.studio_shots import centre_error, error, shot, solve


def four_takes(seed):
    """Four clips of 300 frames in one studio."""
    first = shot(seed, 1)
    clips = [
        detect(stick_dancer(300, seed=seed + i), first.cameras, "coco17", TYPICAL, seed + 20 + i)
        for i in range(4)
    ]
    return first._replace(keypoints=np.concatenate(clips, axis=1))


def test_cameras_from_aists_ring():
    taken = four_takes(171)
    start = ring_cameras([camera.name for camera in taken.cameras])
    found = bundle_adjust(start, taken.keypoints, free_intrinsics=True)
    assert centre_error(start, taken.cameras) > 15
    assert centre_error(found, taken.cameras) <= 8
    focal = [[camera.matrix[0, 0] for camera in cameras] for cameras in (found, taken.cameras)]
    assert np.abs(np.divide(*focal) - 1).mean() < 0.015


def test_the_ring_stands_in_for_cameras_that_are_not_given():
    taken = shot(175, 40, NOISE, views=(1, 3, 5, 7))
    asked = {"start_cameras": "aist", "mode": "estimate_cameras", "optimise": False}
    found = solve(taken, cameras=None, **asked)
    assert [camera.name for camera in found.cameras] == ["c01", "c03", "c05", "c07"]
    assert any("AIST's ring" in text for text in found.quality["warnings"])
    assert found.quality["reprojection_median"] < 5


def test_refinement_repairs_a_disturbed_calibration_and_keeps_its_intrinsics():
    taken = shot(176, 50, NOISE)
    rng = np.random.default_rng(177)
    disturbed = [
        replace(
            camera,
            rotation=camera.rotation + rng.normal(0, 0.01, 3),
            translation=camera.translation + rng.normal(0, 5, 3),
        )
        for camera in taken.cameras
    ]
    before = solve(taken, cameras=disturbed, optimise=False)
    found = solve(taken, cameras=disturbed, mode="refine_cameras")
    assert found.quality["reprojection_median"] < 4 < before.quality["reprojection_median"]
    assert centre_error(found.cameras, taken.cameras) < 2
    assert error(found.keypoints3d_optim, taken.points) < 4
    for old, new in zip(disturbed, found.cameras, strict=True):
        np.testing.assert_array_equal(old.matrix, new.matrix)
        np.testing.assert_array_equal(old.distortions, new.distortions)


def test_true_cameras_stay_where_they_are():
    taken = shot(178, 30, CLEAN)
    found = bundle_adjust(taken.cameras, taken.keypoints, free_intrinsics=True)
    for old, new in zip(taken.cameras, found, strict=True):
        np.testing.assert_allclose(new.centre, old.centre, atol=0.05)
        np.testing.assert_allclose(new.matrix, old.matrix, rtol=1e-4)


def test_unequal_focal_lengths_and_distortion_terms_are_kept():
    taken = shot(179, 40, CLEAN, views=(1, 3, 6))
    odd = taken.cameras[0].matrix.copy()
    odd[1, 1] *= 1.05
    distortions = np.array([0.02, -0.01, 1e-3, -1e-3, 0.005])
    cameras = [replace(taken.cameras[0], matrix=odd, distortions=distortions), *taken.cameras[1:]]
    seen = detect(taken.points, cameras, "coco17", NOISE, 180)
    found = bundle_adjust(cameras, seen, free_intrinsics=True)[0]
    assert found.matrix[1, 1] / found.matrix[0, 0] == pytest.approx(odd[1, 1] / odd[0, 0], rel=1e-9)
    np.testing.assert_array_equal(found.distortions[1:], distortions[1:])
    assert found.distortions[0] != distortions[0]


def testlinearise():
    camera = shot(181, 1).cameras[2]
    camera = replace(camera, distortions=np.array([0.05, -0.02, 1e-3, 2e-3, 0.01]))
    points = np.random.default_rng(182).uniform((-80, 20, -80), (80, 180, 80), (5, 3))
    pixels = np.zeros((5, 2))
    by_camera, by_point, off, valid = linearise(camera, points, pixels, 8)
    assert valid.all()
    np.testing.assert_allclose(off, camera.project(points))
    for parameter in range(8):
        step = np.zeros(8)
        step[parameter] = 1e-6
        slope = (
            perturb(camera, step).project(points) - perturb(camera, -step).project(points)
        ) / 2e-6
        np.testing.assert_allclose(by_camera[..., parameter], slope, rtol=1e-4, atol=1e-4)
    for axis in np.eye(3):
        slope = (camera.project(points + 1e-4 * axis) - camera.project(points - 1e-4 * axis)) / 2e-4
        np.testing.assert_allclose(by_point @ axis, slope, rtol=1e-4, atol=1e-5)


def test_too_little_to_adjust_is_an_error():
    taken = shot(183, 2)
    with pytest.raises(ValueError, match="at least two cameras"):
        bundle_adjust(taken.cameras[:1], taken.keypoints[:1], True)
    with pytest.raises(ValueError, match="cameras cannot be adjusted"):
        bundle_adjust(taken.cameras, np.full_like(taken.keypoints, np.nan), True)


def test_aists_ring_is_named_or_in_order():
    by_name = ring_cameras(["c09", "c03"])
    assert by_name[1].centre == pytest.approx(ring_cameras(["a", "b", "c"])[2].centre)
    with pytest.raises(ValueError, match="nine cameras, 10 views"):
        ring_cameras([str(i) for i in range(10)])
