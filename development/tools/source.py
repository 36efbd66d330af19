"""What counts as the project's source: Python that people write, without tests and copies."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
KIT = "plugin_kit"
PLUGIN_BEGINNINGS = ("infer_", "extract_", "train_")
LEFT_OUT = ("tests", "output", "dist")


def is_source(path: Path) -> bool:
    """Whether a file, given below the repository, is source: no test, no copy of the kit."""
    top, *inner = path.parts
    is_copy = len(inner) > 1 and inner[0] == f"{top}_kit"
    return top not in LEFT_OUT and not is_copy and not any(p.startswith(".") for p in path.parts)


def source_files(repository: Path = REPOSITORY) -> list[Path]:
    """Every Python file of the source, below the repository, sorted."""
    folders = [path for path in repository.iterdir() if path.is_dir() and path.name[0] != "."]
    found = (file.relative_to(repository) for top in folders for file in top.rglob("*.py"))
    return sorted(path for path in found if is_source(path))


def room_of(path: Path) -> str:
    """``infer_rvm/rvm_network`` for an engine's file, else the folder at the top."""
    top, *inner = path.parts
    is_engine = top.startswith(PLUGIN_BEGINNINGS) and len(inner) > 1
    return f"{top}/{inner[0]}" if is_engine else top
