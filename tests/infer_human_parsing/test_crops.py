"""From boxes to the network's input and back: sizes, exactness, the mirrored crop."""

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from infer_human_parsing.checkpoints import load_network
from infer_human_parsing.human_parsing_pipeline import HumanParser, ParserOptions, Window, window_of
from infer_human_parsing.human_parsing_pipeline.crops import crop_input, restore_bands

WINDOWS = [
    Window(0, 0, 473, 473),
    Window(7, 3, 107, 303),
    Window(40, 10, 640, 130),
    Window(5, 6, 6, 7),
    Window(0, 0, 2, 1),
]


def restored(logits, window, size, **kwargs):
    bands = list(restore_bands(logits, window, size, **kwargs))
    assert bands[0][0].top == window.top
    assert bands[-1][0].bottom == window.bottom
    return torch.cat([band for _, band in bands], dim=1)


def test_boxes_grow_about_their_centre_within_the_picture():
    assert window_of((100, 100, 200, 300), 1.2, 1000, 1000) == Window(90, 80, 210, 320)
    assert window_of((0, 0, 100, 50), 1.2, 60, 105) == Window(0, 0, 105, 55)
    assert window_of((10.4, 20.6, 11.2, 21.1), 1, 100, 100) == Window(10, 20, 12, 22)


@pytest.mark.parametrize(
    "box", [(-50, 0, -10, 40), (200, 0, 240, 40), (30, 0, 30, 40), (float("nan"), 0, 9, 9)]
)
def test_boxes_outside_the_picture_are_left_out(box):
    assert window_of(box, 1, 100, 100) is None


def test_crop_of_the_networks_size_is_the_picture_in_bgr():
    image = np.random.default_rng(0).integers(0, 256, (97, 97, 3), np.uint8)
    np.testing.assert_array_equal(crop_input(image, Window(0, 0, 97, 97), 97), image[..., ::-1])


def test_what_the_shorter_side_leaves_is_black_and_the_rest_undistorted():
    image = np.full((200, 200, 3), (10, 20, 30), np.uint8)
    crop = crop_input(image, Window(20, 0, 70, 199), 199)
    # 50 columns, laid between two columns of the square.
    assert np.flatnonzero(crop.any(axis=(0, 2))).tolist() == list(range(74, 125))
    assert (crop[:, 80:120] == (30, 20, 10)).all()
    assert (crop[:, :70] == 0).all()
    # The neighbourhood of the window does not come in, not even where there is room for it.
    assert (crop[:, 130:] == 0).all()


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("cells", [119, 128, 17])
def test_round_trip_of_a_plane_is_exact(window, cells):
    """Each pixel's own coordinates, laid into the square, come back as they were."""
    size = 473
    longest = max(window.width - 1, window.height - 1, 1)
    at = torch.linspace(0, size - 1, cells, dtype=torch.float64)
    x = (at - (size - 1) / 2) * longest / (size - 1) + (window.width - 1) / 2
    y = (at - (size - 1) / 2) * longest / (size - 1) + (window.height - 1) / 2
    planes = torch.stack([x.expand(cells, cells), y[:, None].expand(cells, cells)])
    back = restored(planes, window, size)
    assert back.shape == (2, window.height, window.width)
    assert (back[0] - torch.arange(window.width)).abs().max() < 1e-9
    assert (back[1] - torch.arange(window.height)[:, None]).abs().max() < 1e-9


def test_restoring_equals_resize_then_inverse_warp():
    window, size = Window(3, 5, 123, 205), 97
    logits = torch.randn(3, 25, 25, generator=torch.Generator().manual_seed(0))
    resized = F.interpolate(logits[None], (size, size), mode="bilinear", align_corners=True)[0]
    scale = (size - 1) / (window.height - 1)
    shift = (size - 1) / 2 - scale * np.array([(window.width - 1) / 2, (window.height - 1) / 2])
    placed = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(
        resized.permute(1, 2, 0).numpy(), placed, (window.width, window.height), flags=flags
    )
    # OpenCV rounds positions to a 32nd of a pixel.
    steepest = max(float(resized.diff(dim=d).abs().max()) for d in (1, 2))
    difference = (restored(logits, window, size).permute(1, 2, 0) - torch.from_numpy(warped)).abs()
    assert difference.max() <= steepest * 2 / 32
    assert difference.mean() < steepest / 100


def test_bands_are_the_whole():
    logits, window = torch.randn(4, 30, 30), Window(0, 0, 50, 77)
    whole = restored(logits, window, 119)
    torch.testing.assert_close(restored(logits, window, 119, pixels=333), whole)
    torch.testing.assert_close(restored(logits, window, 119, pixels=1), whole)


def test_a_picture_comes_back_where_it_was():
    rng = np.random.default_rng(1)
    image = cv2.resize(rng.integers(0, 256, (9, 12, 3), np.uint8), (400, 300))
    window = Window(31, 22, 151, 262)
    crop = crop_input(image, window, 473)
    back = restored(torch.from_numpy(crop).permute(2, 0, 1).double(), window, 473)
    cut = image[window.slices][..., ::-1].transpose(2, 0, 1)
    assert np.abs(back.numpy() - cut)[:, 1:-1, 1:-1].max() < 3


@pytest.fixture(scope="module")
def network(checkpoint):
    return load_network(checkpoint(20))


def test_the_network_sees_normalised_bgr(network):
    seen = []

    class Eye(torch.nn.Module):
        classes = 20

        def forward(self, x):
            seen.append(x)
            return torch.zeros(len(x), 20, 5, 5)

    image = np.full((65, 65, 3), (255, 51, 0), np.uint8)
    parser = HumanParser(Eye(), network[1], ParserOptions(input_size=65))
    parser.crop_logits(image, [Window(0, 0, 65, 65)])
    expected = torch.tensor(
        [(0 - 0.406) / 0.225, (0.2 - 0.456) / 0.224, (1 - 0.485) / 0.229], dtype=torch.float32
    )
    torch.testing.assert_close(seen[0][0], expected[:, None, None].expand(3, 65, 65))


def test_flip_test_makes_mirrored_pictures_give_mirrored_parts(network):
    """Batches of several crops too, which the original's flip branch gets wrong."""
    parser = HumanParser(*network, ParserOptions(input_size=65, flip_test=True))
    image = np.random.default_rng(0).integers(0, 256, (65, 65, 3), np.uint8)
    other = np.ascontiguousarray(image[::-1])
    both, window = np.concatenate([image, other]), Window(0, 0, 65, 65)
    below = Window(0, 65, 65, 130)
    logits = parser.crop_logits(both, [window, below])
    mirrored = parser.crop_logits(np.ascontiguousarray(both[:, ::-1]), [window, below])
    order = network[1].mirrored()
    assert order[14:] == [15, 14, 17, 16, 19, 18]
    torch.testing.assert_close(mirrored, logits.flip(-1)[:, order], atol=1e-3, rtol=1e-3)
    assert (logits[0] - logits[1]).abs().max() > 1e-3
    parser.options = ParserOptions(input_size=65)
    assert (parser.crop_logits(both, [window, below]) - logits).abs().max() > 1e-3
