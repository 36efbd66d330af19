"""Pictures: kinds turned into RGB or alpha, blended, cut out, resized; against numbers by hand."""

import numpy as np
import pytest

from plugin_kit.pictures import (
    as_alpha,
    as_rgb,
    blend,
    cut_out,
    parse_colour,
    plain,
    resized,
    to_uint8,
)

RED, GREEN = (255, 0, 0), (0, 255, 0)


def pixels(values, dtype):
    """One row of pixels, or of values where they are plain numbers."""
    return np.array([values], dtype)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (pixels([7, 255], np.uint8), [(7, 7, 7), (255, 255, 255)]),
        (pixels([[7], [255]], np.uint8), [(7, 7, 7), (255, 255, 255)]),
        (pixels([[1, 2, 3]], np.uint8), [(1, 2, 3)]),
        (pixels([[1, 2, 3, 99]], np.uint8), [(1, 2, 3)]),
        (pixels([[0, 257, 65535]], np.uint16), [(0, 1, 255)]),
        (pixels([[128, 129, 65406]], np.uint16), [(0, 1, 254)]),
        (pixels([[0, 0.5, 1]], np.float32), [(0, 128, 255)]),
        (pixels([[-1, 2, np.nan]], np.float64), [(0, 255, 0)]),
        (pixels([0.2, 1], np.float16), [(51, 51, 51), (255, 255, 255)]),
    ],
)
def test_every_kind_becomes_rgb(image, expected):
    rgb = as_rgb(image)
    assert rgb.dtype == np.uint8 and rgb.flags.c_contiguous
    assert [tuple(map(int, pixel)) for pixel in rgb[0]] == expected


def test_a_picture_that_is_rgb_is_not_copied():
    image = np.zeros((2, 3, 3), np.uint8)
    assert np.shares_memory(as_rgb(image), image)


@pytest.mark.parametrize("shape", [(4,), (2, 2, 2), (2, 2, 5), (1, 2, 2, 3)])
def test_arrays_that_are_no_pictures_are_refused(shape):
    with pytest.raises(ValueError, match="1, 3 or 4 channels"):
        as_rgb(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("dtype", [np.int32, bool, np.int8])
def test_kinds_without_a_white_are_refused(dtype):
    with pytest.raises(ValueError, match="use uint8, uint16 or float"):
        as_rgb(np.zeros((2, 2, 3), dtype))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (pixels([0, 51, 255], np.uint8), [0, 0.2, 1]),
        (pixels([0, 13107, 65535], np.uint16), [0, 0.2, 1]),
        (pixels([-0.5, 0.2, 7], np.float64), [0, 0.2, 1]),
        (pixels([False, True], bool), [0, 1]),
        (pixels([np.nan, 1], np.float32), [0, 1]),
        (pixels([[51], [255]], np.uint8), [0.2, 1]),
        (pixels([[0, 51, 102]], np.uint8), [0.2]),
        (pixels([[0, 0, 0, 51]], np.uint8), [0.2]),
    ],
)
def test_every_kind_becomes_alpha(image, expected):
    alpha = as_alpha(image, 1, len(expected))
    assert alpha.dtype == np.float32 and alpha.shape == (1, len(expected))
    np.testing.assert_allclose(alpha[0], expected, atol=1e-6)


def test_alpha_is_averaged_where_it_shrinks():
    matte = np.zeros((4, 4), np.uint8)
    matte[:2, :2] = 255
    matte[2, 2] = 255
    np.testing.assert_allclose(as_alpha(matte, 2, 2), [[1, 0], [0, 0.25]], atol=1e-6)


def test_alpha_is_interpolated_where_it_grows():
    alpha = as_alpha(np.array([[0, 255]], np.uint8), 1, 4)
    np.testing.assert_allclose(alpha, [[0, 0.25, 0.75, 1]], atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 2, 5), (4,)])
def test_arrays_that_are_no_mattes_are_refused(shape):
    with pytest.raises(ValueError, match=r"a matte has 1, 3 or 4 channels"):
        as_alpha(np.zeros(shape, np.uint8), 2, 2)
    with pytest.raises(ValueError, match="int32"):
        as_alpha(np.zeros((2, 2), np.int32), 2, 2)


def test_floats_are_rounded_and_clipped():
    values = np.array([[-1, 0, 0.1 / 255, 0.9 / 255, 100.4 / 255, 1, 3]], np.float32)
    assert to_uint8(values).tolist() == [[0, 0, 0, 1, 100, 255, 255]]
    assert to_uint8(np.ones((2, 3, 1), np.float32)).shape == (2, 3, 1)


def test_resizing_averages_or_interpolates():
    board = np.zeros((4, 4, 3), np.uint8)
    board[::2, ::2] = board[1::2, 1::2] = 200
    assert (resized(board, 2, 2) == 100).all()
    assert resized(plain(RED, 2, 3), 7, 5).shape == (5, 7, 3)
    assert (resized(plain(RED, 2, 3), 7, 5) == RED).all()


def test_plain():
    picture = plain((1, 2, 3), 2, 5)
    assert picture.shape == (2, 5, 3) and picture.dtype == np.uint8
    assert (picture == (1, 2, 3)).all()


def test_blending_is_linear():
    alpha = np.array([[0, 0.2, 1]], np.float32)
    mixed = blend(plain(RED, 1, 3), alpha, plain(GREEN, 1, 3))
    np.testing.assert_allclose(mixed[0], [(0, 255, 0), (51, 204, 0), (255, 0, 0)], atol=1)


def test_what_lies_behind_is_brought_to_size():
    mixed = blend(plain(RED, 4, 6), np.zeros((4, 6), np.float32), plain(GREEN, 2, 2))
    assert (mixed == GREEN).all() and mixed.shape == (4, 6, 3)


def test_a_cut_out_is_black_where_nothing_is():
    alpha = np.array([[0, 0.2, 1]], np.float32)
    foreground = plain(RED, 1, 3)
    picture = cut_out(foreground, alpha)
    assert picture.dtype == np.uint8
    assert picture.tolist() == [[[0, 0, 0, 0], [255, 0, 0, 51], [255, 0, 0, 255]]]
    assert (foreground == RED).all()


def test_colours():
    assert parse_colour("120, 255,0") == (120, 255, 0)


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "1,2,256", "-1,2,3", "a,b,c", "1.5,2,3"])
def test_other_texts_are_no_colours(text):
    with pytest.raises(ValueError, match="is not R,G,B"):
        parse_colour(text)
