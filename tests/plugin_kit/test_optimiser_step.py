"""A step of an optimiser: clipped, and refused where it would spoil the network."""

import math

import pytest
import torch

from plugin_kit.optimiser_step import descend


def step(weight, loss_of):
    optimiser = torch.optim.SGD([weight], lr=1.0)
    return descend(optimiser, [weight], loss_of(weight), most_norm=1.0, remedy="go slower")


def test_the_step_goes_down_the_clipped_gradient():
    weight = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    assert step(weight, lambda w: (w**2).sum() / 2) == pytest.approx(12.5)
    # The gradient, of norm 5, was brought to norm 1.
    torch.testing.assert_close(weight.detach(), torch.tensor([2.4, 3.2]))


@pytest.mark.parametrize(
    ("loss_of", "told"),
    [
        (lambda w: (w * math.nan).sum(), "the loss is nan, the norm of its gradients nan"),
        (lambda w: (w - 1).sqrt().sum(), "the loss is 0, the norm of its gradients inf"),
    ],
)
def test_what_is_no_number_changes_nothing(loss_of, told):
    weight = torch.nn.Parameter(torch.tensor([1.0, 1.0]))
    with pytest.raises(RuntimeError, match=f"training diverged: {told}: go slower"):
        step(weight, loss_of)
    assert weight.tolist() == [1, 1]
