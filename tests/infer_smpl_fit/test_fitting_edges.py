"""What goes wrong with keypoints, and what the fit says or does about it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from infer_smpl_fit.smpl_body.conventions import CONVENTIONS
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_fitting import fit_body
from infer_smpl_fit.smpl_fitting.filters import find_outliers
from tests.infer_smpl_fit.scenes import (
    assert_finite,
    errors,
    keypoint_error,
    predicted,
    scene_of,
)
from tests.infer_smpl_fit.stand_in import keypoints_of, stand_in_body

FPS = 60.0


@pytest.fixture(scope="module")
def body():
    return load_body(None)


@pytest.fixture(scope="module")
def scene(body):
    return scene_of(body, "coco17", 220, frames=120)


@pytest.fixture(scope="module")
def whole(body, scene):
    """The fit of the scene as it was seen, which no test may change."""
    return fitted(body, scene.seen)


def fitted(body, keypoints, convention="coco17", **options):
    fit = fit_body(body, keypoints, convention, fps=FPS, **options)
    assert_finite(fit)
    assert fit.poses.shape == (len(keypoints), 24, 3) and fit.transl.shape == (len(keypoints), 3)
    return fit


def test_a_missing_joint_has_no_weight(body, scene):
    seen = scene.seen.copy()
    seen[30:60, 9] = np.nan
    fit = fitted(body, seen)
    assert fit.valid.all() and fit.report["gaps"] == []
    assert keypoint_error(scene, fit) < 10
    half = seen.copy()
    half[..., 0] = np.where(np.isnan(half[..., 1]), 5.0, half[..., 0])
    np.testing.assert_array_equal(fitted(body, half).poses, fit.poses)


def test_confidence_zero_is_missing(body, scene):
    confidence = np.ones((120, 17))
    confidence[30:60, 9] = 0
    wild = scene.seen.copy()
    wild[30:60, 9] = 1e6
    missing = scene.seen.copy()
    missing[30:60, 9] = np.nan
    found = fitted(body, wild, confidence=confidence)
    np.testing.assert_array_equal(found.poses, fitted(body, missing).poses)
    with pytest.raises(ValueError, match=r"confidence must be \(120, 17\)"):
        fit_body(body, wild, "coco17", fps=FPS, confidence=confidence[:, :3])


@pytest.mark.parametrize(("begin", "length"), [(50, 12), (40, 50), (0, 10), (110, 10)])
def test_missing_frames_are_bridged_and_reported(body, scene, begin, length):
    seen = scene.seen.copy()
    seen[begin : begin + length] = np.nan
    fit = fitted(body, seen)
    gone = np.zeros(120, bool)
    gone[begin : begin + length] = True
    assert (fit.valid == ~gone).all() and fit.report["valid"] == (~gone).tolist()
    assert fit.report["gaps"] == [{"first_frame": begin, "frames": length}]
    assert fit.report["longest_gap_frames"] == length
    is_inside = 0 < begin < 120 - length
    told = "a gap of {} frames is bridged" if is_inside else "the body holds still in {} frames"
    assert any(told.format(length) in warning for warning in fit.report["warnings"])
    # Nobody is thrown about while unseen.
    assert np.linalg.norm(np.diff(fit.transl, axis=0), axis=1).max() < 0.05
    assert np.abs(fit.transl - scene.transl).max() < 0.5


def test_nothing_seen_is_a_clear_error(body):
    with pytest.raises(ValueError, match="no frame shows 3 keypoints of coco17"):
        fit_body(body, np.full((10, 17, 3), np.nan), "coco17", fps=FPS)


def test_a_limb_never_seen_is_listed(body, scene, whole):
    seen = scene.seen.copy()
    seen[:, [7, 9]] = np.nan
    fit = fitted(body, seen)
    assert fit.report["unobserved_limbs"] == ["left_arm", "left_forearm"]
    assert "left_arm" in " ".join(fit.report["warnings"])
    assert not fit.poses[:, [16, 18]].any()
    assert errors(scene, fit)["keypoints"] < 60
    assert whole.report["unobserved_limbs"] == []
    assert "left_wrist" in whole.report["unobserved_joints"]


@pytest.mark.parametrize("shown", [range(5, 17), range(11), range(11, 17)])
def test_half_a_body(body, scene, shown):
    seen = np.full_like(scene.seen, np.nan)
    seen[:, list(shown)] = scene.seen[:, list(shown)]
    fit = fitted(body, seen)
    assert fit.report["residual_mean_mm"] < 25
    assert fit.report["outlier_share"] < 0.05


LEGS = ("hip", "knee", "ankle", "toe", "heel")


@pytest.mark.parametrize("convention", ["coco17", "body25", "body25b"])
@pytest.mark.parametrize("part", ["upper body", "legs"])
def test_a_half_that_is_never_seen(body, part, convention):
    """Of BODY_25's trunk either half shows three points on one line."""
    scene = scene_of(body, convention, 2, frames=60, noise=0.005, shapes=0.0, missing=0)
    hidden = [
        any(word in name for word in LEGS) == (part == "upper body")
        for name in CONVENTIONS[convention].keypoints
    ]
    seen = scene.seen.copy()
    seen[:, hidden] = np.nan
    fit = fitted(body, seen, convention, units="m")
    assert fit.report["residual_mean_mm"] < 10
    turns = Rotation.from_rotvec(scene.poses[:, 0]).inv() * Rotation.from_rotvec(fit.poses[:, 0])
    assert np.degrees(np.median(turns.magnitude())) < 35
    never = {"upper body": {"left_leg", "right_shin"}, "legs": {"right_arm", "head"}}[part]
    assert never <= set(fit.report["unobserved_limbs"])
    unseen = {"upper body": [1, 2, 4, 5], "legs": [15, 16, 17, 18, 19]}[part]
    assert not fit.poses[:, unseen].any()


def test_three_points_on_a_line_leave_a_guess(body):
    scene = scene_of(body, "body25", 2, frames=20, missing=0)
    seen = np.full_like(scene.seen, np.nan)
    trunk = [CONVENTIONS["body25"].keypoints.index(f"{side}_hip") for side in ("left", "right")]
    trunk.append(CONVENTIONS["body25"].keypoints.index("mid_hip"))
    seen[:, trunk] = scene.seen[:, trunk]
    fit = fitted(body, seen, "body25", units="m")
    assert "what is seen lies on one line" in fit.report["warnings"][-1]


def test_a_body_that_misses_its_keypoints_warns(body, scene, whole):
    good = whole.report
    assert good["keypoint_noise_mm"] == pytest.approx(10, abs=1)
    assert good["misfit_share"] == 0 and good["warnings"] == []
    off = scene.seen.copy()
    off[60:, [7, 9]] += 0.4
    for wrong in (
        fitted(body, scene.seen, "h36m17", units="m"),
        fitted(body, off, units="m"),
        fitted(body, np.random.default_rng(1).normal(0, 0.5, off.shape), units="m"),
    ):
        assert "the body misses its keypoints" in " ".join(wrong.report["warnings"])


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_few_frames(body, scene, frames):
    short = scene.frames(0, frames)
    fit = fitted(body, short.seen)
    # Nothing averages the noise of 16 mm away, and a missing keypoint is guessed.
    assert keypoint_error(short, fit) < 30


def test_static_clip(body, scene):
    still = np.repeat(scene.clean[:1], 60, axis=0)
    fit = fitted(body, still)
    assert np.abs(np.diff(fit.poses, axis=0)).max() < 1e-3
    assert fit.report["residual_mean_mm"] < 10


def test_every_unit_gives_the_same_answer(body, scene, whole):
    assert whole.report["unit"] == "m"
    for unit, size in (("cm", 100), ("mm", 1000)):
        fit = fitted(body, size * scene.seen)
        assert fit.report["unit"] == unit
        np.testing.assert_allclose(fit.poses, whole.poses, atol=1e-9)
        np.testing.assert_allclose(fit.transl, whole.transl, atol=1e-9)
    told = fitted(body, 10 * scene.seen, units="cm")
    assert told.report["unit"] == "cm" and "check units" in " ".join(told.report["warnings"])


def test_aist_output_is_in_the_keypoints_unit(body, scene):
    metres, millimetres = (fitted(body, k * scene.seen, mode="aist") for k in (1, 1000))
    np.testing.assert_allclose(millimetres.transl, 1000 * metres.transl, atol=1e-6)
    assert millimetres.scaling == pytest.approx(1000 * metres.scaling)


@pytest.mark.parametrize("convention", ["coco17", "body25", "body25b", "smpl24", "h36m17"])
def test_mirrored_labels_warn(body, convention):
    scene = scene_of(body, convention, 221, frames=60)
    right = fitted(body, scene.seen, convention)
    assert not right.report["mirrored_labels"] and right.report["warnings"] == []
    swapped = fitted(body, scene.seen[:, list(CONVENTIONS[convention].mirrored)], convention)
    assert swapped.report["mirrored_labels"]
    assert "left and right" in swapped.report["warnings"][0]


def test_gross_outliers(body, scene):
    rng = np.random.default_rng(0)
    bad = rng.random(scene.seen.shape[:2]) < 0.25
    way = rng.normal(size=scene.seen.shape)
    seen = scene.seen + 0.3 * bad[..., None] * way / np.linalg.norm(way, axis=2, keepdims=True)
    fit = fitted(body, seen)
    assert keypoint_error(scene, fit) < 8
    assert fit.report["outlier_share"] == pytest.approx(0.25, abs=0.05)


def test_gate_spares_fast_motion():
    away = np.zeros((20, 1, 3))
    away[:, 0, 0] = 0.1 * np.arange(20)
    assert not find_outliers(away).any()
    away[10, 0, 1] = 0.3
    assert np.flatnonzero(find_outliers(away)).tolist() == [10]


def test_half_the_keypoints_missing(body):
    scene = scene_of(body, "coco17", 222, missing=0.5)
    fit = fitted(body, scene.seen)
    assert keypoint_error(scene, fit) < 10
    assert fit.report["missing_share"] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("kind", ["random", "zeros", "one frame", "far away", "huge"])
def test_nonsense_never_becomes_nan(body, scene, kind):
    rng = np.random.default_rng(0)
    lone = np.full((40, 17, 3), np.nan)
    lone[20] = scene.clean[20]
    keypoints = {
        "random": rng.normal(size=(40, 17, 3)),
        "zeros": np.zeros((40, 17, 3)),
        "one frame": lone,
        "far away": scene.seen[:40] + 1e6,
        "huge": 1e9 * scene.seen[:40],
    }[kind]
    fitted(body, keypoints, units="m")


def test_wrong_input_is_told(body, scene):
    for change, words in (
        ({"keypoints": scene.seen[:, :16]}, "conventions|known are"),
        ({"keypoints": scene.seen[..., :2]}, r"\(frames, joints, 3\)"),
        ({"keypoints": scene.seen[:0]}, "with frames"),
        ({"convention": "body25"}, "h36m17"),
        ({"fps": 0.0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"units": "inch"}, "units"),
        ({"mode": "shape"}, "mode"),
        ({"keypoints": np.zeros((5, 17, 3))}, "set units"),
    ):
        given = {"keypoints": scene.seen, "convention": "coco17", "fps": FPS} | change
        with pytest.raises(ValueError, match=words):
            fit_body(body, **given)


def test_bodies_with_fingers_take_the_first_22_joints():
    base = stand_in_body()
    extra = 28
    model = replace(
        base,
        J_regressor=np.vstack([base.J_regressor, np.repeat(base.J_regressor[20:21], extra, 0)]),
        weights=np.pad(base.weights, ((0, 0), (0, extra))),
        posedirs=np.zeros((len(base.v_template), 3, 9 * (23 + extra))),
        parents=np.concatenate([base.parents[:22], [20, 21], np.full(extra, 20)]),
    )
    scene = scene_of(base, "smpl24", 223, frames=60)
    fit = fit_body(model, scene.seen, "smpl24", fps=FPS)
    assert fit.poses.shape == (60, 52, 3) and not fit.poses[:, 22:].any()
    assert errors(scene, replace(fit, poses=fit.poses[:, :24]))["joints"] < 15
    first = fit_body(model, scene.seen[:, :22], "smpl24", fps=FPS)
    np.testing.assert_allclose(first.poses[:, :20], fit.poses[:, :20], atol=1e-6)


def test_report_says_how_good_the_fit_is(body, scene):
    seen = scene.seen.copy()
    seen[:, 7] = np.nan
    fit = fitted(body, seen)
    away = 1000 * np.linalg.norm(predicted(scene, fit) - seen, axis=2)
    report = fit.report
    assert report["residual_mean_mm"] == pytest.approx(np.nanmean(away), abs=0.01)
    assert report["residual_p95_mm"] == pytest.approx(np.nanpercentile(away, 95), abs=0.01)
    names = CONVENTIONS["coco17"].keypoints
    assert list(report["residual_per_keypoint_mm"]) == [*names[:7], *names[8:]]
    wrist = report["residual_per_keypoint_mm"]["right_wrist"]
    assert wrist == pytest.approx(np.nanmean(away[:, 10]), abs=0.01)
    assert report["missing_share"] == pytest.approx(np.isnan(seen[..., 0]).mean(), abs=1e-4)
    assert report["beta_norm"] == pytest.approx(np.linalg.norm(fit.betas), abs=1e-3)
    assert (report["outlier_share"], report["scale"]) == (0, 1)
    assert report["limit_hits_share"] < 0.01
    aist = fitted(body, 100 * seen, mode="aist")
    assert aist.report["scale"] == pytest.approx(aist.scaling / 100, rel=1e-4)


def test_limits_that_are_passed_are_counted_by_joint(body, scene):
    backwards = scene.poses.copy()
    backwards[:, 4] = (-1.0, 0, 0)
    seen = keypoints_of(body, "coco17", backwards, scene.transl)
    report = fitted(body, seen).report
    assert report["limit_hits_per_joint"]["left_knee"] > 0.5
    assert report["limit_hits_share"] > 0.03


def test_input_is_left_alone(body, scene):
    seen = scene.seen.copy()
    fitted(body, seen)
    np.testing.assert_array_equal(seen, scene.seen)
