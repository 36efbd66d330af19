"""The options of the commands, from their own parsers."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator
from unittest import mock

from development.documentation.markdown import section, table
from workflows.plugins import REPOSITORY

# What README.md has to say of a command beside its options.
README_PART = {
    "matting": "Your own video",
    "motion": "Your own cameras",
    "capture": "Whole captures and data sets",
    "dataset": "Whole captures and data sets",
}


class _Seen(Exception):
    """Carries a parser out of the function that builds it."""


def parser_of(command: str) -> argparse.ArgumentParser:
    """The parser of ``python -m workflows.COMMAND``, before it has parsed anything."""

    def stop(parser: argparse.ArgumentParser, *_given: object) -> None:
        raise _Seen(parser)

    parse = importlib.import_module(f"workflows.{command}.command").parse_arguments
    with mock.patch.object(argparse.ArgumentParser, "parse_args", stop):
        try:
            parse([])
        except _Seen as seen:
            return seen.args[0]
    raise ValueError(f"workflows.{command}.command parses nothing")


def command_text(command: str) -> str:
    """The page of a command, in Markdown; links are those of README.md."""
    parser = parser_of(command)
    parts = [f"# {parser.prog}", parser.description or ""]
    parts.append(f"```text\n{parser.prog} {' '.join(_needed(parser))} [OPTIONS]\n```")
    for title, rows in _groups(parser):
        parts += [f"## {title}", table(("option", "takes", "default", "meaning"), rows)]
    if parser.epilog:
        parts.append(parser.epilog)
    if command in README_PART:
        readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
        parts += ["## How it is used", section(readme, README_PART[command])]
    return "\n\n".join(parts) + "\n"


def _needed(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What a command line cannot do without, as it stands there."""
    for action in parser._actions:
        shown = str(action.metavar or action.dest)
        if not action.option_strings:
            yield {"+": f"{shown} ...", "*": f"[{shown} ...]"}.get(str(action.nargs), shown)
        elif action.required:
            yield f"{action.option_strings[-1]} {shown}"


def _groups(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    for group in parser._action_groups:
        rows = [_row(parser, action) for action in group._group_actions]
        if rows:
            yield (group.title or "Options").capitalize(), rows


def _row(parser: argparse.ArgumentParser, action: argparse.Action) -> tuple[str, ...]:
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    shown = action.metavar if isinstance(action.metavar, str) else ""
    choices = ", ".join(f"`{choice}`" for choice in action.choices or ())
    # Alternatives stand apart, so that a narrow column can break between them.
    alternatives = ", ".join(f"`{word}`" for word in shown.split("|"))
    takes = choices or (alternatives if shown and action.option_strings else "")
    if action.required and action.option_strings:
        default = "(required)"
    else:
        says = action.default is not argparse.SUPPRESS and action.nargs != 0
        default = f"`{action.default}`" if says and action.default else ""
    help_ = (action.help or "") % {**vars(action), "prog": parser.prog}
    return names or f"`{shown or action.dest}`", takes, default, help_
