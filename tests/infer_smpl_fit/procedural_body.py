"""A second body in SMPL's layout, from a random generator: rings of vertices around bones."""

import numpy as np

from infer_smpl_fit.smpl_body.loader import SMPL_LANDMARKS
from infer_smpl_fit.smpl_body.model import BodyModel

PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
OFFSETS = [
    (0.01, 0.9, 0.03),
    *[(0.07, -0.08, 0.01), (-0.07, -0.08, 0.01), (0, 0.11, -0.02)],
    *[(0.04, -0.38, 0), (-0.04, -0.38, 0), (0, 0.14, 0.02)],
    *[(-0.01, -0.41, -0.03), (0.01, -0.41, -0.03), (0, 0.05, 0.02)],
    *[(0.02, -0.06, 0.12), (-0.02, -0.06, 0.12), (0, 0.21, -0.03)],
    *[(0.08, 0.12, -0.02), (-0.08, 0.12, -0.02), (0, 0.07, 0.05)],
    *[(0.1, 0.04, -0.01), (-0.1, 0.04, -0.01), (0.26, -0.01, -0.02), (-0.26, -0.01, -0.02)],
    *[(0.25, 0.01, 0), (-0.25, 0.01, 0), (0.08, -0.01, -0.01), (-0.08, -0.01, -0.01)],
]
VERTICES = 6890


def procedural_body(seed: int = 3, shapes: int = 10, correctives: float = 0.002) -> BodyModel:
    """24 joints, 6890 vertices, non-zero pose correctives, at most four influences a vertex."""
    rng = np.random.default_rng(seed)
    joints = np.zeros((24, 3))
    for joint, parent in enumerate(PARENTS):
        joints[joint] = np.array(OFFSETS[joint]) + (joints[parent] if parent >= 0 else 0)
    owners = np.sort(rng.integers(0, 24, VERTICES))
    along = rng.uniform(-0.5, 0.5, (VERTICES, 1))
    ends = joints[[max(parent, 0) for parent in PARENTS]]
    bones = joints - ends
    around = rng.normal(size=(VERTICES, 3))
    around *= 0.06 / np.linalg.norm(around, axis=1, keepdims=True)
    template = joints[owners] + along * bones[owners] + around
    distances = np.linalg.norm(template[:, None] - joints, axis=2)
    weights = np.exp(-((distances / 0.1) ** 2))
    np.put_along_axis(weights, np.argsort(weights, axis=1)[:, :-4], 0, axis=1)
    weights /= weights.sum(axis=1, keepdims=True)
    regressor = np.zeros((24, VERTICES))
    for joint in range(24):
        chosen = np.argsort(distances[:, joint])[:40]
        exact = np.vstack([np.ones(40), template[chosen].T])
        regressor[joint, chosen] = np.linalg.pinv(exact) @ np.append(1.0, joints[joint])
    smooth = rng.normal(size=(3, 3, shapes)) * 0.02
    return BodyModel(
        name="procedural",
        gender="neutral",
        is_builtin=False,
        v_template=template,
        shapedirs=np.einsum("na,abs->nbs", template, smooth),
        posedirs=rng.normal(size=(VERTICES, 3, 207)) * correctives,
        J_regressor=regressor,
        weights=weights,
        parents=np.array(PARENTS),
        faces=rng.permuted(np.arange(VERTICES - VERTICES % 3)).reshape(-1, 3),
        landmarks=dict(SMPL_LANDMARKS),
    )


def stored(body):
    """The dictionary of an SMPL file, as its makers write it."""
    parents = body.parents.astype(np.uint32)
    return {
        "v_template": body.v_template,
        "shapedirs": body.shapedirs,
        "posedirs": body.posedirs,
        "J_regressor": body.J_regressor,
        "weights": body.weights,
        "kintree_table": np.stack([parents, np.arange(len(parents), dtype=np.uint32)]),
        "f": body.faces.astype(np.uint32),
        "bs_style": "lbs",
    }
