"""The HUB's own check: the task runs on a picture with every method that needs no matte."""

import logging

import numpy as np
from ikomia.utils.tests import run_for_test

logger = logging.getLogger(__name__)


def test(t, data_dict):
    logger.info("===== Test: extract_background =====")
    t.get_input(0).set_image(np.full((120, 160, 3), 90, np.uint8))
    for method in ("auto", "median", "gmm"):
        t.set_parameters({**t.get_parameters(), "method": method})
        yield run_for_test(t)
