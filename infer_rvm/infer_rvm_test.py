"""The HUB's own check: the task runs on a picture, for both values of what carries the state."""

import logging

import numpy as np
from ikomia.utils.tests import run_for_test


def test(t, data_dict):
    logging.getLogger(__name__).info("===== Test: infer_rvm =====")
    image = np.full((120, 160, 3), 90, np.uint8)
    image[30:120, 50:110] = 200
    t.get_input(0).set_image(image)
    for sequence in ("image", "stream"):
        t.set_parameters({**t.get_parameters(), "sequence": sequence})
        yield run_for_test(t)
