"""The HUB's own check: one step on discs and rooms that it draws."""

import logging
import tempfile
from pathlib import Path

import numpy as np
from ikomia.utils.tests import run_for_test

from train_background_matting.train_background_matting_kit.picture_files import write_picture


def test(t, data_dict):
    logging.getLogger(__name__).info("===== Test: train_background_matting =====")
    with tempfile.TemporaryDirectory() as folder:
        rows, columns = np.mgrid[:64, :64]
        for number in range(2):
            disc = (rows - 32) ** 2 + (columns - 24 - 8 * number) ** 2 < 400
            foreground = np.zeros((64, 64, 4), np.uint8)
            foreground[disc] = (200, 60 + 90 * number, 40, 255)
            write_picture(Path(folder) / "foregrounds" / f"{number}.png", foreground)
            room = np.full((72, 128, 3), 90 + 60 * number, np.uint8)
            write_picture(Path(folder) / "rooms" / f"{number}.png", room)
        t.set_parameters(
            {
                "foreground_folder": str(Path(folder) / "foregrounds"),
                "background_folder": str(Path(folder) / "rooms"),
                "output_folder": str(Path(folder) / "out"),
                "base_steps": "0",
                "refine_steps": "1",
                "batch_size": "2",
                "crop_size": "64",
                "picture_size": "64",
                "validation_pictures": "1",
                "monitoring": "off",
            }
        )
        yield run_for_test(t)
