"""What ``training.pth`` holds beside the weights, so that training can go on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from ..train_background_matting_kit.files import FileError, replacing
from ..train_background_matting_kit.optimiser_state import restore_adam
from ..train_background_matting_kit.weights import checked_state, read_checkpoint

FORMAT = "background_matting_training_1"
REMEDY = "train anew with resume=False, or name the folder of another training"


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """Where a training stands.

    Attributes:
        backbone: Of its network.
        state_dict: The network's present weights.
        optimiser: The optimiser's state_dict.
        step: Steps done of both stages.
        stage_steps: How many steps the coarse and the whole network are trained for.
        best: The lowest held-out MAD so far.
        losses: Sum and number of the losses since the last check.
        trained_on: Names of the foregrounds and backgrounds that training has seen.
        history: What each check found.
    """

    backbone: str
    state_dict: dict[str, Tensor]
    optimiser: dict[str, Any]
    step: int
    stage_steps: tuple[int, int]
    best: float
    losses: tuple[float, int]
    trained_on: list[str]
    history: list[dict[str, float]]

    def restore_optimiser(self, optimiser: Optimizer, path: Path) -> None:
        """Put ``optimiser`` where it was; FileError where the state is of another one."""
        restore_adam(optimiser, self.optimiser, path, network="this network", remedy=REMEDY)

    def write(self, path: Path) -> None:
        """Write a file that appears whole or not at all."""
        write_tensors({"format": FORMAT, **vars(self)}, path)


def write_tensors(content: Mapping[str, Any], path: Path) -> None:
    """``torch.save`` to a file that appears whole or not at all; its folder is made if needed."""
    # Given a path, PyTorch would write the passing name of the file into it.
    with replacing(path) as beside, beside.open("wb") as file:
        torch.save(content, file)


def read_training_state(path: Path, backbone: str) -> TrainingState:
    """The state in the file ``path``.

    Raises:
        FileNotFoundError: There is no such file.
        FileError: It is no training state, is damaged, or of another backbone.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path} to resume from: train anew with resume=False")
    content = read_checkpoint(path)
    names = [field.name for field in fields(TrainingState)]
    is_one = isinstance(content, dict) and content.get("format") == FORMAT
    if not is_one or not content.keys() >= set(names):
        raise FileError(path, "is no training state of train_background_matting", REMEDY)
    state = TrainingState(**{name: content[name] for name in names})
    if state.backbone != backbone:
        problem = f"was trained with model_backbone={state.backbone}; asked for is {backbone}"
        raise FileError(path, problem, "set the parameter as it was, or resume=False")
    checked_state(state.state_dict, path)
    damage = _damage(state)
    if damage:
        raise FileError(path, f"is damaged: {damage}", REMEDY)
    return state


def _damage(state: TrainingState) -> str:
    """What of the state cannot be; empty where all can."""
    if type(state.step) is not int or state.step < 0:
        return f"step is {state.step!r}"
    if not _is_pair(state.stage_steps, int) or min(state.stage_steps) < 0:
        return f"stage_steps is {state.stage_steps!r}"
    if not isinstance(state.best, float) or math.isnan(state.best):
        return f"best is {state.best!r}"
    if not _is_pair(state.losses, (int, float)) or not math.isfinite(state.losses[0]):
        return f"losses is {state.losses!r}"
    if not _is_list(state.trained_on, str) or not _is_list(state.history, dict):
        return "trained_on or history is no list of what belongs there"
    return ""


def _is_pair(value: object, kind: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(x, kind) for x in value)


def _is_list(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(x, kind) for x in value)
