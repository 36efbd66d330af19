"""Tables that stand within written pages, each where its name stands in double braces."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path

from development.documentation.markdown import table
from infer_matte_fusion.matte_fusing import MASK_OPTIONS, WEIGHT_SETS, FusionOptions
from plugin_kit.files import load_json
from workflows.motion.report import WHAT
from workflows.plugins import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
MARK = re.compile(r"^\{\{ (\w+) \}\}$", re.M)


def motion_files() -> str:
    """What ``workflows.motion`` writes."""
    return table(("file", "holds"), [(f"`{name}`", what) for name, what in WHAT.items()])


def saved_workflows() -> str:
    """The graphs in ``workflows/saved``: their tasks, and the names of what they expose."""
    return "\n\n".join(
        _saved(path) for path in sorted((REPOSITORY / "workflows" / "saved").glob("*.json"))
    )


def fusion_constants() -> str:
    """Every constant by which two mattes are fused, for each of the sets that are used."""
    sets = {f"weights {name}": options for name, options in WEIGHT_SETS.items()}
    sets["masks as the base"] = MASK_OPTIONS
    rows = [
        (f"`{field.name}`", *(str(getattr(chosen, field.name)) for chosen in sets.values()))
        for field in fields(FusionOptions)
    ]
    return table(("constant", *sets), rows)


def examples() -> str:
    """Every numbered example: what it shows, and its code."""
    return "\n\n".join(_example(path) for path in sorted(EXAMPLES.glob("[0-9]*.py")))


INSERTIONS = {f.__name__: f for f in (motion_files, saved_workflows, fusion_constants, examples)}


def with_insertions(text: str) -> str:
    """``text`` with its marks replaced.

    Raises:
        KeyError: A mark names nothing that is known.
    """
    return MARK.sub(lambda found: INSERTIONS[found[1]](), text)


def _saved(path: Path) -> str:
    content = load_json(path)
    names = {task["task_id"]: task["task_data"]["name"] for task in content["tasks"]}
    parameters = [
        (f"`{entry['name']}`", names[entry["task_id"]], entry["description"])
        for entry in content.get("exposed_parameters", [])
    ]
    outputs = [
        (f"`{entry['description']}`", names[entry["task_id"]], str(entry["task_output_index"]))
        for entry in content.get("exposed_outputs", [])
    ]
    parts = [f"### {path.name}", "Tasks: " + ", ".join(f"`{name}`" for name in names.values())]
    if parameters:
        parts.append(table(("parameter", "of", "is"), parameters))
    if outputs:
        parts.append(table(("output", "of", "#"), outputs))
    return "\n\n".join(parts)


def _example(path: Path) -> str:
    code = path.read_text(encoding="utf-8")
    docstring = ast.parse(code).body[0]
    about = inspect.cleandoc(code.split('"""')[1])
    head, command, *more = (part.strip() for part in about.split("\n\n"))
    title = path.stem.partition("_")[2].replace("_", " ").capitalize()
    shown = "\n".join(code.splitlines()[docstring.end_lineno :]).strip()
    parts = [f"## {int(path.stem[:2])}. {title}", head, f"```sh\n{command}\n```", *more]
    return "\n\n".join([*parts, f"```python\n{shown}\n```"])
