"""Foregrounds and plates drawn for the tests, in files as a user has them."""

from pathlib import Path

import numpy as np
import pytest

from development.training.background_matting.backgrounds import background
from development.training.background_matting.foregrounds import foreground
from plugin_kit.picture_files import write_picture


@pytest.fixture(scope="session")
def foregrounds(tmp_path_factory) -> Path:
    """Eight RGBA pictures of 160x160."""
    folder = tmp_path_factory.mktemp("foregrounds")
    for seed in range(8):
        write_picture(folder / f"person{seed}.png", foreground(np.random.default_rng(seed), 160)[0])
    return folder


@pytest.fixture(scope="session")
def backgrounds(tmp_path_factory) -> Path:
    """Five pictures of 168x96."""
    folder = tmp_path_factory.mktemp("backgrounds")
    for seed in range(5):
        write_picture(folder / f"room{seed}.png", background(np.random.default_rng(seed), 96, 168))
    return folder
