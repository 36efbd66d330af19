"""Scale and axes."""

import numpy as np
import pytest

from infer_multiview_triangulation.multiview_geometry import SKELETONS
from infer_multiview_triangulation.multiview_geometry.cameras.alignment import fit_similarity
from infer_multiview_triangulation.multiview_geometry.world.body import stature
from infer_multiview_triangulation.multiview_geometry.world.upright import upright_world
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve
from workflows.synthetic_capture import NOISE

COCO = SKELETONS["coco17"]


@pytest.fixture(scope="module")
def taken():
    return shot(281, 60, NOISE, views=(1, 3, 5, 7))


@pytest.mark.parametrize("length", [1.75, 175.0])
def test_height(taken, length):
    found = solve(taken, scale=f"height:{length}")
    assert stature(found.keypoints3d_optim, COCO) == pytest.approx(length, rel=1e-6)
    assert found.quality["scale"] == pytest.approx(length / 172, rel=0.1)


def test_distance(taken):
    found = solve(taken, scale="distance:c01,c05,9.8")
    a, b = found.cameras[0].centre, found.cameras[2].centre
    assert np.linalg.norm(a - b) == pytest.approx(9.8)


def test_bone(taken):
    found = solve(taken, scale="bone: left_knee - left_ankle, 0.41")
    index = COCO.bones.index((13, 15))
    assert found.bone_lengths[index] == pytest.approx(0.41, rel=1e-6)
    assert np.nanmedian(found.sigma) < 0.02


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("height", "does not end in a length"),
        ("height:nan", "does not end in a length"),
        ("height:inf", "does not end in a length"),
        ("height:-1", "does not end in a length"),
        ("height:a,170", "is none of"),
        ("size:170", "is none of"),
        ("distance:c01,c02,3", "no camera 'c02'"),
        ("distance:c01,c01,3", "stand at one place"),
        ("bone:left_knee,3", "is none of"),
        ("bone:left_knee-tail,3", "is not JOINT-JOINT of coco17"),
    ],
)
def test_scales_that_cannot_be(taken, text, message):
    with pytest.raises(ValueError, match=message):
        solve(taken, scale=text)


def _onto(points, truth):
    known = np.isfinite(points[..., 0])
    return fit_similarity(points[known], truth[known])(points)


@pytest.mark.parametrize("axis", ["y", "z"])
def test_upright(taken, axis):
    tilt = fit_similarity(np.eye(3), np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]))
    tilted = taken._replace(cameras=[tilt.camera(camera) for camera in taken.cameras])
    found = solve(tilted, up_axis=axis)
    points, up = found.keypoints3d_optim, "xyz".index(axis)
    bodies = points[:, [5, 6]].mean(axis=1) - points[:, [15, 16]].mean(axis=1)
    direction = np.nanmedian(bodies / np.linalg.norm(bodies, axis=1, keepdims=True), axis=0)
    assert direction[up] > 0.98
    assert np.percentile(np.nanmin(points[..., up], axis=1), 5) == pytest.approx(0, abs=1)
    # Cameras and points moved together.
    again = solve(tilted, cameras=found.cameras)
    assert error(again.keypoints3d_optim, points) < 1e-3
    assert error(_onto(points, taken.points), taken.points) < 1


def test_upside_down_and_unseen():
    points = shot(282, 10).points
    for turned in (points * [1, -1, -1], points):
        moved = upright_world(turned, COCO, "y")(turned)
        assert (moved[:, 0, 1] > moved[:, 15, 1]).all()
    blind = points.copy()
    blind[:, 15:] = np.nan
    with pytest.raises(ValueError, match="never seen together"):
        upright_world(blind, COCO, "y")
