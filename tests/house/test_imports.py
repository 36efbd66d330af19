"""Who may import whom: the rules by which each plugin stands alone and nothing points upwards."""

import ast

import pytest

from development.tools.source import KIT, REPOSITORY, room_of
from tests.house.imports import (
    FILES,
    MODULES,
    PLUGIN_NAMES,
    circles,
    imported,
    outside,
    reached,
    statements,
)

WORKFLOWS = "workflows"
OUTSIDE_OF_PRODUCT = ("development", "examples", "tests", "benchmarks", "training")
CHAINS = ("matting", "motion")
TOPS = {name.split(".")[0] for name in MODULES}


def top_of(name):
    return name.split(".")[0]


def engine_of(name):
    """``infer_rvm.rvm_network`` for a module of this engine, else nothing."""
    room = room_of(MODULES[name])
    return room.replace("/", ".") if "/" in room else ""


def modules_of(top):
    return [name for name in MODULES if top_of(name) == top]


def test_the_source_is_found():
    assert {"plugin_kit.files", "infer_rvm.rvm_network.stream", "workflows.plugins"} <= set(MODULES)
    assert "infer_rvm.infer_rvm_kit.files" not in MODULES
    assert "plugin_kit.pictures" in imported("plugin_kit.picture_files")
    assert "plugin_kit.pictures" in imported("infer_rvm.parameters")


def test_the_kit_imports_itself_only_and_relatively():
    tops = TOPS | {"tests"}
    for name in modules_of(KIT):
        tree = ast.parse((REPOSITORY / MODULES[name]).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert not {top_of(alias.name) for alias in node.names} & tops, name
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert top_of(node.module or "") not in tops, name
        assert all(top_of(other) == KIT for other in imported(name)), name


@pytest.mark.parametrize("plugin", PLUGIN_NAMES)
def test_a_plugin_imports_itself_and_its_kit_only(plugin):
    tops = TOPS | {"tests"}
    for name in modules_of(plugin):
        for line, module, _ in statements(MODULES[name]):
            assert top_of(module) not in tops - {plugin}, f"{MODULES[name]}:{line}: {module}"


ENGINES = sorted({engine_of(name) for name in MODULES} - {""})


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_knows_no_ikomia(engine):
    for name in MODULES:
        if engine_of(name) == engine:
            for other in reached(name):
                assert "ikomia" not in outside(other), f"{name} brings {other} along"


def test_product_code_knows_nothing_of_the_development():
    for name in MODULES:
        if top_of(name) not in OUTSIDE_OF_PRODUCT:
            for line, module, _ in statements(MODULES[name]):
                assert top_of(module) not in OUTSIDE_OF_PRODUCT, f"{MODULES[name]}:{line}"


@pytest.mark.parametrize("chain", CHAINS)
def test_a_graph_wires_and_never_runs(chain):
    name = f"{WORKFLOWS}.{chain}.graph"
    assert name in MODULES
    last_words = {other.rsplit(".", 1)[-1] for other in reached(name)}
    assert not last_words & {"run", "__main__"}
    tree = ast.parse((REPOSITORY / MODULES[name]).read_text(encoding="utf-8"))
    calls = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"run", "run_on"}


@pytest.mark.parametrize("chain", CHAINS)
def test_running_needs_no_command_line(chain):
    name = f"{WORKFLOWS}.{chain}.run"
    assert name in MODULES
    assert f"{WORKFLOWS}.{chain}.graph" in reached(name)


def test_nothing_imports_a_command():
    for name in MODULES:
        assert not [other for other in imported(name) if other.endswith("__main__")], name


def test_no_circle_among_the_modules():
    assert circles() == []


def test_no_private_name_is_imported():
    private = [
        f"{path}:{line}: {taken}"
        for path in FILES
        for line, module, taken in statements(path)
        if taken.startswith("_") and not taken.startswith("__") and top_of(module) in TOPS
    ]
    assert private == []
