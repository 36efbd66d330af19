"""The HUB's own check: the task fuses two mattes, with a plate that fits and one that does not."""

import logging

import numpy as np
from ikomia.utils.tests import run_for_test

logger = logging.getLogger(__name__)


def test(t, data_dict):
    logger.info("===== Test: infer_matte_fusion =====")
    plate = np.full((120, 160, 3), 90, np.uint8)
    image = plate.copy()
    image[30:120, 50:110] = 200
    matte = np.where(image[..., 0] > 150, 255, 0).astype(np.uint8)
    t.get_input(0).set_image(image)
    t.get_input(1).set_image(matte)
    t.get_input(3).set_image(np.roll(matte, 2, axis=1))
    for fitting in (plate, 255 - plate[::-1] // np.arange(1, 161, dtype=np.uint8)[:, None]):
        t.get_input(5).set_image(fitting)
        yield run_for_test(t)
