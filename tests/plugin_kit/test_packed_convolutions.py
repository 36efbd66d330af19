"""Packed convolutions against torch's own layers."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from plugin_kit.packed_convolutions import RELU, PackedConvolution, PackedSum, can_pack, packed

pytestmark = pytest.mark.skipif(not can_pack(), reason="this PyTorch has no oneDNN")


def picture(channels, height=9, width=11, batch=1):
    generator = torch.Generator().manual_seed(height)
    x = torch.randn(batch, channels, height, width, generator=generator)
    return x.contiguous(memory_format=torch.channels_last)


CONVOLUTIONS = {
    "1x1": {"kernel_size": 1},
    "1x1, stride 2": {"kernel_size": 1, "stride": 2},
    "3x3": {"kernel_size": 3, "padding": 1},
    "dilated": {"kernel_size": 3, "padding": 2, "dilation": 2},
    "depthwise, no bias": {"kernel_size": 5, "padding": 2, "groups": 8, "bias": False},
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_equals_the_layer_at_every_size(name):
    torch.manual_seed(0)
    layer = nn.Conv2d(8, 16, **CONVOLUTIONS[name]).eval()
    with torch.inference_mode():
        fast = PackedConvolution(layer)
        for x in (picture(8), picture(8, 23, 5, batch=3), picture(8)):
            torch.testing.assert_close(fast(x), layer(x), atol=1e-5, rtol=1e-5)


def test_a_map_of_one_pixel():
    torch.manual_seed(0)
    layer = nn.Conv2d(8, 4, 1).eval()
    with torch.inference_mode():
        x = picture(8, 1, 1)
        torch.testing.assert_close(PackedConvolution(layer)(x), layer(x), atol=1e-5, rtol=1e-5)


def test_adds_before_it_activates():
    torch.manual_seed(0)
    layer = nn.Conv2d(8, 8, 3, padding=1).eval()
    x, added = picture(8), picture(8, 9, 11) * -2
    with torch.inference_mode():
        expected = F.relu(layer(x) + added)
        torch.testing.assert_close(PackedConvolution(layer, RELU)(x, added), expected)
        plain = PackedConvolution(layer)(x, added)
        torch.testing.assert_close(plain, layer(x) + added)
    assert (plain < 0).any()


ACTIVATIONS = (
    nn.ReLU(), nn.LeakyReLU(0.01), nn.ReLU6(), nn.Hardswish(), nn.Sigmoid(), nn.Tanh(), nn.GELU(),
)  # fmt: skip


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_activations_of_a_sequential(activation):
    torch.manual_seed(0)
    layers = [nn.Conv2d(8, 8, 3, padding=1), nn.Identity(), activation, nn.Conv2d(8, 8, 1)]
    plain = nn.Sequential(*layers).eval()
    fast = packed(nn.Sequential(*layers).eval())
    assert isinstance(fast[2], nn.GELU if isinstance(activation, nn.GELU) else nn.Identity)
    with torch.inference_mode():
        x = 5 * picture(8)
        torch.testing.assert_close(fast(x), plain(x), atol=1e-5, rtol=1e-5)


def test_order_outside_a_sequential_is_not_guessed():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1)
            self.relu = nn.ReLU()

        def forward(self, x):
            return self.conv(self.relu(x))

    network = Twice().eval()
    x = picture(4)
    with torch.inference_mode():
        expected = network(x)
        torch.testing.assert_close(packed(network)(x), expected)
    assert isinstance(network.relu, nn.ReLU)


def test_a_sum_of_two_inputs_equals_the_convolution_of_both_joined():
    torch.manual_seed(0)
    layer = nn.Conv2d(11, 8, 3, padding=1).eval()
    first, second = picture(8), picture(3)
    with torch.inference_mode():
        expected = layer(torch.cat([first, second], dim=1))
        torch.testing.assert_close(PackedSum(layer, 8)(first, second), expected)
        active = PackedSum(layer, 8, RELU)(first, second)
    torch.testing.assert_close(active, F.relu(expected))
