"""What is not needed is neither asked for nor imported: plugins' requirements, and --help."""

import ast
import re
import subprocess
import sys

import pytest

from human_capture.command import COMMANDS
from tests.house.imports import statements
from workflows.plugins import PLUGINS, REPOSITORY

# What is there wherever Ikomia is: itself with its OpenCV 4.12, and Studio's Qt.
BESIDE = {"ikomia", "cv2", "numpy", "PyQt6"}
# What a choice alone needs; that it is missing is told with the line for pip.
EXTRAS = {
    "infer_flow_matting": {"torch", "torchvision", "pooch"},
    "infer_multiview_triangulation": {"aniposelib", "av", "numba", "pandas", "tables"},
    "infer_smpl_fit": {"torch", "smplx"},
    # Of readers of the kit, and of RAFT, which these plugins never call.
    "infer_people": {"c3d"},
    "train_flow_matting": {"torchvision"},
}
MODULES = {"tomli-w": "tomli_w"}
BUNDLED = {"mpl_toolkits": "matplotlib", "typing_extensions": "pydantic"}
BLENDER = "blender"

# Nothing of this is needed to tell the options.
HEAVY = (
    "numpy", "cv2", "torch", "torchvision", "scipy", "av", "numba", "onnxruntime", "pydantic",
    "rich", "ikomia", "matplotlib", "pandas", "pooch", "viser", "ray", "asyncio",
)  # fmt: skip
LOADED = """
import runpy, sys
sys.argv = ["command", "--help"]
try:
    runpy.run_module({module!r}, run_name="__main__")
except SystemExit as ended:
    assert not ended.code
print("loaded", *sorted({{name.split(".")[0] for name in sys.modules}} & set({heavy!r})))
"""
# Plugins whose defaults run no PyTorch.
LIGHT = (
    "extract_background", "infer_chroma_key", "infer_flow_matting", "infer_matte_fusion",
    "infer_multiview_triangulation", "infer_people", "infer_smpl_fit",
)  # fmt: skip
WITHOUT = """
import importlib, os, sys, tempfile
os.environ["HOME"] = tempfile.mkdtemp()
from importlib.machinery import PathFinder

class Without:
    @staticmethod
    def find_spec(name, path=None, target=None):
        absent = ("torch", "torchvision", "aniposelib", "jax", "smplx", "tables", "viser")
        is_absent = name.split(".")[0] in absent
        return None if is_absent else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Without if finder is PathFinder else finder for finder in sys.meta_path]
sys.path.insert(0, {repository!r})
import ikomia
from workflows.plugins import add_task, new_workflow
workflow = new_workflow("light")
for name in {plugins!r}:
    task = add_task(workflow, name)
    for _, status in importlib.import_module(f"{{name}}.{{name}}_test").test(task, {{}}):
        assert status == "OK", (name, status)
    print("ran", name)
import cv2
assert "ikomia" in cv2.__file__, cv2.__file__
import numpy as np
for values in (
    {{"mode": "network", "model_weight_file": "best.pth"}},
    {{"flow": "raft", "flow_weight_file": "raft.pth"}},
):
    task = add_task(new_workflow("flow"), "infer_flow_matting", values)
    for port in (0, 1):
        task.get_input(port).set_image(np.full((32, 32, 3), port, np.uint8))
    try:
        task.run()
    except (ImportError, RuntimeError) as error:
        print(error)
"""


def asked_for(plugin):
    text = (REPOSITORY / plugin / "requirements.txt").read_text(encoding="utf-8")
    names = {re.match(r"[\w.-]+", line).group() for line in text.splitlines()}
    return {MODULES.get(name, name) for name in names}


def foreign(plugin):
    """First words of what a plugin's files import, its kit's copies included, and from where."""
    found = {}
    for path in sorted((REPOSITORY / plugin).rglob("*.py")):
        if BLENDER in path.relative_to(REPOSITORY / plugin).parts:
            continue
        for _, module, _ in statements(path.relative_to(REPOSITORY)):
            top = module.split(".")[0]
            if top and top != plugin and top not in sys.stdlib_module_names:
                found.setdefault(BUNDLED.get(top, top), path.relative_to(REPOSITORY))
    return found


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_asks_for_what_its_defaults_need_and_no_more(plugin):
    asked, used = asked_for(plugin), foreign(plugin)
    extras = EXTRAS.get(plugin, set())
    assert asked - used.keys() - {"tensorboard"} == set(), "asked for, and used nowhere"
    assert used.keys() - asked - BESIDE - extras == set(), used
    assert not asked & extras


@pytest.mark.parametrize("plugin", sorted(EXTRAS))
def test_what_one_choice_needs_is_imported_late(plugin):
    for path in sorted((REPOSITORY / plugin).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        at_once = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in at_once for alias in node.names}
        names |= {node.module or "" for node in at_once if isinstance(node, ast.ImportFrom)}
        assert not {name.split(".")[0] for name in names} & EXTRAS[plugin], path


@pytest.mark.parametrize("plugin", [name for name in LIGHT if name in EXTRAS])
def test_no_requirement_brings_pytorch(plugin):
    assert not asked_for(plugin) & {"torch", "torchvision", "aniposelib"}


def test_light_plugins_run_without_pytorch_on_ikomias_own_opencv():
    script = WITHOUT.format(repository=str(REPOSITORY), plugins=LIGHT)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("ran ")] == [
        *LIGHT
    ]
    assert "mode=network needs torch" in done.stdout
    assert "pip install torch, or set mode=refine" in done.stdout
    assert "flow=raft needs torch" in done.stdout
    assert "set flow=dis" in done.stdout


@pytest.mark.parametrize("name", ["human_capture", *(f"workflows.{name}" for name in COMMANDS)])
def test_help_waits_for_nothing_heavy(name):
    script = LOADED.format(module=name, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("usage: ")
    assert done.stdout.splitlines()[-1] == "loaded"
