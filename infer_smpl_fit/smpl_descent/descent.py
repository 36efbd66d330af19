"""AIST++'s body fit (Li et al., 2021): 10,000 steps of plain gradient descent from nothing.

Written anew after aistplusplus_api's processing/run_estimate_smpl.py: its parameters, loss, rates,
and the steps from which the root and then the other joints turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from ..infer_smpl_fit_kit.stopping import ShouldStop, check_stop, never
from ..smpl_body.loader import to_smplx
from ..smpl_body.model import BodyModel
from .points import reduced

STEPS = 10_000
# From these steps on, the root and then the other joints turn.
ROOT_FROM, POSE_FROM = 100, 400
# For keypoints in centimetres.
RATES = {"transl": 100.0, "scaling": 1.0, "global_orient": 0.1, "body_pose": 0.1}
# The loss is a mean over frames, so that what each frame has of its own runs away in shorter clips:
# there these steps are shortened. AIST++'s own clips are longer.
LEAST_FRAMES = 480
# Every so many steps the loss is kept.
KEPT = 100

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Descent:
    """Where the descent ended.

    Attributes:
        poses: float64 (F, 24, 3), axis-angle, root first.
        transl: (F, 3), in the keypoints' unit.
        scaling: Keypoints' units a metre of the body.
        joints: (F, 24, 3), SMPL's, in the keypoints' unit.
        losses: Mean squared difference of a coordinate, every 100 steps and at the end.
    """

    poses: np.ndarray
    transl: np.ndarray
    scaling: float
    joints: np.ndarray
    losses: tuple[float, ...]


def descend(
    model: BodyModel,
    keypoints: np.ndarray,
    joints: list[int],
    *,
    steps: int = STEPS,
    device: str = "cpu",
    is_whole: bool = False,
    should_stop: ShouldStop = never,
    progress: Progress = lambda share: None,
) -> Descent:
    """Fit the mean shape, one scale, and a pose and place for each frame.

    Args:
        model: A body of 24 joints.
        keypoints: (F, N, 3), centimetres, y up; NaN where missing, which AIST++ does not allow.
        joints: (N,), which of smplx's joints each is.
        steps: How many of AIST++'s steps are run.
        device: Of torch: cpu or cuda.
        is_whole: Whether all vertices are skinned in each step, as AIST++ does, and not those alone
            that are compared; the steps are the same, the cost is not.
        should_stop: Asked before each step.
        progress: Called with the share that is done.

    Raises:
        ValueError: The body has another number of joints.
        Stopped: ``should_stop`` said so.
    """
    frames = len(keypoints)
    body, vertices = (model, None) if is_whole else reduced(model)
    module = to_smplx(body, frames, vertex_ids=vertices).to(device)
    betas = torch.zeros(frames, module.num_betas, device=device)
    known = np.isfinite(keypoints).all(axis=2, keepdims=True)
    target = torch.tensor(np.where(known, keypoints, 0.0), dtype=torch.float32, device=device)
    weights = torch.tensor(known, dtype=torch.float32, device=device)
    count = 3 * float(known.sum())
    values = {
        name: torch.zeros(frames, width, device=device, requires_grad=True)
        for name, width in (("transl", 3), ("global_orient", 3), ("body_pose", 69))
    }
    values["scaling"] = torch.ones(1, 1, device=device, requires_grad=True)

    def points() -> torch.Tensor:
        posed = module(
            body_pose=values["body_pose"], global_orient=values["global_orient"], betas=betas
        ).joints
        return posed * values["scaling"] + values["transl"][:, None]

    def loss_of() -> torch.Tensor:
        return (weights * (points()[:, joints] - target) ** 2).sum() / count

    losses, shortened = [], min(1.0, frames / LEAST_FRAMES)
    reach = {name: 1.0 if name == "scaling" else shortened for name in values}
    with _one_thread():
        for step, rates in enumerate(islice(_schedule(), steps)):
            check_stop(should_stop, "the fit")
            loss = loss_of()
            gradients = torch.autograd.grad(loss, list(values.values()))
            with torch.no_grad():
                for name, gradient in zip(values, gradients, strict=True):
                    values[name] -= reach[name] * rates.get(name, 0.0) * gradient
            if step % KEPT == 0:
                losses.append(float(loss.detach()))
                progress(step / steps)
        with torch.no_grad():
            losses.append(float(loss_of()))
            ended = points()[:, :24]
            poses = torch.cat([values["global_orient"], values["body_pose"]], dim=1)
    return Descent(
        poses=_array(poses).reshape(frames, 24, 3),
        transl=_array(values["transl"]),
        scaling=float(values["scaling"].detach()),
        joints=_array(ended),
        losses=tuple(losses),
    )


def _schedule() -> Iterator[dict[str, float]]:
    for step in range(STEPS):
        held = {"global_orient": step < ROOT_FROM, "body_pose": step < POSE_FROM}
        yield {name: rate for name, rate in RATES.items() if not held.get(name)}


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy().astype(np.float64)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The tensors are small: more threads cost time, and take it from others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
