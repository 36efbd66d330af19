"""Keypoints as people bring them: guesses, scores, other units, other skeletons, too few views."""

import json
from dataclasses import replace

import numpy as np
import pytest

from development.synthetic.capture import NOISE
from infer_multiview_triangulation.infer_multiview_triangulation_kit.keypoints.skeletons import (
    COCO17,
)
from infer_multiview_triangulation.multiview_files import read_detections
from infer_multiview_triangulation.multiview_geometry import Options, reconstruct, skeleton_of
from tests.infer_multiview_triangulation.detection_files import bodies
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve


@pytest.fixture(scope="module")
def taken():
    return shot(331, 30, NOISE, views=(1, 3, 5, 7))


def test_guesses_below_the_confidence_may_lie_anywhere(taken):
    """A top-down detector guesses the legs of a cut-off person below the picture."""
    cut = [replace(camera, size=(camera.size[0], 700)) for camera in taken.cameras]
    guessed = taken.keypoints.copy()
    guessed[..., 2] = np.where(guessed[..., 1] > 690, 0.12, 0.9)
    left_out = np.where(guessed[..., 2:] < 0.15, np.nan, guessed)
    seen = solve(taken, left_out, cut).keypoints3d_optim
    np.testing.assert_array_equal(solve(taken, guessed, cut).keypoints3d_optim, seen)
    assert error(seen, taken.points) < 1
    with pytest.raises(ValueError, match="lie outside its picture of 1920x700"):
        solve(taken, guessed, cut, min_confidence=0.1)


def test_a_threshold_that_nothing_reaches_is_named(taken):
    low = taken.keypoints.copy()
    low[..., 2] *= 0.1
    with pytest.raises(ValueError, match=r"no keypoint reaches min_confidence 0.15 .*lower it"):
        solve(taken, low)
    assert error(solve(taken, low, min_confidence=0.01).keypoints3d_optim, taken.points) < 1


@pytest.mark.parametrize("mode", ["estimate_cameras", "refine_cameras"])
def test_the_threshold_of_the_cameras_is_named(taken, mode):
    low = taken.keypoints.copy()
    low[..., 2] = 0.4
    with pytest.raises(ValueError, match=r"reaches camera_confidence 0.5 .*lower camera_conf"):
        solve(taken, low, mode=mode)
    with pytest.raises(ValueError, match=r"reaches camera_confidence 0.5 .*lower camera_conf"):
        solve(taken, low, None)


def test_one_view_alone_is_too_few(taken):
    alone = taken.keypoints.copy()
    alone[1:] = np.nan
    with pytest.raises(
        ValueError, match=r"only view c01 shows anybody .*: a point needs two views"
    ):
        solve(taken, alone)


def test_normalised_coordinates_are_told(taken):
    shares = taken.keypoints.copy()
    shares[2, ..., :2] /= (1920, 1080)
    with pytest.raises(ValueError, match="view c05 lie between 0 and 1: they are normalised, not"):
        solve(taken, shares)


@pytest.fixture(scope="module")
def expected(taken):
    return solve(taken)


@pytest.mark.parametrize(("factor", "word"), [(100, "reach 100: divided by"), (7.3, "divided by")])
def test_scores_above_1_are_scaled(taken, expected, factor, word):
    scored = taken.keypoints.copy()
    scored[..., 2] = scored[..., 2] / np.nanmax(scored[..., 2]) * factor
    before = scored.copy()
    found = solve(taken, scored)
    np.testing.assert_array_equal(scored, before)
    assert error(found.keypoints3d_optim, expected.keypoints3d_optim) < 0.2
    assert found.keypoints2d[..., 2][np.isfinite(found.keypoints2d[..., 2])].max() == 1
    assert word in " ".join(found.quality["warnings"])


def test_scores_that_round_above_1_are_no_matter(taken):
    rounded = taken.keypoints.copy()
    rounded[0, 0, 0, 2] = 1 + 1e-6
    warnings = solve(taken, rounded, optimise=False).quality["warnings"]
    assert not any("scores" in text for text in warnings)


# Where COCO's 17 stand among a detector's points.
PLACES = {
    "halpe26": range(17),
    "wholebody133": range(17),
    "mediapipe33": (0, 2, 5, 7, 8, *range(11, 17), *range(23, 29)),
    "body25_hands": (0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11),
}


@pytest.mark.parametrize(
    ("name", "count"),
    [("halpe26", 26), ("wholebody133", 133), ("mediapipe33", 33), ("body25_hands", 67)],
)
def test_other_detectors_bodies_are_taken(taken, name, count):
    skeleton = skeleton_of("auto", count)
    assert skeleton.name == name
    # Hands and face anywhere near the body: what is not taken does no harm.
    rng = np.random.default_rng(3)
    detected = taken.keypoints[:, :, rng.integers(0, 17, count)]
    detected[..., :2] += rng.normal(0, 40, detected[..., :2].shape)
    detected[:, :, list(PLACES[name])] = taken.keypoints
    found = reconstruct(detected[:, :, None], taken.cameras, skeleton, Options())
    assert found.keypoints3d_optim.shape[1] == len(found.skeleton.joints)
    body = [found.skeleton.joints.index(joint) for joint in COCO17.split(",")]
    assert error(found.keypoints3d_optim[:, body], taken.points) < 1


def test_mmpose_pictures_one_by_one(tmp_path, rng):
    keypoints = bodies(rng, 2, 3)
    for v, view in enumerate(keypoints):
        for f, person in enumerate(view):
            file = tmp_path / f"cam{v + 1}" / f"{f:06d}.json"
            file.parent.mkdir(exist_ok=True)
            instance = {
                "keypoints": person[:, :2].tolist(),
                "keypoint_scores": person[:, 2].tolist(),
                "bbox_score": 0.9,
            }
            file.write_text(json.dumps([instance]))
    read = read_detections(tmp_path)
    np.testing.assert_array_equal(read.keypoints2d[:, :, 0], keypoints)
    (warning,) = read.warnings
    assert "cam1, cam2" in warning and "MMPose's instances" in warning
    (tmp_path / "cam1" / "000001.json").write_text('[{"keypoints": 5, "keypoint_scores": []}]')
    assert "000001.json" in " ".join(read_detections(tmp_path).warnings)
