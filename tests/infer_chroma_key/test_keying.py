"""The keyer, on a figure whose alpha, colours and screen are known."""

import numpy as np
import pytest

from infer_chroma_key.chroma_keying import Keyer, KeyOptions, ScreenError
from plugin_kit.keying.screen_colour import difference, find_screen, purity
from plugin_kit.keying.screen_light import SteadyLight, fit_light
from plugin_kit.keying.spill import without_spill
from plugin_kit.pictures import plain
from tests.infer_chroma_key.scenes import FACE, HEIGHT, SCREENS, WIDTH, mad, make_scene

TIE = np.s_[125:165, 155:165]


def plain_alpha(scene, channel):
    """One screen colour for all of the frame, alpha by the difference alone."""
    frame = scene.frame.astype(np.float32)
    of_screen = np.median(difference(frame, channel)[:20])
    return np.clip(1 - difference(frame, channel) / of_screen, 0, 1)


@pytest.mark.parametrize("colour, channel", (("green", 1), ("blue", 2)))
def test_alpha_and_screen_of_an_uneven_noisy_take(colour, channel):
    scene = make_scene(colour)
    keyed = Keyer()(scene.frame)
    assert keyed.alpha.dtype == np.float32 and keyed.alpha.shape == (HEIGHT, WIDTH)
    assert mad(keyed.alpha, scene.alpha) < 5
    assert mad(keyed.alpha, scene.alpha) < 0.25 * mad(plain_alpha(scene, channel), scene.alpha)
    assert keyed.report["screen"] == colour
    seen = scene.alpha == 0
    assert np.abs(scene.screen[seen].mean(axis=0) - keyed.report["screen_colour"]).max() < 8
    assert keyed.report["share"] == pytest.approx((scene.alpha < 0.5).mean(), abs=0.02)
    assert keyed.report["warnings"] == []


def test_hair_stays_soft():
    scene = make_scene(noise=0)
    keyed = Keyer()(scene.frame)
    hair = (scene.alpha > 0.2) & (scene.alpha < 0.7)
    assert np.corrcoef(keyed.alpha[hair], scene.alpha[hair])[0, 1] > 0.8
    assert np.abs(keyed.alpha[hair] - scene.alpha[hair]).mean() < 0.12


def test_foreground_has_lost_the_screen_s_light():
    scene = make_scene(noise=0, spill=0.1)
    keyed = Keyer()(scene.frame)
    over = plain((128, 128, 128), HEIGHT, WIDTH).astype(np.float32)
    # In skin, which is far from green, a little green cannot be told from its own colour.
    counts = scene.alpha > 0.05
    counts[FACE] = False

    def composite_error(foreground, alpha):
        made = over + alpha[..., None] * (foreground - over)
        wanted = over + scene.alpha[..., None] * (scene.foreground - over)
        return np.abs(made - wanted)[counts].mean()

    kept = Keyer(KeyOptions(spill=0))(scene.frame)
    error = composite_error(keyed.foreground, keyed.alpha)
    assert error < composite_error(kept.foreground, kept.alpha)
    assert error < 0.7 * composite_error(scene.frame, scene.alpha)
    # Nowhere is the screen's own colour left, the wide surroundings included.
    assert (difference(keyed.foreground.astype(np.float32), 1) > 12).mean() < 0.01


def test_region_removes_the_studio_and_keeps_a_green_tie():
    scene = make_scene(tie=True)
    frame = scene.frame.copy()
    frame[:, :40] = (70, 60, 55)
    region = (scene.alpha > 0.5).astype(np.float32)
    free, held = Keyer()(frame), Keyer()(frame, region)
    assert free.alpha[:, :35].min() > 0.9 and free.alpha[TIE].max() < 0.2
    assert held.alpha[:, :35].max() == 0 and held.alpha[TIE].min() == 1
    assert mad(held.alpha, scene.alpha) < 6
    assert held.report["held_share"] > 0.005
    assert any("deep in the region" in text for text in held.report["warnings"])
    # The tie is a thing of that colour, not spill.
    assert difference(held.foreground[TIE].astype(np.float32), 1).min() > 50


def test_what_lies_beside_the_screen_is_told():
    frame = make_scene().frame.copy()
    frame[:, :70], frame[:, -70:], frame[:30] = 60, 60, 60
    warnings = Keyer()(frame).report["warnings"]
    assert any("connect a region" in text for text in warnings)


def test_no_screen_is_an_error_with_the_remedy():
    room = np.random.default_rng(0).integers(60, 200, (90, 160, 1)).astype(np.uint8)
    room = np.repeat(room, 3, axis=2)
    with pytest.raises(ScreenError, match=r"no green or blue screen.*infer_rvm"):
        Keyer()(room)
    with pytest.raises(ScreenError, match=r"of the colour 200,40,40.*infer_rvm"):
        Keyer(KeyOptions(screen="200,40,40"))(room)


def test_a_screen_of_a_given_colour():
    scene = make_scene()
    reddish = np.ascontiguousarray(scene.frame[..., [1, 0, 2]])
    keyed = Keyer(KeyOptions(screen="165,45,70"))(reddish)
    assert keyed.report["screen"] == "red"
    assert mad(keyed.alpha, scene.alpha) < 8


def test_the_larger_of_green_and_blue_is_the_screen():
    scene = make_scene()
    frame = scene.frame.copy()
    frame[120:170, 110:210] = SCREENS["blue"]
    assert find_screen(frame.astype(np.float32), "auto").channel == 1
    assert find_screen(frame.astype(np.float32), "blue").share == pytest.approx(
        50 * 100 / frame[..., 0].size, abs=0.01
    )


def test_light_is_found_behind_the_person():
    scene = make_scene(noise=0, unevenness=0.5)
    light, seen = fit_light(scene.frame.astype(np.float32), scene.alpha == 0)
    assert np.abs(light - scene.screen)[seen].mean() < 2
    assert np.abs(light - scene.screen)[scene.alpha == 1].mean() < 6


def test_steady_light_averages_noise_and_follows_a_cut():
    rng = np.random.default_rng(0)
    screen, seen = np.full((20, 30, 3), 100, np.float32), np.ones((20, 30), bool)
    steady = SteadyLight(0.8)
    lights = [steady(screen + rng.normal(0, 5), seen) for _ in range(60)]
    means = [float(light.mean()) for light in lights[20:]]
    assert np.std(means) < 2.5
    assert np.array_equal(steady(screen + 60, seen), screen + 60)
    # What is hidden keeps what was seen there.
    assert np.abs(steady(screen, np.zeros_like(seen)) - 160).max() < 5


def test_a_frame_without_screen_uses_the_one_before_it():
    scene = make_scene()
    keyer = Keyer()
    keyer(scene.frame)
    covered = plain((90, 60, 50), HEIGHT, WIDTH)
    keyed = keyer(covered)
    assert keyed.alpha.min() > 0.95
    assert any("no screen in this frame" in text for text in keyed.report["warnings"])
    keyer.reset()
    with pytest.raises(ScreenError):
        keyer(covered)


def test_spill_of_grey_cloth_goes_and_yellow_cloth_stays():
    screen = np.full((40, 40, 3), SCREENS["green"], np.float32)
    alpha = np.ones((40, 40), np.float32)
    grey = np.clip(100 + 0.2 * screen, 0, 255).astype(np.uint8)
    cleaned = without_spill(grey, alpha, screen, 1, strength=1, reach=5)
    assert np.abs(cleaned.astype(int) - 100).max() <= 3
    yellow = plain((220, 200, 60), 40, 40)
    kept = without_spill(yellow, alpha, screen, 1, strength=1, reach=5)
    assert np.array_equal(kept[20, 20], yellow[20, 20])


def test_purity_is_the_same_in_shadow():
    colour = np.float32([[SCREENS["green"]]])
    assert purity(colour, 1)[0, 0] == pytest.approx(purity(0.5 * colour, 1)[0, 0])


@pytest.mark.parametrize(
    "given, told",
    (
        ({"screen": "100,105,100"}, "too grey to key on"),
        ({"screen": "greenish"}, "not R,G,B"),
        ({"black": 0.6, "white": 0.5}, "black 0.6"),
        ({"spill": 2}, "spill 2"),
        ({"steadiness": 1}, "steadiness 1"),
        ({"core_margin": -1}, "core_margin -1"),
    ),
)
def test_options_that_make_no_sense_are_refused(given, told):
    with pytest.raises(ValueError, match=told):
        KeyOptions(**given)


def test_a_region_of_another_size_is_refused():
    with pytest.raises(ValueError, match="the region is"):
        Keyer()(make_scene().frame, np.zeros((4, 4), np.float32))
