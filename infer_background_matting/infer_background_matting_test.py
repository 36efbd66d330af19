"""The HUB's own check: the task runs with the built-in weights in every refine mode."""

import logging

import numpy as np
from ikomia.utils.tests import run_for_test


def test(t, data_dict):
    logging.getLogger(__name__).info("===== Test: infer_background_matting =====")
    background = np.tile(np.arange(160, dtype=np.uint8)[None, :, None], (120, 1, 3))
    image = background.copy()
    image[30:120, 50:110] = (200, 60, 60)
    t.get_input(0).set_image(image)
    t.get_input(1).set_image(background)
    for mode in ("sampling", "thresholding", "full"):
        t.set_parameters({**t.get_parameters(), "weights": "builtin", "model_refine_mode": mode})
        yield run_for_test(t)
