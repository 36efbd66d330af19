"""Find and load the plugins of this checkout: the one place that knows where they lie."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflows.interruption import insisting

if TYPE_CHECKING:
    from ikomia.dataprocess.workflow import Workflow

logger = logging.getLogger(__name__)

REPOSITORY = Path(__file__).resolve().parents[1]

# Every plugin of the checkout, and what the names of its classes begin with.
PLUGINS = {
    folder.name: folder.name.title().replace("_", "")
    for folder in sorted(REPOSITORY.iterdir())
    if (folder / f"{folder.name}_process.py").is_file()
}

os.environ.setdefault("IKOMIA_AUTO_COMPLETION", "0")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def load_plugin(name: str) -> None:
    """Register the plugin ``name`` of this checkout with Ikomia, once a process.

    A second load would purge modules whose names contain the plugin's sub-packages, so a name
    that is registered already is left alone.

    Raises:
        FileNotFoundError: There is no plugin folder of that name.
        RuntimeError: The folder was loaded but registered nothing.
    """
    ensure_home()
    from ikomia.dataprocess.registry import ik_registry

    if name in ik_registry.get_algorithms():
        return
    folder = REPOSITORY / name
    if not (folder / f"{name}.py").is_file():
        raise FileNotFoundError(f"{folder} is not a plugin folder: it has no {name}.py")
    if str(REPOSITORY) not in sys.path:
        sys.path.insert(0, str(REPOSITORY))
    ik_registry.load_python_algorithm(str(folder))
    if name not in ik_registry.get_algorithms():
        raise RuntimeError(f"Ikomia loaded {folder} but registered no algorithm named {name}")


def new_workflow(name: str) -> Workflow:
    """An Ikomia workflow without tasks."""
    ensure_home()
    # Ikomia takes longer to load than the commands' --help.
    from ikomia.dataprocess.workflow import Workflow

    return Workflow(name)


def add_task(workflow: Workflow, name: str, parameters: Mapping[str, object] = {}) -> Any:
    """Load the plugin ``name`` and add its task to ``workflow``, unconnected."""
    load_plugin(name)
    values = {key: str(value) for key, value in parameters.items()}
    return workflow.add_task(name=name, params=values, auto_connect=False)


def task_of(workflow: Workflow, name: str) -> Any:
    """The task ``name`` of ``workflow``."""
    return workflow.find_task(name, 0)


def plain_reason(text: str) -> str:
    """An error's text without what Ikomia wraps it in: classes, lines of the stack, its code."""
    while True:
        head, found, rest = text.partition("'>: ")
        if not found or "<class" not in head:
            break
        text = rest
    return text.split(":   File ")[0].split(" (Code ")[0].strip()


def run_workflow(workflow: Workflow) -> None:
    """Run it, and let the reason of a failure stand first: Ikomia wraps it in its own words.

    Raises:
        RuntimeError: A task failed; the text holds the reason.
        KeyboardInterrupt: The process was interrupted, which Ikomia may make something else of.
    """
    try:
        with insisting():
            workflow.run()
    except RuntimeError as error:
        raise RuntimeError(plain_reason(str(error))) from error


def ensure_home() -> None:
    """Where no home can be written, give Ikomia, which cannot do without, one that is temporary."""
    if "ikomia" in sys.modules:
        return
    try:
        home = Path.home()
        (home / "Ikomia").mkdir(parents=True, exist_ok=True)
        if os.access(home / "Ikomia", os.W_OK):
            return
    except (OSError, RuntimeError):
        home = Path(os.environ.get("HOME", ""))
    folder = tempfile.mkdtemp(prefix="ikomia-home-")
    logger.warning("the home folder %s cannot be written: %s is used instead", home, folder)
    # Weights that were fetched before are still found.
    os.environ.setdefault("XDG_CACHE_HOME", str(home / ".cache"))
    os.environ["HOME"] = os.environ["USERPROFILE"] = folder


def quiet_ikomia() -> None:
    """Leave out the line that Ikomia logs for each frame."""
    ensure_home()
    import ikomia  # noqa: F401  (it sets its loggers' levels on import)

    for name in list(logging.root.manager.loggerDict):
        if name.startswith("ikomia"):
            logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("ikomia").setLevel(logging.WARNING)
