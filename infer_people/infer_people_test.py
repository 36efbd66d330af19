"""The HUB's own check: the task runs on a picture, for both skeletons and with masks or without."""

import logging

import numpy as np
from ikomia.utils.tests import run_for_test

logger = logging.getLogger(__name__)


def test(t, data_dict):
    logger.info("===== Test: infer_people =====")
    image = np.full((120, 160, 3), 90, np.uint8)
    image[30:120, 50:110] = 200
    t.get_input(0).set_image(image)
    for changes in ({"skeleton": "body25"}, {"masks": "False"}):
        t.set_parameters({**t.get_parameters(), **changes})
        yield run_for_test(t)
