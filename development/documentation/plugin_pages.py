"""A plugin's page: its README, with parameters, ports and metadata as the code has them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Literal, get_args, get_origin

from development.documentation.markdown import cells, find_table, table
from development.documentation.places import engine_page
from development.tools.hub import metadata_of
from workflows.plugins import REPOSITORY, add_task, new_workflow

# A bound that only says how many bits a number has need not be told.
MOST = 2**31 - 1


def plugin_text(name: str) -> str:
    """The page of the plugin ``name``, in Markdown; links are those of its README.

    Raises:
        ValueError: The README has no table of parameters or outputs.
    """
    text = (REPOSITORY / name / "README.md").read_text(encoding="utf-8")
    task = add_task(new_workflow(name), name)
    ports = importlib.import_module(f"{name}.ports")
    text = _replaced(text, name, "parameter", parameter_table(name))
    outputs = find_table(text, "# | output")
    text = _replaced(text, name, "# | output", _named_ports(outputs or "", ports.Output))
    inputs = find_table(text, "# | input")
    if inputs:
        text = text.replace(inputs, _named_ports(inputs, ports.Input))
        listed = ""
    else:
        listed = f"## Inputs\n\n{input_table(task, ports.Input)}\n\n"
    code = engine_page(name).split("/", 1)[1]
    return (
        f"{text.rstrip()}\n\n{listed}## On the HUB\n\n{metadata_table(name)}\n\n"
        f"The engine's own functions and classes: [{name}](../../{code}).\n"
    )


def _replaced(text: str, name: str, head: str, new: str) -> str:
    old = find_table(text, head)
    if old is None:
        raise ValueError(f"{name}/README.md: there is no table that begins with '| {head} |'")
    return text.replace(old, new)


def parameter_table(name: str) -> str:
    """Every parameter of the plugin: its names in code and panel, default, values, meaning."""
    param = importlib.import_module(f"{name}.parameters")
    fields = param.Settings.model_fields
    rows = [
        (
            f"`{key}`<br>{field.json_schema_extra['label']}",
            "choice" if get_origin(field.annotation) is Literal else _type_name(field),
            f"`{field.default}`" if str(field.default) else "(none)",
            _values(field),
            _meaning(field),
        )
        for key, field in fields.items()
    ]
    return table(
        ("parameter, and its name in Studio", "type", "default", "values", "meaning"), rows
    )


def _type_name(field: Any) -> str:
    return getattr(field.annotation, "__name__", str(field.annotation))


def _values(field: Any) -> str:
    hints = field.json_schema_extra
    if get_origin(field.annotation) is Literal:
        words: Mapping[str, str] = hints.get("words", {})
        return ", ".join(
            f"`{choice}`" + (f" ({words[choice]})" if choice in words else "")
            for choice in map(str, get_args(field.annotation))
        )
    if field.annotation is bool:
        return "True, False"
    low = _bound(field, "ge", "") or _bound(field, "gt", "above ")
    high = _bound(field, "le", "") or _bound(field, "lt", "below ")
    return " ".join(filter(None, (" to ".join(filter(None, (low, high))), hints.get("unit", ""))))


def _bound(field: Any, kind: str, words: str) -> str:
    for mark in field.metadata:
        value = getattr(mark, kind, None)
        if value is not None and abs(value) < MOST:
            return f"{words}{value:.10g}"
    return ""


def _meaning(field: Any) -> str:
    hints = field.json_schema_extra
    told = [str(field.description)]
    if "lowest_means" in hints:
        told.append(f"the lowest value: {hints['lowest_means']}")
    if hints.get("only_if"):
        told.append(f"*only with {_conditions(hints['only_if'])}*")
    if hints.get("advanced"):
        told.append("*Advanced*")
    return "; ".join(told)


def _conditions(only_if: Mapping[str, Sequence[str]] | Sequence[Mapping[str, Any]]) -> str:
    alternatives = [only_if] if isinstance(only_if, Mapping) else only_if
    return ", or ".join(
        " and ".join(_condition(name, values) for name, values in condition.items())
        for condition in alternatives
    )


def _condition(name: str, values: Sequence[str]) -> str:
    if "*" in values:
        return f"a `{name}`"
    if list(values) == [""]:
        return f"no `{name}`"
    return f"`{name}` = {' or '.join(map(str, values))}"


def _named_ports(text: str, ports: type[IntEnum]) -> str:
    """The README's table with the port's name in code after its number."""
    head, _, *rows = (cells(line) for line in text.splitlines())
    named = [(row[0], f"`{ports(int(row[0])).name}`", *row[1:]) for row in rows]
    return table((head[0], "in code", *head[1:]), named)


def input_table(task: Any, ports: type[IntEnum]) -> str:
    """The inputs of a task of Ikomia's, by number."""
    rows = [(str(int(p)), f"`{p.name}`", type(task.get_input(p)).__name__) for p in ports]
    return table(("#", "in code", "type"), rows)


def metadata_table(name: str) -> str:
    """What the HUB is told of the plugin."""
    info = metadata_of(name)
    hardware = info.hardware_config
    rows = [
        ("version", info.version),
        ("in short", info.short_description),
        ("article", f"[{info.article}]({info.article_url}), {info.journal} {info.year}"),
        ("authors of the article", info.authors),
        ("tasks", info.algo_tasks),
        ("keywords", info.keywords.replace(",", ", ")),
        ("licence of the code", info.license),
        ("Ikomia", f"{info.min_ikomia_version} or newer"),
        (
            "hardware",
            f"{hardware.min_cpu} CPU cores, {hardware.min_ram} GB of memory; a GPU is "
            f"{'needed' if hardware.gpu_required else 'not needed'}",
        ),
    ]
    return table(("", ""), rows)
