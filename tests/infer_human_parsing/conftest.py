"""Seeded weights of the checkpoints' shape: small files, since all entries share few numbers."""

from pathlib import Path

import pytest
import torch

from infer_human_parsing.human_parsing_network import ParsingNetwork
from infer_human_parsing.human_parsing_pipeline import parser
from tests.infer_human_parsing import seeded

LAST = ("decoder.conv4.", "fushion.3.")


@pytest.fixture(autouse=True)
def stand_ins_run_as_they_are(monkeypatch):
    """A network of a test's own has none of the layers that are rearranged."""
    optimised = parser.optimised
    monkeypatch.setattr(
        parser, "optimised", lambda n: optimised(n) if isinstance(n, ParsingNetwork) else n
    )


@pytest.fixture(scope="session")
def schp_shapes() -> dict[str, list[int]]:
    """The official checkpoints' 603 names and shapes, with 20 classes."""
    return seeded.shapes()


@pytest.fixture(scope="session")
def schp_state():
    """Make a state_dict of so many classes; half of the norms' weights are negative."""

    def build(classes: int = 20) -> dict[str, torch.Tensor]:
        return {k: v[:classes] if k.startswith(LAST) else v for k, v in seeded.state_dict().items()}

    return build


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
