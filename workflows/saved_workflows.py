"""The workflows that are saved as Ikomia's JSON: their names, and how one is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from workflows.plugins import PLUGINS, load_plugin, new_workflow

if TYPE_CHECKING:
    from ikomia.dataprocess.workflow import Workflow

SAVED = Path(__file__).with_name("saved")


def saved_workflows() -> dict[str, Path]:
    """The file of each saved workflow by its name: ``plate``, ``matting``, ``motion`` …"""
    return {path.stem: path for path in sorted(SAVED.glob("*.json"))}


def load_workflow(name: str) -> Workflow:
    """The saved workflow ``name``, with the plugins that it is made of loaded.

    Raises:
        ValueError: There is none of that name.
    """
    saved = saved_workflows()
    if name not in saved:
        raise ValueError(f"there is no saved workflow {name}: take one of {', '.join(saved)}")
    content = json.loads(saved[name].read_text(encoding="utf-8"))
    for task in content["tasks"]:
        if task["task_data"]["name"] in PLUGINS:
            load_plugin(task["task_data"]["name"])
    workflow = new_workflow(name)
    workflow.load(str(saved[name]))
    return workflow
