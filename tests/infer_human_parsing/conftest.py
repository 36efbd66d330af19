"""Seeded weights of the checkpoints' shape: small files, since all entries share few numbers."""

import functools
import json
from pathlib import Path

import pytest
import torch

from infer_human_parsing.human_parsing_network import ParsingNetwork

KEYS = Path(__file__).with_name("schp_keys.json")


@pytest.fixture(scope="session")
def schp_shapes() -> dict[str, list[int]]:
    """The official checkpoints' 603 names and shapes, with 20 classes."""
    return json.loads(KEYS.read_text())


@pytest.fixture(scope="session")
def schp_state(schp_shapes):
    """Make a state_dict of so many classes; half of the norms' weights are negative."""

    @functools.cache
    def whole() -> dict[str, torch.Tensor]:
        numbers = torch.randn(2**16, generator=torch.Generator().manual_seed(1))
        state = {}
        for key, shape in schp_shapes.items():
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
        state["fushion.3.bias"] = state["fushion.3.bias"] + balance(state)
        return state

    def build(classes: int = 20) -> dict[str, torch.Tensor]:
        last = ("decoder.conv4.", "fushion.3.")
        return {k: v[:classes] if k.startswith(last) else v for k, v in whole().items()}

    return build


def balance(state: dict[str, torch.Tensor]) -> torch.Tensor:
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


@pytest.fixture(scope="session")
def checkpoint(schp_state, tmp_path_factory):
    """Write a single-person (wrapped) or multi-person checkpoint of so many classes."""
    folder = tmp_path_factory.mktemp("schp")

    def write(classes: int = 20, wrapped: bool = True, name: str = "seeded") -> Path:
        path = folder / f"{name}_{classes}_{wrapped}.pth"
        if not path.is_file():
            state = {f"module.{key}": value for key, value in schp_state(classes).items()}
            torch.save({"state_dict": state, "epoch": 1} if wrapped else state, path)
        return path

    return write
