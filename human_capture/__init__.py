"""Video matting and body motion by Ikomia workflows, and the plugins that they are made of.

As a command: ``human-capture matting VIDEO --output DIR``, or ``python -m human_capture``. As a
library: what :data:`PLACES` names is imported when it is asked for. Importing this package makes
``workflows`` and the plugins (``infer_rvm``, …) importable, from the installed package or from the
checkout around it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflows.calibrate.run import run_calibration
    from workflows.matting import (
        ChainOptions,
        masks_workflow,
        matting_workflow,
        plate_workflow,
        run_cameras,
        run_chain,
    )
    from workflows.motion import MotionOptions, motion_workflow, run_motion
    from workflows.plugins import PLUGINS, load_plugin
    from workflows.saved_workflows import load_workflow, saved_workflows

__all__ = [
    "PLUGINS",
    "ChainOptions",
    "MotionOptions",
    "load_plugin",
    "load_workflow",
    "masks_workflow",
    "matting_workflow",
    "motion_workflow",
    "plate_workflow",
    "run_calibration",
    "run_cameras",
    "run_chain",
    "run_motion",
    "saved_workflows",
]

# Where each is.
PLACES = {
    "PLUGINS": "workflows.plugins",
    "load_plugin": "workflows.plugins",
    "load_workflow": "workflows.saved_workflows",
    "saved_workflows": "workflows.saved_workflows",
    "ChainOptions": "workflows.matting",
    "masks_workflow": "workflows.matting",
    "matting_workflow": "workflows.matting",
    "plate_workflow": "workflows.matting",
    "run_cameras": "workflows.matting",
    "run_chain": "workflows.matting",
    "run_calibration": "workflows.calibrate.run",
    "MotionOptions": "workflows.motion",
    "motion_workflow": "workflows.motion",
    "run_motion": "workflows.motion",
}


def suite_folder() -> Path:
    """Where ``workflows`` and the plugins lie: in the installed package, else in the checkout."""
    installed = Path(__file__).resolve().with_name("suite")
    return installed if installed.is_dir() else Path(__file__).resolve().parents[1]


def _make_importable() -> None:
    folder = suite_folder()
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    other = getattr(sys.modules.get("workflows"), "__file__", None)
    if other is not None and Path(other).resolve().parent.parent != folder:
        raise ImportError(
            f"{other} was imported as the module workflows already, which human_capture has one "
            "of too: import human_capture first, or in a process of its own"
        )


_make_importable()


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *PLACES])
