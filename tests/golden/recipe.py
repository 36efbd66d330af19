"""Deterministic weights and inputs for the golden vectors. numpy only; no torch, no reference code.

u01(key, n): n numbers in [0,1), each k/2**24 (exact in float32), from splitmix64 seeded by crc32(key).
"""

import math, zlib
import numpy as np

_G = np.uint64(0x9E3779B97F4A7C15)


def u01(key, n):
    with np.errstate(over="ignore"):
        seed = np.uint64(zlib.crc32(key.encode("utf-8"))) << np.uint64(32)
        z = seed + np.arange(1, n + 1, dtype=np.uint64) * _G
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


def tensor_for(key, shape, gains=None):
    """float32 array for one state_dict entry. `gains`: {substring: factor} applied to conv weights (last match wins)."""
    shape = tuple(int(s) for s in shape)
    n = int(np.prod(shape)) if shape else 1
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    u = u01(key, n).reshape(shape)
    s = u * np.float32(2) - np.float32(1)  # [-1, 1)
    if key.endswith("running_mean"):
        return s * np.float32(0.2)
    if key.endswith("running_var"):
        return np.float32(0.5) + u
    if key.endswith("weight") and len(shape) == 4:
        fan_in = shape[1] * shape[2] * shape[3]
        g = math.sqrt(6.0 / fan_in)
        for sub, f in (gains or {}).items():
            if sub in key:
                g = math.sqrt(6.0 / fan_in) * f
        return s * np.float32(g)
    if key.endswith("weight"):
        w = np.float32(0.8) + np.float32(0.4) * u
        return w * np.float32(0.25) if key.endswith(".bn3.weight") else w
    if key.endswith("bias"):
        return s * np.float32(0.2)
    raise KeyError(key)


# network-specific gains and overrides, chosen only to keep outputs away from saturation
GAINS = {
    "rvm": {
        "backbone.": 0.9,
        "decoder.": 0.8,
        "project_mat": 2.0,
        "project_seg": 2.0,
        "refiner.conv": 1.2,
        ".gru.": 0.8,
    },
    "bgm": {"backbone.": 0.9, "aspp.": 0.7, "decoder.": 0.7, "decoder.conv4": 1.6, "refiner.": 1.2},
}


def overrides(net, key, arr):
    if net == "rvm":
        if key == "project_mat.conv.bias":
            arr = np.array([0.05, -0.05, 0.02, 0.55], np.float32)
        if (
            key == "refiner.box_filter.weight"
        ):  # learned in the official checkpoint: keep it non-uniform
            arr = np.float32(1 / 9) * (
                np.float32(1) + np.float32(0.25) * (arr / np.float32(math.sqrt(6 / 9)))
            )
    if net == "bgm":
        if key == "decoder.conv4.bias":  # pha, fgr x3, err, hid x32
            arr = arr.copy()
            arr[0] = -0.1
            arr[1:4] = 0.0
            arr[4] = -0.6
        if key == "refiner.conv4.bias":
            arr = np.array([0.2, 0.02, -0.02, 0.01], np.float32)
    return arr.astype(np.float32) if arr.dtype != np.int64 else arr


def make_state_dict(net, shapes):
    """shapes: {key: [dims]} (one of the *_keys.json files). Returns {key: numpy array}."""
    return {k: overrides(net, k, tensor_for(k, s, GAINS[net])) for k, s in shapes.items()}


def image(name, h, w, c=3):
    """uint8 HxWxC test picture: two sinusoids per channel + a soft-edged ellipse + noise."""
    y = np.arange(h, dtype=np.float64)[:, None] / h
    x = np.arange(w, dtype=np.float64)[None, :] / w
    p = u01("img/" + name, 16).astype(np.float64)
    cy, cx, ry, rx = 0.3 + 0.4 * p[0], 0.3 + 0.4 * p[1], 0.15 + 0.2 * p[2], 0.12 + 0.2 * p[3]
    d = ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2
    m = np.clip(1.5 - d, 0.0, 1.0)
    out = np.empty((h, w, c), np.uint8)
    for k in range(c):
        a = (
            0.5
            + 0.22 * np.sin(2 * math.pi * ((1 + 2 * p[4]) * x + (1 + 3 * p[5]) * y + p[6 + k % 3]))
            + 0.13
            * np.sin(2 * math.pi * ((4 + 3 * p[9]) * x - (3 + 4 * p[10]) * y + p[11 + k % 3]))
        )
        b = 0.2 + 0.6 * p[(13 + k) % 16]
        noise = u01("noise/%s/%d" % (name, k), h * w).reshape(h, w).astype(np.float64) - 0.5
        v = a * (1 - m) + b * m + 0.12 * noise
        out[:, :, k] = np.floor(np.clip(v, 0, 1) * 255 + 0.5).astype(np.uint8)
    return out


def to_nchw(img):
    return np.ascontiguousarray((img.astype(np.float32) / np.float32(255)).transpose(2, 0, 1)[None])
