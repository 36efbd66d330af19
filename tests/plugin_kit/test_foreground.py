"""A person's own colours, found again in a composite whose parts are known."""

import cv2
import numpy as np
import pytest

from plugin_kit.foreground import extend_foreground
from plugin_kit.pictures import blend, plain

HEIGHT, WIDTH = 96, 128
SKIN, CLOTH, WALL = (220, 170, 140), (40, 60, 170), (30, 190, 60)


@pytest.fixture
def known():
    """Foreground, alpha with a soft edge and hairs, and their composite over a drawn wall."""
    rng = np.random.default_rng(3)
    foreground = plain(SKIN, HEIGHT, WIDTH)
    foreground[HEIGHT // 2 :] = CLOTH
    foreground = cv2.blur(foreground, (5, 5))
    shape = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(shape, (64, 60), (26, 40), 0, 0, 360, 1, -1)
    for angle in rng.uniform(-2.6, -0.5, 20):
        tip = (int(64 + 46 * np.cos(angle)), int(50 + 46 * np.sin(angle)))
        cv2.line(shape, (64, 50), tip, 0.6, 1)
    alpha = cv2.GaussianBlur(shape, (0, 0), 1.2)
    wall = np.clip(plain(WALL, HEIGHT, WIDTH) + rng.normal(0, 25, (HEIGHT, WIDTH, 1)), 0, 255)
    wall = cv2.blur(wall.astype(np.uint8), (7, 7))
    return foreground, alpha, blend(foreground, alpha, wall)


def composite_error(foreground, alpha, true_foreground):
    """Mean error of a composite over magenta where alpha is between 0 and 1."""
    over = plain((255, 0, 255), HEIGHT, WIDTH)
    made, wanted = (blend(f, alpha, over).astype(np.float32) for f in (foreground, true_foreground))
    return np.abs(made - wanted)[(alpha > 0.01) & (alpha < 0.99)].mean()


def test_true_over_another_background(known):
    foreground, alpha, image = known
    left = composite_error(image, alpha, foreground)
    found = composite_error(extend_foreground(image, alpha), alpha, foreground)
    assert left > 10
    assert found < 0.25 * left


def test_picture_itself_inside_and_the_edge_s_colour_outside(known):
    foreground, alpha, image = known
    extended = extend_foreground(image, alpha)
    assert np.array_equal(extended[alpha == 1], image[alpha == 1])
    outside = alpha == 0
    outside[HEIGHT // 2 - 8 : HEIGHT // 2 + 8] = False
    near = outside & (cv2.dilate(alpha, np.ones((15, 15))) > 0.5)
    wrong = np.abs(extended.astype(float) - foreground)[near].mean()
    assert wrong < 20 < np.abs(image.astype(float) - foreground)[near].mean()
    # No noise: what is outside hardly changes from pixel to pixel.
    steps = np.abs(np.diff(extended.astype(float), axis=1)).max(axis=2)
    assert np.quantile(steps[outside[:, 1:] & outside[:, :-1]], 0.95) <= 6


def test_bytes_say_the_same_as_floats(known):
    _, alpha, image = known
    of_bytes = np.rint(alpha * 255).astype(np.uint8)
    wanted = extend_foreground(image, of_bytes.astype(np.float32) / 255)
    assert np.array_equal(extend_foreground(image, of_bytes), wanted)


@pytest.mark.parametrize("value", (0, 1))
@pytest.mark.parametrize("size", ((1, 1), (1, 7), (33, 2)))
def test_nothing_and_everything(value, size):
    image = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    extended = extend_foreground(image, np.full(size, value, np.float32))
    assert extended.shape == image.shape and extended.dtype == np.uint8
    if value:
        assert np.array_equal(extended, image)


def test_input_stays_as_it_is(known):
    _, alpha, image = known
    kept = image.copy(), alpha.copy()
    extend_foreground(image, alpha)
    assert np.array_equal(image, kept[0]) and np.array_equal(alpha, kept[1])


def test_sizes_that_differ_are_refused():
    with pytest.raises(ValueError, match="give one size"):
        extend_foreground(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.uint8))
