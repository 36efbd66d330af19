"""RGB to the planes of an encoder, against the standards' formulas."""

import cv2
import numpy as np
import pytest

from workflows.media.planes import yuv420_planes


def exact(image, red, blue):
    """Luma (H, W) and the two differences (H / 2, W / 2) by BT.601's and BT.709's definitions."""
    r, g, b = np.moveaxis(image.astype(np.float64) / 255, -1, 0)
    y = red * r + (1 - red - blue) * g + blue * b
    halved = [
        (colour - y).reshape(y.shape[0] // 2, 2, y.shape[1] // 2, 2).mean(axis=(1, 3)) / (1 - share)
        for colour, share in ((b, blue), (r, red))
    ]
    return [16 + 219 * y, *(128 + 112 * difference for difference in halved)]


@pytest.mark.parametrize(("standard", "shares"), [(709, (0.2126, 0.0722)), (601, (0.299, 0.114))])
def test_every_level_is_the_nearest(standard, shares):
    image = np.random.default_rng(0).integers(0, 256, (18, 26, 3), np.uint8)
    image[:2], image[2:4], image[4:6] = 0, 255, (255, 0, 0)
    planes = yuv420_planes(image, standard)
    luma, differences = planes[:18], planes[18:].reshape(2, 9, 13)
    for found, wanted in zip((luma, *differences), exact(image, *shares), strict=True):
        assert np.abs(found - wanted).max() < 0.51
    assert luma[0, 0] == 16 and luma[2, 0] == 235


def test_opencv_reads_what_was_written():
    smooth = cv2.GaussianBlur(np.random.default_rng(1).normal(128, 400, (64, 96, 3)), (0, 0), 9)
    image = np.clip(smooth, 0, 255).astype(np.uint8)
    again = cv2.cvtColor(yuv420_planes(image, 601), cv2.COLOR_YUV2RGB_I420)
    assert np.abs(again.astype(int) - image).mean() < 1.5


def test_odd_sides_are_refused():
    with pytest.raises(ValueError, match="15x18"):
        yuv420_planes(np.zeros((18, 15, 3), np.uint8), 709)
