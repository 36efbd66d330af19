"""The CPU path against the network's own forward, frame after frame with the states kept."""

import cv2
import numpy as np
import pytest
import torch

from infer_rvm.rvm_network import MattingNetwork, MattingStream
from infer_rvm.rvm_network.cpu import CpuStep, TanhBySigmoid
from infer_rvm.rvm_network.full_size import strips
from infer_rvm.rvm_network.network import NO_STATES
from infer_rvm.rvm_network.stream import PlainStep
from tests.golden import loading, recipe

REFINERS = ("deep_guided_filter", "fast_guided_filter")
FRAMES = 4
# Ratio 1 skips the refiner; 0.25 of 90x130 is 22x32, odd at 1/4; 300 rows are cut into
# strips; 1x1 is the least.
SIZES = (
    (96, 128, 0.5),
    (97, 131, 0.4),
    (90, 130, 0.25),
    (300, 64, 0.25),
    (61, 45, 1),
    (40, 1, 1),
    (1, 1, 1),
)


def build(variant, refiner):
    network = MattingNetwork(variant, refiner)
    keys = f"rvm/rvm_{variant}_{refiner}_keys.json"
    network.load_state_dict(loading.state_dict("rvm", keys), strict=True)
    return network.eval()


@pytest.fixture(scope="module", params=["mobilenetv3", "resnet50"])
def networks(request):
    return {refiner: build(request.param, refiner) for refiner in REFINERS}


@pytest.fixture(params=[1, 2])
def threads(request):
    """PyTorch chooses its kernels by the number of threads too."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


def frames_of(height, width):
    return [recipe.image(f"cpu{index}", height, width) for index in range(FRAMES)]


def as_source(image):
    return torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("refiner", REFINERS)
@pytest.mark.parametrize(("height", "width", "ratio"), SIZES)
def test_equals_the_forward_over_frames(networks, refiner, height, width, ratio):
    network = networks[refiner]
    step, states, expected_states = CpuStep(network), NO_STATES, NO_STATES
    # The fast guided filter divides by small variances, and so enlarges rounding.
    allowed = 1e-3 if refiner == "fast_guided_filter" and ratio != 1 else 1e-4
    for image in frames_of(height, width):
        with torch.inference_mode():
            outputs = network(as_source(image), *expected_states, downsample_ratio=ratio)
        foreground, alpha, *expected_states = outputs
        matte, states = step(image, states, ratio)
        assert matte.alpha.shape == (height, width)
        assert np.abs(matte.alpha - alpha[0, 0].numpy()).max() < allowed
        colours = foreground[0].permute(1, 2, 0).numpy() * 255
        assert np.abs(matte.foreground - colours).max() < 0.5 + 255 * allowed
        for actual, wanted in zip(states, expected_states, strict=True):
            torch.testing.assert_close(actual, wanted, atol=1e-4, rtol=0)


def test_changes_neither_the_network_nor_earlier_mattes(networks):
    network = networks["deep_guided_filter"]
    source = torch.rand(1, 3, 32, 48)
    with torch.inference_mode():
        before = network(source)[1]
    stream = MattingStream(network)
    first, second = frames_of(64, 96)[:2]
    matte = stream(first, 0.5)
    alpha, foreground = matte.alpha.copy(), matte.foreground.copy()
    stream(second, 0.5)
    np.testing.assert_array_equal(matte.alpha, alpha)
    np.testing.assert_array_equal(matte.foreground, foreground)
    with torch.inference_mode():
        torch.testing.assert_close(network(source)[1], before, atol=0, rtol=0)


@pytest.mark.parametrize("ratio", [0.5, 1])
def test_alpha_alone_is_that_of_the_matte(networks, ratio):
    network = networks["deep_guided_filter"]
    on_the_cpu = CpuStep(network), CpuStep(network)
    plain = PlainStep(network, torch.device("cpu"), torch.float32)
    for whole, alone in (on_the_cpu, (plain, plain)):
        states = other_states = NO_STATES
        for image in frames_of(50, 40)[:2]:
            matte, states = whole(image, states, ratio)
            alpha, other_states = alone.alpha(image, other_states, ratio)
            np.testing.assert_array_equal(alpha, matte.alpha)


def test_tanh_by_sigmoid_is_tanh():
    x = torch.linspace(-20, 20, 4001)
    torch.testing.assert_close(TanhBySigmoid()(x), torch.tanh(x), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("height", "small_height"), [(1080, 270), (720, 270), (1080, 288), (97, 38), (7, 7), (300, 1)]
)
def test_strips_enlarge_as_the_whole_does(height, small_height):
    rng = np.random.default_rng(0)
    small = rng.normal(size=(small_height, 11, 3)).astype(np.float32)
    whole = cv2.resize(small, (29, height), interpolation=cv2.INTER_LINEAR)
    cut = list(strips(height, small_height))
    assert [row for strip in cut for row in range(height)[strip.rows]] == list(range(height))
    enlarged = np.concatenate([strip.enlarged(small, 29) for strip in cut])
    np.testing.assert_allclose(enlarged, whole, atol=1e-5)


def test_another_size_leaves_no_trace(networks):
    stream = MattingStream(networks["deep_guided_filter"])
    first, other = frames_of(64, 96)[0], frames_of(50, 40)[0]
    expected = stream(first, 0.5)
    stream(other, 0.5)
    actual = stream(first, 0.5)
    np.testing.assert_array_equal(actual.alpha, expected.alpha)
    np.testing.assert_array_equal(actual.foreground, expected.foreground)


def test_takes_pictures_that_are_views_or_read_only(networks):
    network = networks["deep_guided_filter"]
    image = frames_of(64, 96)[0]
    expected = MattingStream(network)(image, 0.5).alpha
    view = np.ascontiguousarray(image[..., ::-1])[..., ::-1]
    view.flags.writeable = False
    np.testing.assert_array_equal(MattingStream(network)(view, 0.5).alpha, expected)
