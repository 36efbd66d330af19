"""The fusion by itself: what the second matte may do, and when it may do nothing."""

import cv2
import numpy as np
import pytest

from infer_matte_fusion.matte_fusing import MASK_OPTIONS, WEIGHT_SETS, FusionOptions, fuse
from infer_matte_fusion.matte_fusing.agreement import fit_exposure
from tests.infer_matte_fusion.scenes import BODY, FAR, HEIGHT, ROWS, WIDTH, make_scene


@pytest.fixture(scope="module")
def scene():
    return make_scene()


@pytest.mark.parametrize("name", WEIGHT_SETS)
def test_a_lost_rim_comes_back(scene, name):
    fused = fuse(*scene.given, options=WEIGHT_SETS[name])
    assert fused.alpha[scene.rim].mean() > scene.base[scene.rim].mean() + 0.25
    before, after = (np.abs(alpha - scene.truth).sum() for alpha in (scene.base, fused.alpha))
    assert after < 0.7 * before
    assert fused.report["warnings"] == [] and fused.report["misfit"] == 0


def test_masks_of_people_are_helped_farther_from_their_edge(scene):
    """Their edge is six pixels too wide, and the plate was seen in some of the frames only."""
    wide = scene.but(base=cv2.dilate(scene.truth, np.ones((13, 13), np.uint8)))
    errors = {}
    for name, options in (("masks", MASK_OPTIONS), ("alpha", WEIGHT_SETS["builtin"])):
        fused = fuse(*wide.given, options=options)
        errors[name] = np.abs(fused.alpha - wide.truth).mean()
    base = np.abs(wide.base - wide.truth).mean()
    assert errors["masks"] < 0.5 * base
    assert errors["masks"] < errors["alpha"]
    rare = np.full(wide.truth.shape, 0.05, np.float32)
    alone = fuse(*wide.given, coverage=rare, options=MASK_OPTIONS)
    np.testing.assert_array_equal(alone.alpha, wide.base)


def test_alpha_is_made_of_both_by_their_shares(scene):
    fused = fuse(*scene.given)
    mixed = scene.base + fused.share * (scene.second - scene.base)
    np.testing.assert_allclose(fused.alpha, mixed, atol=1e-6)
    assert fused.alpha.dtype == fused.share.dtype == np.float32
    assert fused.share.min() >= 0 and 0.3 < fused.share.max() <= FusionOptions().adding
    assert fused.report["mean_share"] == pytest.approx(fused.share.mean(), rel=1e-4)


def test_nothing_changes_far_from_the_edge(scene):
    second = scene.second.copy()
    second[FAR], second[BODY] = 1, 0
    fused = fuse(*scene.but(second=second).given)
    assert (fused.share[FAR] == 0).all()
    assert np.array_equal(fused.alpha[BODY], scene.base[BODY])


def test_what_differs_from_the_plate_is_taken_away_by_official_weights_only(scene):
    base, thinned = scene.truth, scene.base
    fused = {
        name: fuse(*scene.but(base=base, second=thinned).given, options=options)
        for name, options in WEIGHT_SETS.items()
    }
    assert fused["builtin"].alpha[scene.rim].mean() > 0.97 * base[scene.rim].mean()
    assert fused["official"].alpha[scene.rim].mean() < 0.8 * base[scene.rim].mean()


def test_what_looks_like_the_plate_is_taken_away(scene):
    swollen = cv2.dilate(scene.base, np.ones((7, 7), np.uint8))
    fused = fuse(*scene.but(base=swollen, second=scene.base).given)
    halo = (swollen > 0.9) & (scene.truth < 0.01)
    assert fused.alpha[halo].mean() < 0.75 * swollen[halo].mean()


def test_a_plate_that_does_not_fit_gives_the_base_exactly(scene):
    shifted = np.roll(scene.plate, 40, axis=1)
    fused = fuse(*scene.but(plate=shifted).given)
    assert np.array_equal(fused.alpha, scene.base) and not fused.share.any()
    assert fused.report["misfit"] > 0.07 and fused.report["mean_share"] == 0
    assert "does not fit" in fused.report["warnings"][0]
    assert fused.alpha is not scene.base


def test_trust_falls_as_the_plate_moves(scene):
    shares = [
        fuse(*scene.but(plate=np.roll(scene.plate, pixels, axis=1)).given).share.sum()
        for pixels in (0, 2, 5, 20)
    ]
    assert shares == sorted(shares, reverse=True) and shares[-1] == 0


def test_trust_is_lost_only_near_what_moved(scene):
    plate = scene.plate.copy()
    plate[80:220, 366:386] ^= 64
    fused, whole = fuse(*scene.but(plate=plate).given), fuse(*scene.given)
    assert fused.report["misfit"] < 0.04
    left, right = np.s_[:, :320], np.s_[100:200, 340:]
    assert fused.share[left].sum() > 0.95 * whole.share[left].sum()
    assert fused.share[right].sum() < 0.3 * whole.share[right].sum()


def test_a_partial_fit_is_told(scene):
    plate = scene.plate.copy()
    plate[:, :26] ^= 64
    fused = fuse(*scene.but(plate=plate).given)
    assert 0.04 < fused.report["misfit"] < 0.07
    assert "in part" in fused.report["warnings"][0]
    assert 0 < fused.share.sum() < 0.9 * fuse(*scene.given).share.sum()


def test_exposure_costs_no_trust(scene):
    darker = np.clip(scene.plate * np.array([0.8, 0.75, 0.85]) + 6, 0, 255).astype(np.uint8)
    fused, plain = fuse(*scene.but(plate=darker).given), fuse(*scene.given)
    assert fused.share.sum() > 0.9 * plain.share.sum()
    np.testing.assert_allclose(fused.report["gain"], [1 / 0.8, 1 / 0.75, 1 / 0.85], rtol=0.08)


def test_exposure_is_found_beside_what_is_none():
    rng = np.random.default_rng(3)
    plate = rng.uniform(20, 200, (2000, 3)).astype(np.float32)
    gain, offset = np.array([1.1, 0.9, 1.2]), np.array([3.0, -4.0, 0.0])
    frame = plate * gain + offset + rng.normal(0, 1.5, plate.shape)
    frame[:500] = rng.uniform(0, 255, (500, 3))
    found = fit_exposure(plate, frame.astype(np.float32))
    np.testing.assert_allclose(found[0], gain, atol=0.02)
    np.testing.assert_allclose(found[1], offset, atol=2.5)


def test_a_wall_of_one_colour_asks_for_no_gain():
    rng = np.random.default_rng(4)
    plate, frame = (120 + rng.normal(0, 2, (2000, 3)).astype(np.float32) for _ in range(2))
    gain, offset = fit_exposure(plate, frame + 10)
    assert np.abs(gain - 1).max() < 0.1
    np.testing.assert_allclose(120 * gain + offset, 130, atol=0.5)


def test_holes_of_the_plate_are_not_used(scene):
    coverage = np.ones_like(scene.base)
    coverage[:, 340:] = 0
    fused = fuse(*scene.given, coverage=coverage)
    assert not fused.share[:, 338:].any() and fused.share[:, :320].any()
    assert np.array_equal(fused.alpha[ROWS, 340:], scene.base[ROWS, 340:])


def test_without_background_the_base_is_taken(scene):
    fused = fuse(*scene.given, coverage=np.zeros_like(scene.base))
    assert np.array_equal(fused.alpha, scene.base)
    assert "hardly any background" in fused.report["warnings"][0]
    assert fused.report["misfit"] is None and fused.report["gain"] is None


def test_inputs_are_left_alone_and_the_plate_may_have_another_size(scene):
    kept = [given.copy() for given in scene.given]
    large = cv2.resize(scene.plate, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_CUBIC)
    fused = fuse(*scene.but(plate=large).given)
    fuse(*scene.given)
    assert all(map(np.array_equal, kept, scene.given))
    assert fused.share.sum() > 0.8 * fuse(*scene.given).share.sum()


@pytest.mark.parametrize("size", [(1280, 720), (1921, 1081), (405, 721), (96, 54)])
def test_any_size_will_do(scene, size):
    given = [cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in scene.given]
    fused = fuse(*given, coverage=np.ones(size[::-1], np.float32))
    assert fused.alpha.shape == size[::-1]
    assert fused.report["warnings"] == []
    assert fused.share.any()


@pytest.mark.parametrize("name", ["base", "second", "coverage"])
def test_other_sizes_are_refused_by_name(scene, name):
    wrong = {"coverage": np.ones_like(scene.base)} | {name: scene.base[:-1]}
    coverage = wrong.pop("coverage")
    given = scene.but(**wrong) if name != "coverage" else scene
    with pytest.raises(ValueError, match=rf"{name} is \(359, 640\)"):
        fuse(*given.given, coverage=coverage)


@pytest.mark.parametrize(
    "bad",
    [
        {"adding": 1.5},
        {"removing": -0.1},
        {"levels": 0},
        {"reach": -1},
        {"doubted_misfit": 0.2},
        {"refused_misfit": 1.5},
    ],
)
def test_impossible_constants_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} {next(iter(bad.values()))}"):
        FusionOptions(**bad)
