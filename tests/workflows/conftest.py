"""Seeded weights of every network that the matting chain may load, small enough for tests."""

import pytest
import torch

from tests.golden import loading
from tests.infer_human_parsing.conftest import checkpoint, schp_shapes, schp_state  # noqa: F401
from tests.infer_smpl_fit.sheets import few_moments
from tests.networks import built_once
from workflows.matting import ChainOptions

# The network's least input is 33; its own 473 would take seconds a frame.
PARSING_SIZE = 65


@pytest.fixture(scope="module", autouse=True)
def networks_are_built_once():
    with built_once():
        yield


@pytest.fixture(scope="module", autouse=True)
def small_sheets():
    with few_moments():
        yield


@pytest.fixture(scope="session")
def weights(tmp_path_factory, checkpoint):  # noqa: F811
    """A folder with bgm.pth, rvm.pth and schp.pth."""
    folder = tmp_path_factory.mktemp("weights")
    for network, keys, name in (
        ("bgm", "bgmv2/bgmv2_refine_mobilenetv2_keys.json", "bgm.pth"),
        ("rvm", "rvm/rvm_mobilenetv3_deep_guided_filter_keys.json", "rvm.pth"),
    ):
        torch.save(loading.state_dict(network, keys), folder / name)
    (folder / "schp.pth").write_bytes(checkpoint(7).read_bytes())
    return folder


@pytest.fixture
def small_parsing(monkeypatch):
    """Let human parsing see small crops."""
    whole = ChainOptions.parsing.fget
    small = property(lambda options: {**whole(options), "input_size": PARSING_SIZE})
    monkeypatch.setattr(ChainOptions, "parsing", small)
