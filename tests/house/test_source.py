"""The source as a whole: one version, short files, examples that run, types that are ikomia's."""

import ast
import doctest
import importlib
import inspect
import re
from functools import reduce

import pytest

from development.tools import vendor
from development.tools.source import KIT, REPOSITORY, is_source, room_of
from tests.house.imports import FILES, module_name
from workflows.plugins import PLUGINS, load_plugin

LONGEST = 400
TYPINGS = REPOSITORY / "development" / "typings"
# Examples are run where they need nothing but the kit or an engine.
WITH_EXAMPLES = [
    module_name(path)
    for path in FILES
    if ("/" in room_of(path) or room_of(path) == KIT)
    and ">>>" in (REPOSITORY / path).read_text(encoding="utf-8")
]


def text_of(name):
    return (REPOSITORY / name).read_text(encoding="utf-8")


def project_version():
    return vendor.semantic(re.search(r'^version = "([^"]+)"', text_of("pyproject.toml"), re.M)[1])


def test_copies_and_tests_are_no_source():
    from pathlib import Path

    assert is_source(Path("infer_rvm/checkpoints.py"))
    assert is_source(Path("plugin_kit/files.py"))
    for left_out in ("infer_rvm/infer_rvm_kit/files.py", "tests/test_docs.py", "a/.venv/b.py"):
        assert not is_source(Path(left_out))
    assert room_of(Path("infer_rvm/rvm_network/stream.py")) == "infer_rvm/rvm_network"
    assert room_of(Path("infer_rvm/ports.py")) == "infer_rvm"
    assert room_of(Path("workflows/matting/run.py")) == "workflows"


def test_files_are_short():
    counts = {path.as_posix(): text_of(path).count("\n") for path in FILES}
    assert {path: lines for path, lines in counts.items() if lines > LONGEST} == {}


def test_pre_releases_are_told_as_ikomia_compares_them():
    semver = pytest.importorskip("semver")
    assert vendor.semantic("1.2.3") == "1.2.3"
    assert vendor.semantic("1.2.3rc4") == "1.2.3-rc.4"
    versions = [vendor.semantic(version) for version in ("0.1.0", "1.0.0rc1", "1.0.0rc10", "1.0.0")]
    parsed = [semver.Version.parse(version) for version in versions]
    assert parsed == sorted(parsed)


def test_the_version_stands_in_one_module():
    version = project_version()
    assert vendor.version_text() == text_of("plugin_kit/version.py")
    assert version == importlib.import_module("plugin_kit.version").VERSION
    pinned = re.compile(rf'"{re.escape(version)}"|version = "\d')
    elsewhere = [path for path in FILES if pinned.search(text_of(path))]
    assert [path.as_posix() for path in elsewhere] == ["plugin_kit/version.py"]


@pytest.mark.parametrize("name", PLUGINS)
def test_each_plugin_bears_the_version(name):
    from ikomia.dataprocess.registry import ik_registry

    load_plugin(name)
    assert ik_registry.get_algorithm_info(name).version == project_version()


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_of_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


# What reads a file, with the argument that keeps it from running code; None: not at all.
READERS = {
    "torch.load": ("weights_only", True),
    "np.load": ("allow_pickle", False),
    "pickle.load": None,
    "pickle.loads": None,
    "pd.read_pickle": None,
    "joblib.load": None,
    "yaml.load": None,
    "eval": None,
    "exec": None,
}
SAFE_BY_DEFAULT = ("np.load",)


def harmful_calls(path):
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.Call) and (called := ast.unparse(node.func)) in READERS:
            name, value = READERS[called] or ("", None)
            given = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
            is_safe = given[name] == value if name in given else called in SAFE_BY_DEFAULT
            if not is_safe:
                yield f"{path}:{node.lineno}: {ast.unparse(node)}"


def test_no_file_is_read_in_a_way_that_runs_code():
    assert [call for path in FILES for call in harmful_calls(path)] == []


def declared_in(body, prefix=""):
    """What a stub declares: dotted names, and whether each is a variable that can be set."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, False
            yield from declared_in(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield prefix + node.name, False
        elif isinstance(node, ast.Assign):
            yield prefix + node.targets[0].id, False
        elif isinstance(node, ast.AnnAssign):
            yield prefix + node.target.id, True


def is_there(module, declared, is_variable):
    *owners, name = declared.split(".")
    owner = reduce(getattr, owners, module)
    found = inspect.getattr_static(owner, name, None) if owners else getattr(owner, name, None)
    if found is None and is_variable:
        return f"self.{name} = " in inspect.getsource(owner)
    is_read_only = isinstance(found, property) and found.fset is None
    return (found is not None or hasattr(owner, name)) and not (is_variable and is_read_only)


@pytest.mark.parametrize(
    "stub", sorted(TYPINGS.rglob("*.pyi")), ids=lambda path: path.relative_to(TYPINGS).as_posix()
)
def test_stubs_declare_what_ikomia_has(stub):
    module = importlib.import_module(module_name(stub.relative_to(TYPINGS)))
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    declared = dict(declared_in(tree.body))
    assert [name for name in declared if not is_there(module, name, declared[name])] == []
