"""Is a background this scene's, can it be aligned, and is it prepared no oftener than needed?"""

import logging

import cv2
import numpy as np
import pytest

from infer_background_matting.bgm_network import plate as plate_module
from infer_background_matting.bgm_network.plate import PreparedPlate
from infer_background_matting.bgm_network.scene import (
    AlignmentError,
    BackgroundAligner,
    compare_scene,
)


def room(seed, height=270, width=480):
    """A textured room: blocks of colour under fine noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(40, 215, (9, 16, 3)).astype(np.float32)
    blocks = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    spots = cv2.GaussianBlur(rng.normal(0, 60, blocks.shape).astype(np.float32), (0, 0), 2)
    return np.clip(np.rint(blocks + spots), 0, 255).astype(np.uint8)


def with_person(picture):
    occupied = picture.copy()
    height, width = picture.shape[:2]
    centre, axes = (width // 2, height * 2 // 3), (width // 8, height // 2)
    cv2.ellipse(occupied, centre, axes, 0, 0, 360, (90, 60, 160), -1)
    return occupied


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("gain", [0.8, 1.0, 1.25])
def test_synthetic_pairs_are_accepted_and_others_refused(seed, gain):
    noise = np.random.default_rng(seed).normal(0, 4, (270, 480, 3))
    true = np.clip(room(seed) * gain + noise, 0, 255).astype(np.uint8)
    source = with_person(room(seed))
    assert compare_scene(source, true).is_same_scene
    assert not compare_scene(source, room(seed + 100)).is_same_scene


@pytest.fixture(scope="module")
def photo(shared):
    def read(name):
        path = shared / "data" / "matting" / f"{name}.png"
        return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)

    return read


@pytest.mark.parametrize("name", ["handheld_0001", "handheld_1000"])
def test_real_handheld_pair_is_accepted_once_aligned(photo, name):
    source, background = photo(name), photo("handheld_background")
    assert not compare_scene(source, background).is_same_scene
    aligned = BackgroundAligner(background)(source)
    assert compare_scene(source, aligned).found_again > 0.7
    beside_the_person = np.s_[60:500, 60:500]
    before, after = (
        np.abs(source.astype(float) - x)[beside_the_person].mean() for x in (background, aligned)
    )
    assert before > 15
    assert after < 4


def test_real_pair_is_accepted_and_the_new_background_refused(photo):
    source, new = photo("person"), photo("new_background")
    assert compare_scene(source, photo("person_background")).is_same_scene
    assert not compare_scene(source, new).is_same_scene
    assert not compare_scene(photo("handheld_0001"), new).is_same_scene


def test_a_shifted_and_turned_background_is_aligned():
    background = room(1)
    turn = cv2.getRotationMatrix2D((240, 135), 3.0, 1.04) + np.float64([[0, 0, 7], [0, 0, -5]])
    source = with_person(
        cv2.warpAffine(background, turn, (480, 270), borderMode=cv2.BORDER_REFLECT)
    )
    aligned = BackgroundAligner(background)(source)
    beside_the_person = np.s_[40:230, 40:150]
    difference = np.abs(source.astype(float) - aligned)[beside_the_person]
    assert difference.mean() < 3


def test_a_plain_wall_cannot_be_aligned():
    wall = np.full((120, 160, 3), 128, np.uint8)
    with pytest.raises(AlignmentError, match="12 are needed"):
        BackgroundAligner(wall)(with_person(wall))


def test_what_cannot_be_aligned_follows_background_check(caplog):
    wall = np.full((120, 160, 3), 128, np.uint8)
    source = with_person(wall)
    with pytest.raises(AlignmentError):
        PreparedPlate()(source, wall, align=True, check="refuse")
    with caplog.at_level(logging.WARNING):
        plate = PreparedPlate()(source, wall, align=True, check="warn")
    np.testing.assert_array_equal(plate, wall)
    assert "not aligned" in caplog.text


@pytest.fixture
def checks(monkeypatch):
    calls = []

    def counting(*pictures):
        calls.append(pictures)
        return compare_scene(*pictures)

    monkeypatch.setattr(plate_module, "compare_scene", counting)
    return calls


def test_equal_pixels_in_a_new_array_are_not_prepared_again(checks):
    prepare, source, background = PreparedPlate(), with_person(room(1)), room(1)
    first = prepare(source, background, align=False, check="refuse")
    assert prepare(source, background.copy(), align=False, check="refuse") is first
    assert len(checks) == 1


def test_a_background_overwritten_in_place_is_noticed(checks):
    prepare, source, background = PreparedPlate(), with_person(room(1)), room(1)
    first = prepare(source, background, align=False, check="refuse")
    background[:20] = background[:20] // 2 + 40
    second = prepare(source, background, align=False, check="refuse")
    np.testing.assert_array_equal(second, background)
    assert second is not first
    assert len(checks) == 2


def test_a_refused_background_is_refused_again():
    prepare, source = PreparedPlate(), with_person(room(1))
    good = prepare(source, room(1), align=False, check="refuse")
    for _ in range(2):
        with pytest.raises(ValueError, match="does not look like the scene"):
            prepare(source, room(101), align=False, check="refuse")
    np.testing.assert_array_equal(prepare(source, room(1), align=False, check="refuse"), good)


def test_another_size_grey_and_views_are_taken():
    source = with_person(room(1))
    half = cv2.resize(room(1), (240, 135), interpolation=cv2.INTER_AREA)
    for background in (half, room(1)[..., ::-1], room(1)[..., 0]):
        plate = PreparedPlate()(source, background, align=False, check="off")
        assert plate.shape == source.shape
        assert plate.dtype == np.uint8
        assert plate.flags.c_contiguous
