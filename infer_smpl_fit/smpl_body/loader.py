"""Load a body: the built-in one or the user's SMPL, SMPL-H or SMPL-X file."""

from __future__ import annotations

from pathlib import Path

from infer_smpl_fit.smpl_body.builtin import builtin_body
from infer_smpl_fit.smpl_body.model import BodyModel


def load_body(path: str | Path | None, gender: str = "neutral") -> BodyModel:
    """The body at `path`; None is the built-in body."""
    if path is None:
        return builtin_body()
    raise NotImplementedError("only the built-in body can be loaded yet")
