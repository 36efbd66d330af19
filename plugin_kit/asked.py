"""Names of parameters that Ikomia passes over without a word where it makes a task.

It hands on only what :meth:`PluginParam.get_values` names. So what was asked for is looked up where
Ikomia's own Python still has it: in the frame of the call that makes the task.
"""

import inspect
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .files import load_json
from .parameters import PluginParam

logger = logging.getLogger(__name__)

MAKERS: dict[tuple[Any, str], str] = {
    ("ikomia.dataprocess.registry", "create_algorithm"): "parameters",
    ("ikomia.dataprocess.workflow", "load"): "path",
}


def check_asked(plugin: str, param: PluginParam) -> None:
    """Refuse unknown names given to ``add_task``; of those in a workflow's JSON, warn.

    Raises:
        ValueError: A name is none of the plugin's parameters.
    """
    frame = inspect.currentframe()
    while frame is not None:
        maker = (frame.f_globals.get("__name__"), frame.f_code.co_name)
        if maker in MAKERS:
            asked = frame.f_locals.get(MAKERS[maker])
            if isinstance(asked, Mapping):
                param.check_names(asked, plugin)
            elif isinstance(asked, (str, Path)):
                _warn_of_another_version(Path(asked), plugin, param)
            return
        frame = frame.f_back


def _warn_of_another_version(path: Path, plugin: str, param: PluginParam) -> None:
    tasks = [task.get("task_data", {}) for task in load_json(path).get("tasks", ())]
    saved = [
        {parameter.get("name") for parameter in task.get("parameters", ())}
        for task in tasks
        if task.get("name") == plugin
    ]
    for name, near in param.nearest(sorted(set().union(*saved))).items():
        text = "%s: %s has no parameter %r, which is left out; the nearest is %s"
        logger.warning(text, path, plugin, name, near)
    known = param.settings_class.model_fields
    missing = [name for name in known if not all(name in names for names in saved)]
    if missing:
        text = "%s: %s was saved without %s: the defaults are taken"
        logger.warning(text, path, plugin, ", ".join(missing))
