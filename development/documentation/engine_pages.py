"""The engines' public functions and classes, for mkdocstrings to describe from the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from workflows.plugins import REPOSITORY

# Not for callers: copies of the kit, pictures, what runs inside another program.
NO_ENGINES = ("images", "weights", "blender")


def engines_of(name: str) -> list[Path]:
    """The sub-packages of the plugin ``name`` that do its work."""
    return [
        path.parent
        for path in sorted((REPOSITORY / name).glob("*/__init__.py"))
        if not path.parent.name.endswith("_kit") and path.parent.name not in NO_ENGINES
    ]


def public_names(package: Path) -> Iterator[tuple[str, Path]]:
    """The functions and classes that the package hands out, and the file that defines each."""
    for node in _parsed(package / "__init__.py").body:
        if isinstance(node, ast.ImportFrom) and node.module and node.level:
            beside = [package, *package.parents][node.level - 1]
            source = beside.joinpath(*node.module.split("."))
            defined = (
                dict(public_names(source)) if source.is_dir() else _own(source.with_suffix(".py"))
            )
            yield from ((n.name, defined[n.name]) for n in node.names if n.name in defined)
    yield from _own(package / "__init__.py").items()


def _own(file: Path) -> dict[str, Path]:
    kinds = (ast.ClassDef, ast.FunctionDef)
    found = [node.name for node in _parsed(file).body if isinstance(node, kinds)]
    return {name: file for name in found if name[0] != "_"}


def engine_text(name: str) -> str:
    """The page of a plugin's engines, in Markdown with mkdocstrings' directives."""
    parts = [f"# Engine of {name}", "NumPy or PyTorch in and out; no Ikomia."]
    for package in engines_of(name):
        dotted = ".".join(package.relative_to(REPOSITORY).parts)
        about = ast.get_docstring(_parsed(package / "__init__.py")) or ""
        parts += [f"## {dotted}", about]
        parts += [f"::: {path}" for path in sorted(_dotted_names(package), key=_classes_last)]
    return "\n\n".join(parts) + "\n"


def _dotted_names(package: Path) -> Iterator[str]:
    for name, file in public_names(package):
        module = file.relative_to(REPOSITORY).with_suffix("").parts
        yield ".".join((*module[: -1 if module[-1] == "__init__" else None], name))


def _classes_last(path: str) -> tuple[bool, str]:
    name = path.rpartition(".")[2]
    return name[0].isupper(), name


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
