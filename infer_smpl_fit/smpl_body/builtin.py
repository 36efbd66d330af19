"""The body that needs no licence, from the file beside this module."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from ..infer_smpl_fit_kit.array_files import read_arrays
from .model import BodyModel

BUILTIN_FILE = Path(__file__).with_name("builtin_body.npz")


@lru_cache(maxsize=1)
def builtin_body() -> BodyModel:
    """The neutral built-in body: 24 joints, 10 shapes, no pose correctives; see NOTICE."""
    data = read_arrays(BUILTIN_FILE)
    template = data["v_template"].astype(np.float64)
    count, joints = len(template), len(data["parents"])
    weights = np.zeros((count, joints))
    weights[data["weights_vertex"], data["weights_joint"]] = data["weights_value"]
    regressor, landmarks = np.zeros((joints, count)), data["landmark_vertices"]
    regressor[data["regressor_joint"], data["regressor_vertex"]] = data["regressor_value"]
    return BodyModel(
        name="built-in body",
        gender="neutral",
        is_builtin=True,
        v_template=template,
        shapedirs=data["shapedirs"].astype(np.float64),
        # Zeros that take no memory.
        posedirs=np.broadcast_to(np.zeros(1), (count, 3, 9 * (joints - 1))),
        J_regressor=regressor,
        weights=weights / weights.sum(axis=1, keepdims=True),
        parents=data["parents"].astype(np.int64),
        faces=data["faces"].astype(np.int64),
        landmarks=dict(zip(data["landmark_names"].tolist(), landmarks.tolist(), strict=True)),
    )
