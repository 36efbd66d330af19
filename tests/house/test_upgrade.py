"""Two plugin folders copied out of the checkout, of which one is upgraded."""

import shutil

import pytest

from tests.fresh_process import run_script
from workflows.plugins import REPOSITORY

# What Ikomia does at an upgrade: remove the folder, unpack the new one, load it.
UPGRADE = """
import importlib, os, shutil, sys
import ikomia
from ikomia.dataprocess.registry import ik_registry
from ikomia.dataprocess.workflow import Workflow
OLD, NEW = "is empty", "is vacant"
upgraded, beside = {upgraded!r}, {beside!r}
folder = os.path.join(os.environ["HOME"], "Ikomia", "Plugins", "Python", upgraded)

def fault_of(name):
    workflow = Workflow("empty")
    workflow.add_task(name=name, auto_connect=False)
    try:
        workflow.get_tasks()[-1].run()
    except Exception as error:
        return str(error), type(error)

def modules_of(name):
    return {{key: value for key, value in sys.modules.items() if key.split(".")[0] == name}}

def kit_of(name, module):
    return importlib.import_module(f"{{name}}.{{name}}_kit.{{module}}")

for name in (upgraded, beside):
    assert OLD in fault_of(name)[0], fault_of(name)
kept = modules_of(beside)
elsewhere = {{key for key in sys.modules if key.split(".")[0] not in (upgraded, beside)}}
old_kit, kit_beside = kit_of(upgraded, "ports"), kit_of(beside, "ports")
base_beside = kit_of(beside, "parameters").PluginParam
task_beside = Workflow("kept").add_task(name=beside, auto_connect=False)

shutil.rmtree(folder)
shutil.copytree({new!r}, folder)
ik_registry.load_python_algorithm(folder)

assert NEW in fault_of(upgraded)[0], "the old code runs still"
assert kit_of(upgraded, "ports") is not old_kit
assert OLD in fault_of(beside)[0]
now = modules_of(beside)
assert all(now[key] is kept[key] for key in kept), "modules beside were taken away"
assert kit_of(beside, "ports") is kit_beside
assert kit_of(beside, "parameters").PluginParam is base_beside
assert isinstance(task_beside.get_param_object(), base_beside)
assert elsewhere <= sys.modules.keys(), elsewhere - sys.modules.keys()
try:
    task_beside.run()
except ValueError as error:
    assert OLD in str(error)
"""


@pytest.fixture
def home(tmp_path):
    """Copy plugins into an empty home of Ikomia, and return its path."""

    def add(*names):
        for name in names:
            target = tmp_path / "Ikomia" / "Plugins" / "Python" / name
            shutil.copytree(REPOSITORY / name, target, ignore=without_caches)
        return tmp_path

    return add


without_caches = shutil.ignore_patterns("__pycache__")


def run(script, home):
    status, output = run_script(script, home, {"HOME": str(home), "USERPROFILE": str(home)})
    assert status == 0, output


PAIR = ("infer_rvm", "infer_background_matting")


@pytest.mark.parametrize(("upgraded", "beside"), [PAIR, PAIR[::-1]])
def test_an_upgrade_takes_new_code_and_leaves_the_neighbour_alone(
    upgraded, beside, home, tmp_path_factory
):
    new = tmp_path_factory.mktemp("new") / upgraded
    shutil.copytree(REPOSITORY / upgraded, new, ignore=without_caches)
    ports = new / f"{upgraded}_kit" / "ports.py"
    text = ports.read_text(encoding="utf-8")
    assert "is empty: it takes" in text
    ports.write_text(text.replace("is empty", "is vacant"), encoding="utf-8")
    script = UPGRADE.format(upgraded=upgraded, beside=beside, new=str(new))
    run(script, home(upgraded, beside))
