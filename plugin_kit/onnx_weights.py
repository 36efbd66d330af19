"""A network's weights out of an ONNX export of it.

An export has no names to go by: normalisations are folded into the convolutions, which stand in the
order of execution. So the network is run once, to see in which order it uses its own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .files import FileError
from .onnx_file import Convolution, read_convolutions

SUFFIX = ".onnx"
NAME_OTHER = "name the file that belongs to this network"


def is_onnx(path: Path) -> bool:
    """Whether a file of weights is an ONNX export, by its ending."""
    return path.suffix.lower() == SUFFIX


def read_onnx_state(
    network: nn.Module, run: Callable[[Any], Any], path: Path, *, parameters: str
) -> dict[str, Tensor]:
    """The state of ``network`` that ``path`` holds; what an export leaves out is zero.

    A folded convolution's bias goes to the normalisation behind it, which changes nothing else.

    Args:
        network: Tells names and shapes, and stays as it is.
        run: Runs a copy of it, so that each convolution that an export has is used.
        path: An ONNX export of such a network.
        parameters: Which parameters decide what fits, for the message.

    Raises:
        FileNotFoundError: There is no such file.
        FileError: It is damaged, or of another network.
    """
    uses = convolution_uses(network, run)
    found = read_convolutions(path, len(uses))
    problem = f"does not fit this network ({parameters})"
    state = {key: torch.zeros_like(value) for key, value in network.state_dict().items()}
    norms = _norms(network)
    for name, convolution in zip(uses, found, strict=True):
        norm = norms.get(name)
        own, given = tuple(state[f"{name}.weight"].shape), convolution.weight.shape
        if own != given:
            raise FileError(path, f"{problem}: {name}.weight is {given}, not {own}", NAME_OTHER)
        if convolution.bias.any() and norm is None and f"{name}.bias" not in state:
            raise FileError(path, f"{problem}: {name} has a bias", NAME_OTHER)
        _put(state, network, name, convolution, norm)
    return state


def convolution_uses(network: nn.Module, run: Callable[[Any], Any]) -> list[str]:
    """The names of ``network``'s convolutions in the order in which ``run`` uses them."""
    copied = copy.deepcopy(network).eval()
    names: list[str] = []
    for name, module in copied.named_modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(lambda *_, name=name: names.append(name))
    with torch.inference_mode():
        run(copied)
    return names


def _norms(network: nn.Module) -> dict[str, str]:
    """By each convolution's name that of the normalisation registered right after it."""
    found = {}
    for path, parent in network.named_modules():
        prefix = f"{path}." if path else ""
        for (name, module), (norm_name, norm) in pairwise(parent.named_children()):
            if isinstance(module, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                found[prefix + name] = prefix + norm_name
    return found


def _put(
    state: dict[str, Tensor],
    network: nn.Module,
    name: str,
    convolution: Convolution,
    norm: str | None,
) -> None:
    state[f"{name}.weight"] = torch.from_numpy(convolution.weight)
    bias = torch.from_numpy(convolution.bias)
    if norm is None:
        if f"{name}.bias" in state:
            state[f"{name}.bias"] = bias
        return
    module = network.get_submodule(norm)
    assert isinstance(module, nn.BatchNorm2d)
    state[f"{norm}.running_var"] = torch.ones_like(bias)
    state[f"{norm}.weight"] = torch.full_like(bias, (1 + module.eps) ** 0.5)
    state[f"{norm}.bias"] = bias
