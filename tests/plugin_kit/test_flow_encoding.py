"""What the flow matting network is shown, and what is made of its answer."""

import numpy as np
import torch

from plugin_kit.flow.network import (
    Observation,
    flow_input,
    legacy_input,
    motion_mask,
    padded,
    predicted_alpha,
)
from plugin_kit.flow.network import FlowMattingNetwork


def test_motion_mask_is_white_where_the_flow_goes_right():
    flow = np.zeros((2, 3, 2), np.float32)
    flow[0, :, 0] = (0.49, 0.5, -3)
    flow[1, :, 1] = 9
    mask = motion_mask(flow)
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, [[0, 255, 0], [0, 0, 0]])
    frame = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    channels = legacy_input(frame, flow)
    assert channels.shape == (1, 4, 2, 3)
    assert channels[0, 0].max() == 1
    np.testing.assert_allclose(channels[0, 1:].permute(1, 2, 0), frame / 255, rtol=1e-6)


def test_flow_is_scaled_by_the_pictures_size():
    frame, flow = torch.ones(1, 3, 20, 40), torch.zeros(1, 2, 20, 40)
    flow[:, 0], flow[:, 1] = 3, 4
    seen = Observation(frame=frame, flow=flow, coarse=None, long_side=40)
    channels = flow_input(seen)[0, :, 0, 0]
    np.testing.assert_allclose(channels, (1, 1, 1, 1.5, 2, 2.5), rtol=1e-6)


def test_sides_are_continued_to_multiples_of_four():
    inputs = torch.rand(2, 3, 9, 12)
    found = padded(inputs)
    assert found.shape == (2, 3, 12, 12)
    torch.testing.assert_close(found[..., :9, :], inputs)
    torch.testing.assert_close(found[..., 11, :], inputs[..., 8, :])


def test_a_network_that_adds_nothing_gives_the_coarse_matte_back():
    frame, flow, coarse = torch.rand(1, 3, 18, 21), torch.rand(1, 2, 18, 21), torch.rand(1, 1, 18, 21)
    for matte, expected in ((coarse, coarse), (None, torch.full_like(coarse, 0.5))):
        network = FlowMattingNetwork(6 if matte is None else 7, 8, normalised=True)
        torch.nn.init.zeros_(network.unet.last.weight)
        torch.nn.init.zeros_(network.unet.last.bias)
        seen = Observation(frame=frame, flow=flow, coarse=matte, long_side=21)
        torch.testing.assert_close(predicted_alpha(network, seen), expected)
