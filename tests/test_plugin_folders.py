"""Every plugin folder alone: what the HUB expects, in an empty directory and a fresh process."""

import importlib
import os
import re
import shutil
import subprocess
import sys

import pytest

from workflows.plugins import REPOSITORY

PLUGINS = {
    "infer_rvm": "InferRvm",
    "extract_background": "ExtractBackground",
    "infer_background_matting": "InferBackgroundMatting",
    "infer_flow_matting": "InferFlowMatting",
    "train_flow_matting": "TrainFlowMatting",
}
FILES = (
    "__init__.py",
    "{name}.py",
    "{name}_process.py",
    "{name}_widget.py",
    "{name}_test.py",
    "requirements.txt",
    "README.md",
    "LICENSE",
    "images/icon.png",
)
SECTIONS = (":rocket:", ":sunny:", ":pencil:", ":mag:", ":fast_forward:")

ALONE = """
import sys
sys.path.insert(0, {parent!r})
from ikomia.dataprocess.registry import ik_registry
from ikomia.dataprocess.workflow import Workflow
ik_registry.load_python_algorithm({folder!r})
assert {name!r} in ik_registry.get_algorithms()
task = Workflow("alone").add_task(name={name!r})
assert task.get_parameters()
import {name}
assert {name}.__file__.startswith({parent!r}), {name}.__file__
{run}
"""

RUN_HUB_TEST = """
import importlib
test = importlib.import_module("{name}.{name}_test").test
for _, status in test(task, {{}}):
    assert status == "OK", status
"""


@pytest.mark.parametrize("name", PLUGINS)
def test_folder_holds_what_the_hub_expects(name):
    for file in FILES:
        assert (REPOSITORY / name / file.format(name=name)).is_file(), file
    readme = (REPOSITORY / name / "README.md").read_text(encoding="utf-8")
    assert [s for s in SECTIONS if s not in readme] == []


@pytest.mark.parametrize("name", PLUGINS)
def test_every_parameter_stands_in_the_readme(name):
    settings = importlib.import_module(f"{name}.parameters").Settings
    readme = (REPOSITORY / name / "README.md").read_text(encoding="utf-8")
    assert [key for key in settings.model_fields if f"`{key}`" not in readme] == []


@pytest.mark.parametrize("name", PLUGINS)
def test_defaults_survive_ikomias_code_generation(name):
    module = importlib.import_module(f"{name}.parameters")
    for value in getattr(module, f"{PLUGINS[name]}Param")().get_values().values():
        assert re.fullmatch(r"[A-Za-z0-9_.,+\-/ ]*", value)


@pytest.mark.parametrize("name", PLUGINS)
def test_folder_works_alone(name, tmp_path):
    parent = tmp_path / "plugins"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / name, parent / name, ignore=ignore)
    # The official weights of RVM cannot be taken for granted, so its own check is not run here.
    run = "" if name == "infer_rvm" else RUN_HUB_TEST.format(name=name)
    script = ALONE.format(parent=str(parent), folder=str(parent / name), name=name, run=run)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**environment, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
