"""What a training came to: figures on held-out pictures, before and after."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..train_background_matting_kit.files import FileError
from .training import STATE, WEIGHTS, Trainer
from .training_state import read_training_state

SCORES = ("mad", "mse", "grad", "boundary", "coarse")


def check_resumable(folder: Path, backbone: str, resume: bool) -> None:
    """Look before long work at what an earlier training left in ``folder``.

    Raises:
        FileNotFoundError: There is nothing to resume from.
        FileError: That is of another network or damaged; or a new training would replace it.
    """
    path = folder / STATE
    if resume:
        read_training_state(path, backbone)
    elif path.exists():
        remedy = "go on with it (resume=True), or name another output_folder"
        raise FileError(path, "is there from an earlier training", remedy)


def training_report(trainer: Trainer, is_done: bool) -> dict[str, Any]:
    """The report as JSON holds it.

    ``before`` and ``best`` are means over the same held-out pictures; ``weights`` is of ``best``.
    """
    history = trainer.history
    before, best = history[0], min(history, key=lambda entry: entry["mad"])
    data = trainer.data
    return {
        "finished": is_done,
        "steps": trainer.step,
        "before": {name: before[name] for name in SCORES},
        "best": {name: best[name] for name in ("step", *SCORES)},
        "weights": str(trainer.folder / WEIGHTS),
        "held_out_pictures": len(trainer.held_out),
        "held_out": data.held_out_names,
        "trained_on": data.trained_on,
        "options": asdict(trainer.options),
        "history": history,
    }
