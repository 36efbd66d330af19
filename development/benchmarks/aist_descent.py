"""AIST++'s body fit, re-created: 10,000 steps of plain descent from zero (Li et al., 2021).

Its loss on coco17 reads twelve joints and five vertices: the whole mesh, which AIST++ skins in
every step, and those alone give the same steps at very different cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

    from infer_smpl_fit.smpl_body.model import BodyModel

STEPS = 10_000
# From these steps on, the root and then the other joints turn.
ROOT_FROM, POSE_FROM = 100, 400
RATES = {"transl": 100.0, "scaling": 1.0, "global_orient": 0.1, "body_pose": 0.1}
# The unified order of coco17 and of smplx's joints, of which 24 and above are vertices.
SLOTS = (0, 5, 7, 9, 6, 8, 10, 11, 13, 15, 12, 14, 16, 1, 2, 3, 4)
JOINTS = (24, 16, 18, 20, 17, 19, 21, 1, 4, 7, 2, 5, 8, 26, 25, 28, 27)
VERTICES = ("nose", "right_eye", "left_eye", "right_ear", "left_ear")

Forward = Callable[[dict[str, "torch.Tensor"]], "torch.Tensor"]


@dataclass(frozen=True)
class Descent:
    """CPU seconds of the steps that were run, and SMPL's joints (F, 24, 3) where they ended."""

    cpu: float
    joints: np.ndarray


def descend(model: BodyModel, keypoints: np.ndarray, form: str, *, steps: int) -> Descent:
    """Run the first ``steps`` steps.

    Args:
        model: A body of 24 joints.
        keypoints: (F, 17, 3) of coco17, centimetres, for which AIST++'s rates are made.
        form: ``mesh`` skins all vertices through smplx, as AIST++ does; ``joints`` only those that
            the loss reads.
    """
    import torch

    torch.set_num_threads(1)
    frames = len(keypoints)
    forward = (_mesh if form == "mesh" else _joints)(model, frames)
    target = torch.tensor(keypoints[:, list(SLOTS)], dtype=torch.float32)
    widths = {"transl": 3, "global_orient": 3, "body_pose": 69}
    values = {name: torch.zeros(frames, n, requires_grad=True) for name, n in widths.items()}
    values["scaling"] = torch.ones(1, 1, requires_grad=True)
    start = time.process_time()
    for rates in islice(_schedule(), steps):
        points = forward(values) * values["scaling"] + values["transl"][:, None]
        loss = ((points[:, list(JOINTS)] - target) ** 2).mean()
        gradients = torch.autograd.grad(loss, list(values.values()))
        with torch.no_grad():
            for name, gradient in zip(values, gradients, strict=True):
                values[name] -= rates.get(name, 0.0) * gradient
    cpu = time.process_time() - start
    with torch.no_grad():
        points = forward(values) * values["scaling"] + values["transl"][:, None]
    return Descent(cpu, points[:, :24].double().numpy())


def _schedule() -> Iterator[dict[str, float]]:
    for step in range(STEPS):
        held = {"global_orient": step < ROOT_FROM, "body_pose": step < POSE_FROM}
        yield {name: rate for name, rate in RATES.items() if not held.get(name)}


def _mesh(model: BodyModel, frames: int) -> Forward:
    import torch

    from infer_smpl_fit.smpl_body.loader import to_smplx

    body = to_smplx(model, frames)
    betas = torch.zeros(frames, body.num_betas)

    def forward(values: dict[str, torch.Tensor]) -> torch.Tensor:
        return body(
            body_pose=values["body_pose"], global_orient=values["global_orient"], betas=betas
        ).joints

    return forward


def _joints(model: BodyModel, frames: int) -> Forward:
    import torch
    from smplx import lbs

    # smplx annotates with a Tensor of its own making.
    rodrigues: Any = lbs.batch_rodrigues
    rigid_transform: Any = lbs.batch_rigid_transform
    chosen = [model.landmarks[name] for name in VERTICES]
    vertices = np.pad(model.v_template[chosen], ((0, 0), (0, 1)), constant_values=1)
    parents = torch.tensor(model.parents)
    rest, places, weights = (
        torch.tensor(array, dtype=torch.float32)
        for array in (model.rest_joints, vertices, model.weights[chosen])
    )

    def forward(values: dict[str, torch.Tensor]) -> torch.Tensor:
        vectors = torch.cat([values["global_orient"], values["body_pose"]], dim=1)
        matrices = rodrigues(vectors.reshape(-1, 3)).view(frames, 24, 3, 3)
        joints, transforms = rigid_transform(matrices, rest.expand(frames, -1, -1), parents)
        skinned = torch.einsum("nk,fkab,nb->fna", weights, transforms, places)[..., :3]
        return torch.cat([joints, skinned], dim=1)

    return forward
