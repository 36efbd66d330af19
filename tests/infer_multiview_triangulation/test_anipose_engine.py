"""The two engines against each other: the same points, the same cost or less."""

import sys

import numpy as np
import pytest

from development.synthetic.capture import NOISE, TYPICAL, Faults
from infer_multiview_triangulation.multiview_geometry import SKELETONS, anipose_engine
from infer_multiview_triangulation.multiview_geometry.calibration.bundle import bundle_adjust
from infer_multiview_triangulation.multiview_geometry.cameras.aist_ring import ring_cameras
from infer_multiview_triangulation.multiview_geometry.points.rays import rays_of
from infer_multiview_triangulation.multiview_geometry.points.triangulation import weighted_dlt
from infer_multiview_triangulation.multiview_geometry.sequence.aist_objective import (
    optimise_aist,
    smooth_scale,
)
from infer_multiview_triangulation.multiview_geometry.sequence.trajectories import fill_gaps
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve

cameras = pytest.importorskip("aniposelib.cameras")
pytestmark = pytest.mark.filterwarnings("ignore")
BONES = SKELETONS["coco17"].bones


@pytest.fixture(scope="module", autouse=True)
def uncompiled():
    """Compiling aniposelib takes far longer than its Python does on these few frames."""
    with pytest.MonkeyPatch.context() as patch:
        for name, function in list(vars(cameras.CameraGroup).items()):
            if hasattr(function, "py_func"):
                patch.setattr(cameras.CameraGroup, name, function.py_func)
        yield


@pytest.fixture(scope="module")
def noisy():
    return shot(301, 12, NOISE)


@pytest.fixture(scope="module")
def typical():
    return shot(304, 12, TYPICAL)


@pytest.mark.parametrize("name", ["noisy", "typical"])
def test_plain_triangulation_is_aniposelibs(name, request):
    taken = request.getfixturevalue(name)
    ours = solve(taken, method="plain", optimise=False).keypoints3d
    theirs = solve(taken, engine="aniposelib", optimise=False).keypoints3d
    assert np.isfinite(ours).mean() > 0.8
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def reached(taken, points, scale):
    """aniposelib's objective at ``points``, bone lengths at their best."""
    a, b = np.array(BONES).T
    now = np.linalg.norm(points[:, a] - points[:, b], axis=-1)
    lengths = (now**2).sum(axis=0) / now.sum(axis=0)
    residuals = anipose_engine.camera_group(taken.cameras)._error_fun_triangulation(
        np.concatenate([points.ravel(), lengths]),
        taken.keypoints[..., :2],
        BONES,
        scale_smooth=scale,
        scale_length=2,
        reproj_error_threshold=15,
    )
    return float(residuals @ residuals)


@pytest.mark.parametrize("name", ["noisy", "typical"])
def test_the_same_objective_is_brought_as_low(name, request):
    taken = request.getfixturevalue(name)
    start = anipose_engine.triangulate(taken.cameras, taken.keypoints)
    theirs = anipose_engine.optimise(taken.cameras, taken.keypoints, BONES)
    ours = optimise_aist(taken.cameras, taken.keypoints, start, bones=np.array(BONES))
    start = fill_gaps(start)
    scale = smooth_scale(start)
    costs = [reached(taken, points, scale) for points in (ours, theirs, start)]
    assert costs[0] <= 1.01 * costs[1]
    assert costs[0] < 0.9 * costs[2]
    assert error(ours, taken.points) <= 1.01 * error(theirs, taken.points)


def mean_squared(taken, cameras):
    """Reprojection error of the points that these cameras make of the keypoints."""
    rays = rays_of(cameras, taken.keypoints)
    points = weighted_dlt(rays.weighted(rays.observed.astype(float)))
    flat = taken.keypoints.reshape(len(cameras), -1, 3)
    off = np.stack([c.project(points) - v[:, :2] for c, v in zip(cameras, flat, strict=True)])
    return float((off[np.isfinite(off).all(axis=-1)] ** 2).sum(axis=-1).mean())


def test_bundle_adjustment_fits_as_well(monkeypatch):
    for name, value in (("ROUNDS", 2), ("ROUND_SAMPLES", 40), ("FINAL_SAMPLES", 120)):
        monkeypatch.setattr(anipose_engine, name, value)
    # aniposelib draws its points with numpy's global state.
    np.random.seed(306)  # noqa: NPY002
    taken = shot(307, 60, Faults(noise=3), views=(1, 3, 5, 7))
    start = ring_cameras([camera.name for camera in taken.cameras])
    ours = bundle_adjust(start, taken.keypoints, free_intrinsics=True)
    theirs = anipose_engine.adjust(start, taken.keypoints)
    assert mean_squared(taken, ours) <= 1.01 * mean_squared(taken, theirs)
    assert mean_squared(taken, ours) <= 1.01 * mean_squared(taken, taken.cameras)


def test_what_aniposelib_cannot_is_refused(noisy):
    still = np.repeat(noisy.keypoints[:, :1], 30, axis=1)
    with pytest.raises(ValueError, match="use engine=native or optimise=False"):
        solve(noisy, still, engine="aniposelib")
    with pytest.raises(ValueError, match="at least 20 points"):
        solve(noisy, noisy.keypoints[:, :1], engine="aniposelib")


def test_a_joint_never_seen_stays_unknown(noisy):
    kept = noisy.keypoints.copy()
    kept[:, :, 0] = np.nan
    found = solve(noisy, kept, engine="aniposelib", optimise=False)
    assert np.isnan(found.keypoints3d[:, 0]).all()
    nothing = solve(noisy, np.full_like(kept, np.nan), engine="aniposelib")
    assert np.isnan(nothing.keypoints3d_optim).all()


def test_a_missing_aniposelib_is_told(noisy, monkeypatch):
    monkeypatch.setitem(sys.modules, "aniposelib", None)
    told = "engine=aniposelib needs aniposelib.*: pip install aniposelib, or set engine=native"
    with pytest.raises(ImportError, match=told):
        solve(noisy, engine="aniposelib")
