"""The HUB's own check: the task runs on a picture, for both ways of merging.

No checkpoint is shipped, so the check writes one of the right shape; its labels mean nothing.
"""

import logging
import tempfile
from pathlib import Path

import numpy as np
import torch
from ikomia.utils.tests import run_for_test

from infer_human_parsing.human_parsing_network import ParsingNetwork

# More numbers than any one entry's strides below reach.
STORAGE = 2**16


def write_checkpoint(path, classes=7):
    """A few hundred kilobytes: all entries are views of one small tensor."""
    with torch.device("meta"):
        entries = ParsingNetwork(classes).state_dict()
    numbers = torch.randn(STORAGE, generator=torch.Generator().manual_seed(0)) * 0.05
    ones = torch.ones(4096)
    state = {}
    for key, entry in entries.items():
        if entry.ndim == 4:
            state[f"module.{key}"] = numbers.as_strided(entry.shape, (17, 5, 3, 1))
        elif key.endswith(("running_var", ".weight")):
            state[f"module.{key}"] = ones[: len(entry)]
        else:
            state[f"module.{key}"] = numbers[: len(entry)]
    torch.save({"state_dict": state}, path)


def test(t, data_dict):
    logging.getLogger(__name__).info("===== Test: infer_human_parsing =====")
    image = np.full((120, 160, 3), 90, np.uint8)
    image[30:120, 50:110] = 200
    t.get_input(0).set_image(image)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.pth"
        write_checkpoint(path)
        for merge in ("probability", "overwrite"):
            t.set_parameters(
                {
                    **t.get_parameters(),
                    "model_weight_file": str(path),
                    "boxes": "whole",
                    "input_size": "65",
                    "merge": merge,
                }
            )
            yield run_for_test(t)
