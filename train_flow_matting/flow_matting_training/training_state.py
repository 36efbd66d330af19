"""What ``last.pth`` holds beside the weights, so that training can go on."""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from ..train_flow_matting_kit.files import FileError
from ..train_flow_matting_kit.flow.checkpoint import Architecture, architecture_of
from ..train_flow_matting_kit.optimiser_state import restore_adam
from ..train_flow_matting_kit.weights import read_checkpoint

REMEDY = "train anew with resume=False, or name the folder of another training"


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """Where a training stands.

    Attributes:
        optimiser: Its state_dict.
        epoch: Epochs done.
        steps: Steps done of the one that was begun.
        best: The lowest validation MAD so far.
    """

    optimiser: dict[str, Any]
    epoch: int
    steps: int
    best: float

    def restore_optimiser(self, optimiser: Optimizer, path: Path) -> None:
        """Put ``optimiser`` where it was; FileError where the state is of another one."""
        restore_adam(optimiser, self.optimiser, path, network="this network", remedy=REMEDY)


def read_training_state(path: Path, wanted: Architecture) -> tuple[dict[str, Any], TrainingState]:
    """A checkpoint's content, and the training state in it.

    Raises:
        FileError: There is none, or it is of another network than ``wanted``.
    """
    content = read_checkpoint(path)
    architecture = architecture_of(content, path)
    names = [field.name for field in fields(TrainingState)]
    if architecture is None or not content.keys() >= set(names):
        raise FileError(path, "is no training state of train_flow_matting", REMEDY)
    if architecture != wanted:
        problem = f"was trained with {architecture}; asked for are {wanted}"
        raise FileError(path, problem, "set these parameters as they were, or resume=False")
    state = TrainingState(**{name: content[name] for name in names})
    numbers = (state.epoch, state.steps, state.best)
    are_counts = all(type(n) is int and n >= 0 for n in numbers[:2])
    if not are_counts or type(state.best) not in (int, float) or math.isnan(state.best):
        problem = f"is damaged: it says {numbers} of epochs, steps and best MAD"
        raise FileError(path, problem, REMEDY)
    return content, state
