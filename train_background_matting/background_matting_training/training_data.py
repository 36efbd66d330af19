"""What a training learns from and is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..train_background_matting_kit.files import FileError
from .pool import Pool

COARSE = 4


@dataclass(frozen=True)
class Pools:
    """The same assets for full-size crops, and at a quarter of the size for the coarse network."""

    full: Pool
    small: Pool

    @classmethod
    def of(cls, full: Pool) -> Pools:
        return cls(full, full.shrunk(COARSE))


@dataclass(frozen=True)
class TrainingData:
    """Assets apart.

    Attributes:
        training: To train on.
        held_out: To judge by.
        trained_on: Names of the foregrounds (``f/...``) and backgrounds (``b/...``) of the first.
        held_out_names: The same of the second.
    """

    training: Pools
    held_out: Pool
    trained_on: list[str]
    held_out_names: list[str]

    def check_held_out(self, seen: Iterable[str], path: Path) -> None:
        """FileError where the training in ``path`` has ``seen`` what is held out now."""
        known = sorted(set(seen) & set(self.held_out_names))
        if known:
            problem = f"was trained on {len(known)} of the held-out pictures ({known[0][2:]})"
            remedy = "set seed and validation_share as they were, or train anew with resume=False"
            raise FileError(path, problem, remedy)
