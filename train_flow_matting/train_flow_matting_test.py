"""The HUB's own check: one epoch on two tiny clips that it draws."""

import logging
import tempfile
from pathlib import Path

import cv2
import numpy as np
from ikomia.utils.tests import run_for_test

from train_flow_matting.train_flow_matting_kit.picture_files import write_picture


def test(t, data_dict):
    logging.getLogger(__name__).info("===== Test: train_flow_matting =====")
    with tempfile.TemporaryDirectory() as folder:
        for clip in range(2):
            for frame in range(4):
                image, matte = np.full((48, 64, 3), 60, np.uint8), np.zeros((48, 64), np.uint8)
                for canvas, colour in ((image, (200, 180, 160)), (matte, 255)):
                    cv2.circle(canvas, (20 + 4 * frame, 20 + 6 * clip), 10, colour, -1)
                write_picture(Path(folder) / f"original{clip}_{frame}.png", image)
                write_picture(Path(folder) / f"gt{clip}_{frame}.png", matte)
        t.set_parameters(
            {
                **t.get_parameters(),
                "dataset_folder": folder,
                "output_folder": str(Path(folder) / "out"),
                "epochs": "1",
                "width": "8",
                "monitoring": "off",
            }
        )
        yield run_for_test(t)
