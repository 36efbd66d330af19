"""Which module of the source imports which, read from the text, late imports included."""

import ast
from functools import cache
from pathlib import Path

from development.tools.source import KIT, PLUGIN_BEGINNINGS, REPOSITORY, source_files

FILES = source_files()
_TOPS = {path.parts[0] for path in FILES}
PLUGIN_NAMES = sorted(top for top in _TOPS if top.startswith(PLUGIN_BEGINNINGS))


def module_name(path: Path) -> str:
    """``a/b.py`` → ``a.b``, ``a/__init__.py`` → ``a``."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def as_kit(name: str) -> str:
    """The source of a plugin's copy of a kit module; other names as they are."""
    parts = name.split(".")
    is_copy = len(parts) > 1 and parts[1] == f"{parts[0]}_kit"
    return ".".join([KIT, *parts[2:]]) if is_copy else name


@cache
def statements(path: Path) -> tuple[tuple[int, str, str], ...]:
    """Each import of a file: (line, module, name that is taken from it or nothing).

    Relative imports are resolved; ``import_module`` of a literal counts as one.
    """
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(path.parent.parts)
            base = base[: len(base) - node.level + 1] if node.level else []
            module = ".".join([*base, *((node.module or "").split(".") if node.module else [])])
            found += [(node.lineno, module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and "import_module" in ast.dump(node.func):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.append((node.lineno, first.value, ""))
    return tuple(found)


@cache
def imported(name: str) -> frozenset[str]:
    """The modules of the source that ``name`` imports, copies of the kit as their source."""
    found = set()
    for _, module, taken in statements(MODULES[name]):
        inner = as_kit(f"{module}.{taken}" if taken else module)
        target = inner if inner in MODULES else as_kit(module)
        if target in MODULES and target != name:
            found.add(target)
    return frozenset(found)


@cache
def outside(name: str) -> frozenset[str]:
    """The first words of everything else that ``name`` imports."""
    return frozenset(
        module.split(".")[0]
        for _, module, _ in statements(MODULES[name])
        if as_kit(module) not in MODULES
    )


def reached(name: str) -> set[str]:
    """Everything that comes along where ``name`` is imported, itself included."""
    found, waiting = {name}, [name]
    while waiting:
        for module in imported(waiting.pop()) - found:
            found.add(module)
            waiting.append(module)
    return found


def circles() -> list[list[str]]:
    """Groups of modules that import each other, by Tarjan's algorithm."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        for other in sorted(imported(name)):
            if other not in order:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], order[other])
        if lowest[name] == order[name]:
            cut = stack.index(name)
            group = sorted(stack[cut:])
            del stack[cut:]
            if len(group) > 1:
                found.append(group)

    for name in sorted(MODULES):
        if name not in order:
            visit(name)
    return found
