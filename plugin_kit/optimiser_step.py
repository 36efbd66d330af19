"""A step of an optimiser, down the gradients of a loss."""

import math
from collections.abc import Iterable

from torch import Tensor, nn
from torch.optim import Optimizer


def descend(
    optimiser: Optimizer,
    parameters: Iterable[Tensor],
    loss: Tensor,
    *,
    most_norm: float,
    remedy: str,
) -> float:
    """Take a step, the gradients clipped to ``most_norm`` together; return the loss.

    Args:
        optimiser: Of ``parameters``.
        parameters: Those of the network.
        loss: One number, from which gradients reach them.
        most_norm: The largest norm of all gradients.
        remedy: What the user can do where training diverges; ends the message.

    Raises:
        RuntimeError: The loss or a gradient is NaN or infinite; the network is as it was before.
    """
    parameters = list(parameters)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = float(nn.utils.clip_grad_norm_(parameters, most_norm))
    value = float(loss.detach())
    if not (math.isfinite(value) and math.isfinite(norm)):
        raise RuntimeError(
            f"training diverged: the loss is {value:.3g}, the norm of its gradients {norm:.3g}: "
            f"{remedy}"
        )
    optimiser.step()
    return value
