"""From detector files of several cameras to body motion.

As a command: ``python -m workflows.motion --keypoints DIR --cameras FILE --output DIR``. As a
library: :func:`motion_workflow` returns the wired Ikomia workflow, and :func:`run_motion` runs it
and writes everything that the command writes.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflows.motion.command import main, parse_arguments
    from workflows.motion.graph import motion_workflow
    from workflows.motion.options import MotionOptions
    from workflows.motion.run import run_motion

__all__ = ["MotionOptions", "main", "motion_workflow", "parse_arguments", "run_motion"]


# Where each is. Imported when asked for: --help and graphs need no SciPy, and a command answers
# signals from its very beginning.
PLACES = {
    "MotionOptions": "options",
    "main": "command",
    "motion_workflow": "graph",
    "parse_arguments": "command",
    "run_motion": "run",
}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{PLACES[name]}"), name)
