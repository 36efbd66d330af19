"""What is done with one unit, in the process of a worker: its folder appears when it is whole."""

from __future__ import annotations

import importlib
import os
import shutil
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflows.dataset.units import RECORD, Unit, record_of

# A unit's work: (unit, the folder to write into) → what it measured. Numbers are compared over all
# units; "frames" counts what was worked on.
Task = Callable[[Unit, Path], Mapping[str, Any]]

# What each task is, so that a worker imports no more than its own needs.
TASKS = {
    "keypoints": "workflows.dataset.tasks:keypoints",
    "motion": "workflows.dataset.tasks:motion",
    "matte": "workflows.dataset.tasks:matte",
    "capture": "workflows.dataset.tasks:capture",
    "empty": "workflows.dataset.work:empty",
}
DONE, ERROR, CRASH, LATE = "done", "error", "crash", "late"
PARENT_SECONDS = 1.0
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Result:
    """How the work on a unit ended.

    Attributes:
        name: The unit's.
        kind: done, error (of its data; not tried again), crash (of its process), or late.
        text: Why it failed.
        seconds: How long it took.
        measures: What the task measured.
    """

    name: str
    kind: str
    text: str = ""
    seconds: float = 0.0
    measures: Mapping[str, Any] = field(default_factory=dict)


def task_of(name: str) -> Task:
    """The function of a task.

    Raises:
        ValueError: There is none of the name.
    """
    module, _, function = TASKS.get(name, name).partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (AttributeError, ImportError, ValueError) as error:
        raise ValueError(
            f"there is no task {name!r} ({error}): take {', '.join(TASKS)}, or a function of your "
            "own as package.module:function"
        ) from error


def empty(unit: Unit, folder: Path) -> Mapping[str, Any]:
    """Nothing: what is left is what the runner itself costs."""
    return {}


def perform(
    unit: Unit, key: str, *, output: Path, staging: Path, limit: float | None = None
) -> Result:
    """Do the unit's work below ``staging``, and put its folder into ``output`` when it is whole.

    Args:
        unit, key: What is done, and what its result depends on.
        output: All units' folders.
        staging: On the same file system.
        limit: Seconds, after which the process ends itself; None for none.
    """
    folder = staging / uuid.uuid4().hex
    start = time.perf_counter()
    try:
        folder.mkdir(parents=True)
        with _ending_itself(staging / f"late-{key}", limit):
            measures = dict(task_of(unit.task)(unit, folder))
        seconds = time.perf_counter() - start
        _put_in_place(unit, key, folder, target=output / unit.name, told=(seconds, measures))
    except Exception as error:
        # Whatever a unit's data bring about costs that unit alone.
        text = f"{type(error).__name__}: {error}"
        print(traceback.format_exc(), flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        return Result(unit.name, ERROR, text[:LONGEST_TEXT], time.perf_counter() - start)
    return Result(unit.name, DONE, "", seconds, measures)


def _put_in_place(
    unit: Unit, key: str, folder: Path, *, target: Path, told: tuple[float, dict[str, Any]]
) -> None:
    seconds, measures = told
    files = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    record = {**unit.to_json(), "key": key, "seconds": round(seconds, 3), "measures": measures}
    # Late: writing JSON is all that a worker of empty units needs.
    from plugin_kit.files import write_json

    write_json(folder / RECORD, {**record, "files": files})
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and any(target.iterdir()):
        if record_of(target) is None:
            raise FileExistsError(
                f"{target} is there already and was not made by this command: remove it, or name "
                "another --output"
            )
        before = folder.with_name(f"{folder.name}-before")
        target.replace(before)
        folder.replace(target)
        shutil.rmtree(before, ignore_errors=True)
    else:
        folder.replace(target)


@contextmanager
def _ending_itself(marker: Path, limit: float | None) -> Any:
    """End this process at its time limit, and leave ``marker`` to say so."""

    def end() -> None:
        marker.touch()
        os._exit(124)

    if limit is None:
        with nullcontext():
            yield
        return
    timer = threading.Timer(limit, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def end_with_parent(parent: int) -> None:
    """End this process soon after the one that started it: nobody waits for its result then."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
