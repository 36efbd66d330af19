"""The matting chain: a video goes in, the same video before a new background comes out.

As a command: ``python -m workflows.matting VIDEO --output DIR``. As a library:
:func:`plate_workflow` and :func:`matting_workflow` return the two wired Ikomia workflows,
:func:`run_chain` runs both over a video, and :func:`run_cameras` makes masks and plates of a
folder of cameras.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflows.matting.cameras import run_cameras
    from workflows.matting.command import main, parse_arguments
    from workflows.matting.graph import masks_workflow, matting_workflow, plate_workflow
    from workflows.matting.options import ChainOptions
    from workflows.matting.run import run_chain

__all__ = [
    "ChainOptions",
    "main",
    "masks_workflow",
    "matting_workflow",
    "parse_arguments",
    "plate_workflow",
    "run_cameras",
    "run_chain",
]

# Where each is. Imported when asked for: --help and graphs need no PyTorch, and a command answers
# signals from its very beginning.
PLACES = {
    "ChainOptions": "options",
    "main": "command",
    "masks_workflow": "graph",
    "matting_workflow": "graph",
    "parse_arguments": "command",
    "plate_workflow": "graph",
    "run_cameras": "cameras",
    "run_chain": "run",
}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{PLACES[name]}"), name)
