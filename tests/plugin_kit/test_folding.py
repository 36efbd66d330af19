"""Batch normalisations folded into their convolutions: the same function, fewer layers."""

import torch
from torch import nn

from plugin_kit.folding import folded


def trained(*layers):
    """A network whose normalisations do something."""
    torch.manual_seed(0)
    network = nn.Sequential(*layers)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -1, 1)
            nn.init.uniform_(module.running_mean, -1, 1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network


def kinds(network):
    return [type(module).__name__ for module in network.modules() if not list(module.children())]


def test_one_pixel_by_hand():
    network = trained(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, eps=0))
    convolution, norm = network
    with torch.no_grad():
        convolution.weight.fill_(3)
        convolution.bias.fill_(1)
        norm.weight.fill_(2)
        norm.bias.fill_(5)
        norm.running_mean.fill_(4)
        norm.running_var.fill_(0.25)
    # x = 2: the convolution gives 7; (7 - 4) / 0.5 * 2 + 5 = 17.
    assert folded(network)(torch.full((1, 1, 1, 1), 2.0)).item() == 17


def test_nested_networks_compute_the_same():
    network = trained(
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Sequential(nn.Conv2d(4, 4, 3, groups=2), nn.BatchNorm2d(4)),
    )
    x = torch.randn(2, 3, 9, 8)
    result = folded(network)
    torch.testing.assert_close(result(x), network.eval()(x), atol=1e-5, rtol=1e-5)
    assert kinds(result) == ["Conv2d", "Identity", "ReLU", "Conv2d", "Identity"]
    assert not result.training


def test_the_given_network_is_left_as_it_was():
    network = trained(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)).train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    folded(network)
    assert network.training and kinds(network) == ["Conv2d", "BatchNorm2d"]
    for key, value in network.state_dict().items():
        torch.testing.assert_close(value, before[key], atol=0, rtol=0)


def test_a_norm_that_follows_no_convolution_stays():
    network = trained(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.BatchNorm2d(2))
    assert kinds(folded(network)) == ["Conv2d", "ReLU", "BatchNorm2d"]
