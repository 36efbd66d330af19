"""The HUB's own check: the task keys a picture, with and without a region."""

import logging

import numpy as np
from ikomia.utils.tests import run_for_test

logger = logging.getLogger(__name__)


def test(t, data_dict):
    logger.info("===== Test: infer_chroma_key =====")
    image = np.full((120, 160, 3), (40, 170, 70), np.uint8)
    image[30:120, 50:110] = (200, 150, 120)
    t.get_input(0).set_image(image)
    yield run_for_test(t)
    region = np.zeros((120, 160), np.uint8)
    region[35:120, 55:105] = 255
    t.get_input(1).set_image(region)
    yield run_for_test(t)
