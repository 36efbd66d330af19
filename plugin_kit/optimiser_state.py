"""Put an optimiser where a file says that it was, without trusting the file."""

from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from .files import FileError

# What the step itself sets, or what is no setting.
UNHELD = ("params", "lr")
ADAM_PARTS = {"step", "exp_avg", "exp_avg_sq"}


def restore_adam(
    optimiser: Optimizer, kept_state: dict[str, Any], path: Path, *, network: str, remedy: str
) -> None:
    """Load ``kept_state`` into an Adam of any kind, whose rates are set at each step anyway.

    Args:
        optimiser: Of the network's present parameters.
        kept_state: What its ``state_dict`` was.
        path: Where that was read, for the message.
        network: What the message calls the network.
        remedy: What the user can do.

    Raises:
        FileError: The state is of another optimiser or network, or damaged.
    """
    # Another version of PyTorch may have others beside these.
    own = [{k: v for k, v in g.items() if k not in UNHELD} for g in optimiser.param_groups]
    try:
        optimiser.load_state_dict(kept_state)
        for group, held in zip(optimiser.param_groups, own, strict=True):
            if any(group.get(name, value) != value for name, value in held.items()):
                raise ValueError("its optimiser has other settings")
        for parameter, kept in optimiser.state.items():
            if kept.keys() != ADAM_PARTS:
                raise ValueError(f"its optimiser holds {', '.join(kept)} of a weight")
            for name, value in kept.items():
                if value.shape not in ((), parameter.shape) or not value.isfinite().all():
                    raise ValueError(f"{name} of its optimiser does not fit")
    # What a file may hold in place of a state fails in as many ways.
    except Exception as error:
        problem = f"is no training state of {network} ({error})"
        raise FileError(path, problem, remedy) from error
