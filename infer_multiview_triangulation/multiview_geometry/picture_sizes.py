"""Keypoints of pictures that are larger, smaller or cut otherwise than those of the calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .inputs import Inputs

# By how much the ratios of the sides may differ for a picture that was only cut a little.
SAME_SHAPE = 0.02


def as_calibrated(inputs: Inputs, warnings: list[str]) -> Inputs:
    """The inputs with every view's keypoints in the pixels of its camera's calibration.

    Where a picture's known size is not the calibration's but nearly of its shape, it counts as
    scaled and cut in the middle. What was done, or that nothing was, is added to ``warnings``.
    """
    counts = {len(inputs.keypoints), len(inputs.sizes), len(inputs.cameras or ())}
    if inputs.cameras is None or len(counts) > 1:
        return inputs
    keypoints = inputs.keypoints.copy()
    for view, camera, size in zip(keypoints, inputs.cameras, inputs.sizes, strict=True):
        if size is None or camera.size is None or tuple(size) == tuple(camera.size):
            continue
        shown = f"the pictures of view {camera.name} are {size[0]}x{size[1]} pixels, its "
        shown += f"calibration is of {camera.size[0]:g}x{camera.size[1]:g}: "
        factors = np.array(camera.size, np.float64) / size
        if factors.max() > (1 + SAME_SHAPE) * factors.min():
            warnings.append(shown + "they differ in shape, so the keypoints are taken as they are")
            continue
        scale, offset = mapping(size, camera.size)
        view[..., :2] = view[..., :2] * scale + offset
        warnings.append(
            f"{shown}keypoints are scaled by {scale:.4g} and moved by {offset[0]:+.3g}, "
            f"{offset[1]:+.3g} pixels, as if cut in the middle; calibrate at the size filmed"
        )
    return replace(inputs, keypoints=keypoints)


def mapping(size: Sequence[float], calibrated: Sequence[float]) -> tuple[float, np.ndarray]:
    """Scale and offset (2,) from pixels of a picture to those of the calibration around it.

    Sizes are width and height. Pixel centres are whole numbers.

    Example:
        >>> mapping((1080, 1920), (1088, 1920))
        (1.0, array([4., 0.]))
    """
    given, wanted = np.array(size, np.float64), np.array(calibrated, np.float64)
    scale = float((wanted / given).min())
    return scale, (wanted - scale * given) / 2 + (scale - 1) / 2
