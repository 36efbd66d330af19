"""What ``last.pth`` holds beside the weights, so that training can go on."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from ..train_flow_matting_kit.flow.checkpoint import Architecture, architecture_of
from ..train_flow_matting_kit.weights import read_checkpoint


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
        """Put ``optimiser`` where it was; ValueError, naming ``path``, where it is another one."""
        try:
            optimiser.load_state_dict(self.optimiser)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is no training state of this network: {error}") from error


def read_training_state(path: Path, wanted: Architecture) -> tuple[dict[str, Any], TrainingState]:
    """A checkpoint's content, and the training state in it.

    Raises:
        ValueError: There is none, or it is of another network than ``wanted``; the text names the
            file.
    """
    content = read_checkpoint(path)
    architecture = architecture_of(content, path)
    names = [field.name for field in fields(TrainingState)]
    if architecture is None or not content.keys() >= set(names):
        raise ValueError(f"{path} is no training state of train_flow_matting")
    if architecture != wanted:
        raise ValueError(f"{path} was trained with {architecture}; asked for are {wanted}")
    state = TrainingState(**{name: content[name] for name in names})
    numbers = (state.epoch, state.steps, state.best)
    if not isinstance(state.optimiser, dict) or not all(type(n) in (int, float) for n in numbers):
        raise ValueError(f"{path} is damaged: it says {numbers} of epochs, steps and best MAD")
    return content, state
