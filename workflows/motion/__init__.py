"""From detector files of several cameras to body motion.

As a command: ``python -m workflows.motion --keypoints DIR --cameras FILE --output DIR``. As a
library: :func:`motion_workflow` returns the wired Ikomia workflow, and :func:`run_motion` runs it
and writes everything that the command writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows.motion.command import main, parse_arguments
from workflows.motion.graph import motion_workflow
from workflows.motion.options import MotionOptions

if TYPE_CHECKING:
    from workflows.motion.run import run_motion

__all__ = ["MotionOptions", "main", "motion_workflow", "parse_arguments", "run_motion"]


def __getattr__(name: str) -> Any:
    if name != "run_motion":
        raise AttributeError(f"module {__name__} has no attribute {name}")
    # It takes SciPy and OpenCV, for which neither --help nor a graph should wait.
    from workflows.motion.run import run_motion

    return run_motion
