"""High dynamic range brought to what common screens show: SDR in BT.709's colours.

PQ and HLG as ITU-R BT.2100 defines them. Light stays what it is on a screen of 100 cd/m², for which
SDR is graded (BT.2035), up to three quarters of its white; what is brighter is pressed together.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

# By FFmpeg's numbers, which PyAV does not name.
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
SDR_WHITE, HLG_PEAK = 100.0, 1000.0
CODES = 4096
KNEE = 0.75
SDR_GAMMA = 2.4
LUMA_2020 = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
TO_709 = np.array(
    [
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ],
    np.float32,
)


def tone_mapped(codes: np.ndarray, transfer: str) -> np.ndarray:
    """SDR uint8 RGB (H, W, 3) of BT.2020's coded RGB, uint16 (H, W, 3) of full range.

    Args:
        codes: The picture.
        transfer: PQ or HLG.
    """
    light = _light_of_codes(transfer)[codes >> 4]
    if transfer == "HLG":
        # What a screen of 1000 cd/m² makes of the scene's light.
        luma = np.maximum(cv2.transform(light, LUMA_2020), 1e-6)
        light *= cv2.pow(luma, 0.2)[..., None] * np.float32(HLG_PEAK / SDR_WHITE)
    light = np.maximum(cv2.transform(light, TO_709), 0)
    brightest = light.max(axis=2)
    above = np.maximum(brightest - KNEE, 0) / (1 - KNEE)
    pressed = np.minimum(brightest, KNEE) + (1 - KNEE) * (1 - cv2.exp(-above))
    light *= (pressed / np.maximum(brightest, 1e-6))[..., None]
    return cv2.convertScaleAbs(cv2.pow(light, 1 / SDR_GAMMA), alpha=255)


@lru_cache
def _light_of_codes(transfer: str) -> np.ndarray:
    """Linear light of each of 4096 codes, float32: PQ's against SDR's white, HLG's of the scene."""
    code = np.linspace(0, 1, CODES)
    if transfer == "PQ":
        root = code ** (32 / 2523)
        base = np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)
        return (10_000 / SDR_WHITE * base ** (8192 / 1305)).astype(np.float32)
    upper = (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return np.where(code <= 0.5, code**2 / 3, upper).astype(np.float32)
