"""The copies of the kit: those in the plugins are what the kit is, and how they are written."""

import re

import pytest

from development.tools import vendor
from development.tools.source import PLUGIN_BEGINNINGS, REPOSITORY

PLUGINS = sorted(
    path.parent.name
    for path in REPOSITORY.glob("*/requirements.txt")
    if path.parent.name.startswith(PLUGIN_BEGINNINGS)
)
KIT = {
    "__init__.py": '"""Shared."""\n',
    "plain.py": "VALUE = 1\n",
    "user.py": "from .plain import VALUE\n",
    "late.py": "def late():\n    from . import plain\n    return plain\n",
    "deep/__init__.py": "from .inner import x\n",
    "deep/inner.py": "from ..plain import VALUE as x\n",
    "deep/other.py": "import json\n",
}


def write(folder, texts):
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def kit(tmp_path):
    return write(tmp_path / "some_kit", KIT)


@pytest.fixture
def plugin(tmp_path):
    return write(tmp_path / "infer_x", {"kit.txt": "user\n", "infer_x.py": ""})


def names_of(files):
    return [file.as_posix() for file in files]


@pytest.mark.parametrize("name", PLUGINS)
def test_each_plugin_holds_the_kit_as_it_is(name):
    folder = REPOSITORY / name
    assert (folder / vendor.LIST).is_file(), f"{name} names nothing of the kit"
    assert vendor.outdated(folder) == []


@pytest.mark.parametrize("name", PLUGINS)
def test_each_plugin_lists_what_it_imports_of_the_kit(name):
    folder = REPOSITORY / name
    listed = (folder / vendor.LIST).read_text(encoding="utf-8").split()
    assert listed == sorted(set(listed))
    used = set()
    for path in folder.rglob("*.py"):
        if f"{name}_kit" not in path.relative_to(folder).parts[0]:
            text = path.read_text(encoding="utf-8")
            used |= set(re.findall(rf"{name}_kit\.(\w+)", text))
            used |= set(re.findall(rf"from \.*{name}_kit import (\w+)", text))
    assert {entry.split(".")[0] for entry in listed} == used


def test_the_whole_checkout_is_up_to_date(capsys):
    assert vendor.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (["plain"], ["plain.py"]),
        (["user"], ["plain.py", "user.py"]),
        (["late"], ["late.py", "plain.py"]),
        (["deep.other"], ["deep/__init__.py", "deep/inner.py", "deep/other.py", "plain.py"]),
        (["deep"], ["deep/__init__.py", "deep/inner.py", "deep/other.py", "plain.py"]),
        ([], []),
    ],
)
def test_what_a_module_needs_comes_along(kit, listed, expected):
    found = names_of(vendor.wanted_files(listed, kit))
    assert found == sorted([*expected, "__init__.py"])


def test_an_unknown_module_is_refused(kit):
    with pytest.raises(ValueError, match="some_kit has no module nothing"):
        vendor.wanted_files(["nothing"], kit)


def test_the_copies_are_marked_and_equal(kit, plugin):
    vendor.vendor(plugin, kit)
    copies = {
        path.relative_to(plugin / "infer_x_kit").as_posix(): path.read_text(encoding="utf-8")
        for path in (plugin / "infer_x_kit").rglob("*.py")
    }
    assert set(copies) == {"__init__.py", "plain.py", "user.py"}
    for name, text in copies.items():
        first, rest = text.split("\n", 1)
        assert first.startswith("# Generated") and f"some_kit/{name}" in first
        assert rest == KIT[name]
    assert vendor.outdated(plugin, kit) == []


def test_what_differs_is_missing_or_strange_is_found_and_mended(kit, plugin):
    vendor.vendor(plugin, kit)
    copies = plugin / "infer_x_kit"
    (copies / "plain.py").write_text("VALUE = 2\n")
    (copies / "user.py").unlink()
    (copies / "strange.py").write_text("")
    wrong = names_of(path.relative_to(copies) for path in vendor.outdated(plugin, kit))
    assert wrong == ["plain.py", "strange.py", "user.py"]
    vendor.vendor(plugin, kit)
    assert vendor.outdated(plugin, kit) == []
    assert not (copies / "strange.py").exists()


def test_a_plugin_that_wants_nothing_has_no_copies(kit, plugin):
    vendor.vendor(plugin, kit)
    (plugin / "kit.txt").unlink()
    assert vendor.generated(plugin, kit) == {}
    vendor.vendor(plugin, kit)
    assert not (plugin / "infer_x_kit").exists()
    assert names_of(plugin.iterdir()) == [(plugin / "infer_x.py").as_posix()]


def test_a_stale_copy_fails_the_check(kit, plugin, monkeypatch, capsys):
    write(plugin.parent, {"pyproject.toml": 'version = "1.2.3"\n'})
    write(kit, {"version.py": 'VERSION = "1.2.3"\n'})
    monkeypatch.setattr(vendor, "REPOSITORY", plugin.parent)
    monkeypatch.setattr(vendor, "KIT", kit)
    for function in (vendor.outdated, vendor.vendor, vendor.generated, vendor.wanted_files):
        monkeypatch.setattr(function, "__defaults__", (kit,))
    assert vendor.main(["--check"]) == 1
    assert "infer_x/infer_x_kit/user.py is out of date" in capsys.readouterr().err
    assert vendor.main([]) == 0 and vendor.main(["--check"]) == 0
    write(plugin.parent, {"pyproject.toml": 'version = "1.3.0"\n'})
    assert vendor.main(["--check"]) == 1
    assert vendor.main([]) == 0
    assert 'VERSION = "1.3.0"' in (kit / "version.py").read_text()


def test_version_and_address_come_from_the_project():
    project = '[project]\nversion = "2.0.0rc3"\n[project.urls]\nRepository = "https://a.org/b"\n'
    text = '"""Words."""\n\nVERSION = "1.0.0"\nREPOSITORY = ""\n'
    told = '"""Words."""\n\nVERSION = "2.0.0-rc.3"\nREPOSITORY = "https://a.org/b"\n'
    assert vendor.version_text_of(project, text) == told
    assert vendor.version_text_of('version = "1.0.0"', told) == text
    with pytest.raises(ValueError, match="states no version"):
        vendor.version_text_of("", text)
