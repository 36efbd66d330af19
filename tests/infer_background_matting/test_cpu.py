"""The cell-wise CPU path says what the plain network says, at borders and in tiny pictures too."""

import numpy as np
import pytest
import torch

from infer_background_matting.bgm_network import MattingRefine
from infer_background_matting.bgm_network.matting import CellwiseMatting, supports
from tests.golden import loading, recipe


@pytest.fixture(scope="module")
def weights():
    return loading.state_dict("bgm", "bgmv2/bgmv2_refine_mobilenetv2_keys.json")


@pytest.fixture
def network_of(weights):
    def build(**options):
        network = MattingRefine("mobilenetv2", **options).eval()
        network.load_state_dict(weights)
        return network

    return build


def plain(network, source, background):
    with torch.inference_mode():
        return network(*(torch.from_numpy(recipe.to_nchw(x)) for x in (source, background)))


def pictures(height, width):
    return recipe.image("cpuS", height, width), recipe.image("cpuB", height, width)


def assert_equal(matte, expected, source):
    np.testing.assert_allclose(matte.alpha, expected.pha[0, 0].numpy(), atol=1e-5)
    error = torch.nn.functional.interpolate(expected.err_sm, source.shape[:2], mode="bilinear")
    np.testing.assert_allclose(matte.error, error[0, 0].numpy(), atol=1e-5)
    foreground = expected.fgr[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(matte.foreground - foreground).max() <= 0.502


@pytest.mark.parametrize("size", [(4, 4), (4, 12), (8, 8), (12, 4), (100, 148)])
def test_all_cells_refined(network_of, size):
    network = network_of(refine_sample_pixels=10**6, refine_prevent_oversampling=False)
    source, background = pictures(*size)
    expected = plain(network, source, background)
    assert expected.ref_sm.min() == 1
    assert_equal(CellwiseMatting(network)(source, background), expected, source)


@pytest.mark.parametrize(
    "options",
    [
        {"refine_sample_pixels": 640},
        {"refine_sample_pixels": 0},
        {"refine_mode": "thresholding", "refine_threshold": 0.2},
        {"refine_mode": "thresholding", "refine_threshold": 1.0},
    ],
)
def test_chosen_cells_refined(network_of, options):
    network = network_of(**options)
    source, background = pictures(128, 192)
    expected = plain(network, source, background)
    matter = CellwiseMatting(network)
    matte = matter(source, background)
    assert_equal(matte, expected, source)
    np.testing.assert_array_equal(matter.alpha(source, background), matte.alpha)


def test_every_cell_alone_equals_the_plain_refiner(network_of):
    """One cell at a time: corners and borders have no neighbours to hide behind."""
    network = network_of(refine_sample_pixels=10**6, refine_prevent_oversampling=False)
    source, background = pictures(20, 24)
    expected = plain(network, source, background).pha[0, 0].numpy()
    matter = CellwiseMatting(network)
    for row in range(5):
        for column in range(6):
            cells = torch.zeros(1, 1, 5, 6)
            cells[..., row, column] = 1
            matter._network.refiner.select = lambda *_, cells=cells: cells
            place = np.s_[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
            actual = matter(source, background).alpha[place]
            np.testing.assert_allclose(actual, expected[place], atol=1e-5)


def test_a_new_background_is_noticed(network_of):
    network = network_of(refine_sample_pixels=640)
    source, background = pictures(64, 96)
    matter = CellwiseMatting(network)
    matter(source, source)
    expected = plain(network, source, background)
    assert_equal(matter(source, background), expected, source)


def test_inputs_are_not_written_to(network_of):
    source, background = pictures(64, 96)
    source.flags.writeable = background.flags.writeable = False
    CellwiseMatting(network_of())(source, background)


@pytest.mark.parametrize(
    "options", [{"refine_mode": "full"}, {"refine_kernel_size": 1}, {"backbone_scale": 0.3}]
)
def test_other_settings_take_the_plain_path(options):
    assert not supports(MattingRefine("mobilenetv2", **options))
