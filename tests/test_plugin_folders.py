"""Every plugin folder: what the HUB expects of it; ``test_hub.py`` tries each one alone."""

import importlib
import re

import pytest

from development.tools.hub import FILES
from workflows.plugins import PLUGINS, REPOSITORY

SECTIONS = (":rocket:", ":sunny:", ":pencil:", ":mag:", ":fast_forward:")


def test_every_plugin_is_found():
    assert {"infer_rvm", "extract_background", "infer_background_matting"} <= set(PLUGINS)
    assert PLUGINS["infer_smpl_fit"] == "InferSmplFit"


@pytest.mark.parametrize("name", PLUGINS)
def test_folder_holds_what_the_hub_expects(name):
    if not (REPOSITORY / name / "README.md").is_file():
        pytest.skip("this plugin is not finished: it has no README")
    for file in FILES:
        assert (REPOSITORY / name / file.format(name=name)).is_file(), file
    readme = (REPOSITORY / name / "README.md").read_text(encoding="utf-8")
    assert [s for s in SECTIONS if s not in readme] == []


@pytest.mark.parametrize("name", PLUGINS)
def test_defaults_survive_ikomias_code_generation(name):
    module = importlib.import_module(f"{name}.parameters")
    for value in getattr(module, f"{PLUGINS[name]}Param")().get_values().values():
        assert re.fullmatch(r"[A-Za-z0-9_.,+\-/ ]*", value)


@pytest.mark.parametrize("name", PLUGINS)
def test_sub_packages_cannot_take_other_modules_with_them(name):
    """Ikomia drops every loaded module whose name holds that of a sub-package, on a reload."""
    packages = [p.parent.name for p in (REPOSITORY / name).glob("*/__init__.py")]
    assert [p for p in packages if p in ("utils", "core", "model", "models", "data", "io")] == []


def test_openmp_is_handled_alike_everywhere():
    """A package imports nothing of its neighbours, so they hold this file as copies."""
    files = [REPOSITORY / name / f"{name}_kit" / "device.py" for name in PLUGINS]
    copies = [file.read_bytes() for file in files if file.is_file()]
    assert len(copies) > 1
    assert len(set(copies)) == 1


def test_plugins_and_project_ask_for_the_same_versions():
    pyproject = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    told = set(re.findall(r'^    "([^"]+)",$', pyproject, re.M))
    names = {re.match(r"[\w-]+", line).group() for line in told}
    for path in REPOSITORY.glob("*/requirements.txt"):
        for line in path.read_text(encoding="utf-8").replace('"', "'").splitlines():
            if re.match(r"[\w-]+", line).group() in names:
                assert line in told, f"{path}: {line} differs from pyproject.toml"
