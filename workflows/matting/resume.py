"""Which results are there already: made of the same inputs, by the same options, and whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from plugin_kit.files import load_json
from plugin_kit.version import VERSION
from workflows.matting.options import ChainOptions
from workflows.output_folder import REPORT

# What changes nothing in the results.
INDIFFERENT = ("output", "quiet", "device", "engine")


def made_by(options: ChainOptions) -> dict[str, Any]:
    """What results depend on: the version, the options, and the files that they name.

    A file is known by its size and the time of its last change, a folder by those of its files.
    """
    values = {each.name: getattr(options, each.name) for each in fields(options)}
    kept = {name: value for name, value in values.items() if name not in INDIFFERENT}
    named = {name: Path(value) for name, value in kept.items() if isinstance(value, (str, Path))}
    return {
        "version": VERSION,
        "options": {n: str(v) if isinstance(v, Path) else v for n, v in kept.items()},
        "inputs": {name: _stamp(path) for name, path in named.items() if path.exists()},
    }


def earlier_result(options: ChainOptions) -> dict[str, Any] | None:
    """The report of a run that made the same, all of whose files are as it left them; or None."""
    try:
        report = load_json(options.output / REPORT)
        same = report["made_by"] == json.loads(json.dumps(made_by(options)))
        sizes: Mapping[str, int] = report["sizes"]
        whole = sizes and all(size_of(options.output / n) == size for n, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return report if same and whole else None


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder; -1 where there is none."""
    if path.is_dir():
        return sum(each.stat().st_size for each in path.iterdir() if each.is_file())
    return path.stat().st_size if path.is_file() else -1


def _stamp(path: Path) -> dict[str, int]:
    files = [each for each in path.iterdir() if each.is_file()] if path.is_dir() else [path]
    changed = [each.stat().st_mtime_ns for each in files]
    return {"files": len(files), "bytes": size_of(path), "changed": max(changed, default=0)}
