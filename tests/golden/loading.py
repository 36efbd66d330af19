"""Seeded weights, pictures and expected arrays of the golden vectors, as torch tensors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from tests.golden import recipe

FOLDER = Path(__file__).parent


def state_dict(network: str, keys_file: str) -> dict[str, torch.Tensor]:
    """Weights of the recipe for a ``*_keys.json`` file; ``network`` is rvm or bgm."""
    shapes = json.loads((FOLDER / keys_file).read_text(encoding="utf-8"))
    arrays = recipe.make_state_dict(network, shapes)
    return {key: torch.from_numpy(np.asarray(array)) for key, array in arrays.items()}


def picture(name: str, height: int, width: int, batch: int = 1) -> torch.Tensor:
    """The recipe's picture ``name`` as float32 (B, 3, H, W)."""
    names = [name] + [f"{name}@{index}" for index in range(1, batch)]
    items = [recipe.to_nchw(recipe.image(item, height, width)) for item in names]
    return torch.from_numpy(np.concatenate(items))


def cases(file: str) -> dict[str, dict]:
    return json.loads((FOLDER / file).read_text(encoding="utf-8"))


def expected(file: str, case: str) -> dict[str, torch.Tensor]:
    with np.load(FOLDER / file) as arrays:
        prefix = f"{case}/"
        return {
            key.removeprefix(prefix): torch.from_numpy(arrays[key].astype(np.float32))
            for key in arrays.files
            if key.startswith(prefix)
        }
