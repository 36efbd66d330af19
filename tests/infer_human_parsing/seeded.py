"""A state_dict of the official checkpoints' names and shapes, whose entries share few numbers."""

import functools
import json
from pathlib import Path

import torch

from infer_human_parsing.human_parsing_network import ParsingNetwork

KEYS = Path(__file__).with_name("schp_keys.json")


def shapes() -> dict[str, list[int]]:
    """The official checkpoints' 603 names and shapes, with 20 classes."""
    return json.loads(KEYS.read_text(encoding="utf-8"))


@functools.cache
def state_dict() -> dict[str, torch.Tensor]:
    """Of 20 classes; half of the norms' weights are negative."""
    numbers = torch.randn(2**16, generator=torch.Generator().manual_seed(1))
    state = {}
    for key, shape in shapes().items():
        if len(shape) == 4:
            inputs = shape[1] * shape[2] * shape[3]
            view = (numbers * inputs**-0.5).as_strided(shape, (17, 5, 3, 1))
        elif key.endswith("running_var"):
            view = (numbers.abs() + 0.5)[: shape[0]]
        elif key.endswith(".weight"):
            view = ((numbers.abs() * 0.2 + 0.6) * numbers.roll(7).sign())[: shape[0]]
        else:
            view = (numbers.roll(3) * 0.1)[: shape[0]]
        state[key] = view
    state["fushion.3.bias"] = state["fushion.3.bias"] + _balance(state)
    return state


def _balance(state: dict[str, torch.Tensor]) -> torch.Tensor:
    """What to add to the logits, so that half of a picture is background, and parts vary."""
    with torch.device("meta"):
        network = ParsingNetwork(20).eval()
    network.load_state_dict({k: v.contiguous() for k, v in state.items()}, assign=True)
    noise = torch.randn(1, 3, 97, 97, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        logits = network(noise)[0].flatten(1)
    shift = -logits.mean(dim=1)
    shift[0] = ((logits + shift[:, None])[1:].amax(dim=0) - logits[0]).median()
    return shift
