"""What each plugin's requirements take on the disk, beyond Ikomia itself.

``python -m development.tools.weigh [PLUGIN …]`` makes an environment with Ikomia alone, then one a
plugin with its ``requirements.txt`` as well, and prints a table in Markdown. ``--readme`` also runs
the examples of the plugin's README there, with the plugin alone in an empty home of Ikomia, as
``tests/test_hub.py`` does. It downloads what uv's cache has not: several GB for plugins that ask
for PyTorch. ``UV_TORCH_BACKEND=cpu`` weighs them with PyTorch for CPUs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from development.tools.source import REPOSITORY
from workflows.plugins import PLUGINS

UV = [sys.executable, "-m", "uv"]
# What the examples of a README put before the plugin has requirements too.
NEIGHBOURS = {"infer_flow_matting": "infer_rvm"}


@dataclass(frozen=True)
class Weighed:
    """An environment: bytes of its files, and the size of each installed package by its name."""

    total: int
    packages: dict[str, int]


def new_environment(folder: Path, *install: str) -> Path:
    """An environment with these packages (arguments of ``uv pip install``); its Python.

    Raises:
        subprocess.CalledProcessError: It cannot be made.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run([*UV, "venv", "--quiet", "--python", version, str(folder)], check=True)
    command = [*UV, "pip", "install", "--quiet", "--python", str(folder), *install]
    subprocess.run(command, check=True)
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def weigh(python: Path) -> Weighed:
    """Measure what an environment holds; files that belong to no package count in the total."""
    program = (
        "import importlib.metadata as m, json; print(json.dumps({d.name: sum(p.stat().st_size "
        "for p in map(d.locate_file, d.files or ()) if p.is_file()) for d in m.distributions()}))"
    )
    told = subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=True)
    files = (path for path in python.parents[1].rglob("*") if path.is_file())
    total = sum(path.stat().st_size for path in files if not path.is_symlink())
    return Weighed(total, json.loads(told.stdout))


def row_of(plugin: str, alone: Weighed, base: Weighed) -> str:
    """The table's row: megabytes beyond Ikomia, and the largest packages that make them."""
    new = {name: size for name, size in alone.packages.items() if name not in base.packages}
    largest = sorted(new, key=lambda name: -new[name])[:4]
    told = ", ".join(f"{name} {new[name] / 1e6:.0f}" for name in largest) or "nothing"
    beyond = max(0, alone.total - base.total)
    return f"| `{plugin}` | {beyond / 1e6:.0f} | {len(new)} | {told} |"


def run_readme(plugin: str, python: Path) -> bool:
    """Run the README's examples by that Python, the plugin alone beside Ikomia; whether all ran."""
    command = [sys.executable, "-m", "pytest", "tests/test_hub.py"]
    command += ["-k", f"works_alone and {plugin}", "-p", "no:cacheprovider"]
    known = {**os.environ, "PLUGIN_PYTHON": str(python)}
    return not subprocess.run(command, cwd=REPOSITORY, env=known).returncode


def requirements_of(plugin: str) -> tuple[str, str]:
    """The arguments of ``uv pip install`` for the plugin's requirements."""
    return ("--requirements", str(REPOSITORY / plugin / "requirements.txt"))


def weigh_plugins(plugins: Sequence[str], folder: Path, has_readme: bool) -> int:
    """Print the table's rows as they come; 1 where a README's example failed."""
    base = weigh(new_environment(folder / "ikomia", "ikomia"))
    count = len(base.packages)
    print(f"Ikomia alone: {base.total / 1e6:.0f} MB, {count} packages, in {sys.platform}\n")
    print("| plugin | MB beyond Ikomia | packages | largest, MB |", "|---|---|---|---|", sep="\n")
    failed = []
    for plugin in plugins:
        python = new_environment(folder / plugin, "ikomia", *requirements_of(plugin))
        print(row_of(plugin, weigh(python), base), flush=True)
        if has_readme:
            if plugin in NEIGHBOURS:
                beside = requirements_of(NEIGHBOURS[plugin])
                subprocess.run([*UV, "pip", "install", "--python", python, *beside], check=True)
            failed += [] if run_readme(plugin, python) else [plugin]
    print(*(f"the README of {plugin} failed" for plugin in failed), sep="\n")
    return int(bool(failed))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("plugins", nargs="*", metavar="PLUGIN", help=", ".join(PLUGINS))
    parser.add_argument("--readme", action="store_true", help="run the READMEs' examples too")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.plugins) - set(PLUGINS))
    if unknown:
        parser.error(f"no such plugin: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="weigh-") as folder:
        return weigh_plugins(given.plugins or list(PLUGINS), Path(folder), given.readme)


if __name__ == "__main__":
    sys.exit(main())
