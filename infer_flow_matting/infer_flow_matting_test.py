"""The HUB's own check: the task refines a picture's matte, alone and as part of a stream."""

import logging

import numpy as np
from ikomia.utils.tests import run_for_test


def test(t, data_dict):
    logging.getLogger(__name__).info("===== Test: infer_flow_matting =====")
    image = np.full((120, 160, 3), 90, np.uint8)
    image[30:120, 50:110] = 200
    t.get_input(0).set_image(image)
    t.get_input(1).set_image(np.where(image[..., 0] > 150, 255, 0).astype(np.uint8))
    for sequence, timing in (("image", "auto"), ("stream", "causal"), ("stream", "delayed")):
        t.set_parameters({**t.get_parameters(), "sequence": sequence, "timing": timing})
        yield run_for_test(t)
