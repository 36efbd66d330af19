"""Every package alone: unpacked into an empty Ikomia home, in a process that knows no checkout.

Each of its modules can be imported there, its panel opens, and its README's examples run.
"""

import importlib
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from development.tools.hub import (
    DATA,
    faults_of,
    metadata_of,
    package_files,
    report_lines,
    write_package,
)
from tests.detection_plugin import write_detection
from tests.fresh_process import run_script
from tests.house.test_light import EXTRAS
from tests.readme_inputs import (
    write_assets,
    write_cameras,
    write_capture,
    write_clips,
    write_motion,
    write_pictures,
)
from workflows.plugins import PLUGINS, REPOSITORY

# Networks whose weights would have to be fetched get untrained ones, under the official names.
STAND_INS = {
    "infer_rvm": """
from infer_rvm.rvm_network import MattingNetwork
torch.save(MattingNetwork("mobilenetv3", "deep_guided_filter").state_dict(), "rvm_mobilenetv3.pth")
""",
    "infer_background_matting": """
from infer_background_matting.bgm_network import MattingRefine
torch.save(MattingRefine("mobilenetv2").state_dict(), "pytorch_mobilenetv2.pth")
""",
    # Small crops, since one of 473 pixels takes seconds; and a Mask R-CNN that sees nobody.
    "infer_human_parsing": """
from infer_human_parsing.human_parsing_pipeline import HumanParser
from infer_human_parsing.infer_human_parsing_process import InferHumanParsing
from infer_human_parsing.infer_human_parsing_test import write_checkpoint
write_checkpoint("exp_schp_multi_cihp_local.pth", 20)
HumanParser.input_size = 65
InferHumanParsing._person_detector = lambda self: lambda image: []
""",
}
# What a README's examples put before the plugin.
NEIGHBOURS = {"infer_flow_matting": "infer_rvm"}
DETECTION = "infer_yolo_v8"
# python -m development.tools.weigh gives one that has the plugin's requirements alone.
PYTHON = os.environ.get("PLUGIN_PYTHON", sys.executable)
ALONE = """
import importlib, json, os, pathlib, pkgutil, re, sys, textwrap
import ikomia
import numpy as np
from ikomia.dataprocess.workflow import Workflow
task = Workflow("alone").add_task(name={name!r})
assert task.get_parameters()
module = importlib.import_module({name!r})
assert module.__file__.startswith(os.environ["HOME"]), module.__file__
assert not [p for p in sys.path if os.path.realpath(p) == {repository!r}], sys.path
for found in pkgutil.walk_packages(module.__path__, {name!r} + "."):
    try:
        importlib.import_module(found.name)
    except ModuleNotFoundError as error:
        # What a choice alone needs, in an environment of the plugin's requirements.
        assert error.name in {extras!r}, (found.name, error)
ours = [module for key, module in sys.modules.items() if key.split(".")[0] in {tops!r}]
strange = [module for module in ours if not module.__file__.startswith(os.environ["HOME"])]
assert not strange, strange
assert {{module.__name__.split(".")[0] for module in ours}} == {{{name!r}}}
if importlib.util.find_spec("PyQt6"):
    from PyQt6.QtWidgets import QApplication
    application = QApplication([])
    plugin = importlib.import_module("{name}.{name}").IkomiaPlugin()
    assert plugin.get_widget_factory().create(plugin.get_param_factory().create()).controls
{stand_in}
if importlib.util.find_spec("{name}.{name}_test"):
    for _, status in importlib.import_module("{name}.{name}_test").test(task, {{}}):
        assert status == "OK", status
readme = pathlib.Path(module.__file__).with_name("README.md")
text = readme.read_text("utf-8") if readme.exists() else ""
examples = re.findall("```python\\n(.*?)```", text, re.S)
given = json.loads(pathlib.Path("names.json").read_text("utf-8"))
arrays = {{key: np.array(given[key]) for key in ("points", "keypoints")}}
names = given | arrays
for number, example in enumerate(examples):
    # Thirty epochs say no more than two, and take longer.
    short = textwrap.dedent(example).replace('"epochs": "30"', '"epochs": "2"')
    code = compile(short, f"README.md of {name}, example {{number}}", "exec")
    if number in {run_examples}:
        exec(code, names)
        print("ran", number)
"""
# Which of a README's examples run with one package alone, by number; the others are compiled.
RUN_EXAMPLES = {
    "extract_background": (0,),
    "infer_background_matting": (0,),
    "infer_chroma_key": (0,),
    "infer_flow_matting": (0, 1),
    "infer_human_parsing": (0, 1, 2),
    "infer_matte_fusion": (0,),
    "infer_multiview_triangulation": (0, 1),
    "infer_people": (0, 1, 2),
    "infer_rvm": (0, 1),
    "infer_smpl_fit": (0, 2),
    "train_background_matting": (0,),
    "train_flow_matting": (0,),
}


@pytest.fixture(scope="module")
def readme_inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    write_pictures(folder)
    write_cameras(folder)
    write_motion(folder)
    write_capture(folder)
    write_clips(folder)
    write_assets(folder)
    return folder


def take_machine_code(source, copy):
    """Hand on what numba has compiled of equal sources: it would compile them for seconds more.

    It takes machine code for a source's where time and size of the source are those it was made of.
    """
    for path in source.rglob("*.py"):
        shutil.copystat(path, copy / path.relative_to(source))
    for path in source.rglob("__pycache__/*.nb?"):
        target = copy / path.relative_to(source)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)


@pytest.mark.parametrize("name", PLUGINS)
def test_package_works_alone(name, tmp_path, readme_inputs):
    home = tmp_path / "home"
    plugins = home / "Ikomia" / "Plugins" / "Python"
    neighbour = NEIGHBOURS.get(name)
    for packed in filter(None, (name, neighbour)):
        with zipfile.ZipFile(write_package(packed, "1.2.3", tmp_path)) as opened:
            opened.extractall(plugins / packed)
        take_machine_code(REPOSITORY / packed, plugins / packed)
    if name in ("infer_human_parsing", "infer_people"):
        write_detection(plugins, DETECTION, ("person",), [(0, 0.9, 60.0, 30.0, 40.0, 90.0)])
    work = shutil.copytree(readme_inputs, tmp_path / "work")
    stand_in = STAND_INS.get(neighbour or name, "")
    if neighbour:
        stand_in = f'Workflow("beside").add_task(name={neighbour!r})\n{stand_in}'
    script = ALONE.format(
        name=name,
        repository=str(REPOSITORY),
        tops=[*PLUGINS, "workflows", "plugin_kit", "development"],
        extras=sorted(EXTRAS.get(name, ())),
        stand_in=f"import torch; torch.manual_seed(0)\n{stand_in}" if stand_in else "",
        run_examples=RUN_EXAMPLES.get(name, ()),
    )
    status, output = run_script(
        script,
        work,
        {
            "HOME": str(home),
            "USERPROFILE": str(home),
            "INFER_RVM_CACHE": str(work),
            "INFER_BACKGROUND_MATTING_CACHE": str(work),
        },
        PYTHON,
    )
    assert status == 0, output
    ran = re.findall(r"^ran (\d+)$", output, re.M)
    assert tuple(map(int, ran)) == RUN_EXAMPLES.get(name, ())


@pytest.mark.parametrize("name", PLUGINS)
def test_package_holds_what_belongs_in_it(name, tmp_path):
    if not (REPOSITORY / ".git").exists():
        pytest.skip("this is no Git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", name],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip(listed.stderr)
    with zipfile.ZipFile(write_package(name, "1.2.3", tmp_path)) as package:
        packed = {f"{name}/{file}" for file in package.namelist()}
    assert packed == set(listed.stdout.splitlines())


def test_packages_of_equal_sources_are_equal(tmp_path):
    first = write_package("infer_rvm", "1.2.3", tmp_path / "a").read_bytes()
    assert write_package("infer_rvm", "1.2.3", tmp_path / "b").read_bytes() == first


def test_caches_are_left_out_and_strange_files_refused(tmp_path):
    folder = tmp_path / "infer_x"
    for file in ("infer_x.py", "__pycache__/a.pyc", ".git/config", "tests/test_a.py", "LICENSE"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("")
    assert [path.name for path in package_files(folder)] == ["LICENSE", "infer_x.py"]
    (folder / "rvm_mobilenetv3.pth").write_text("")
    with pytest.raises(ValueError, match=r"rvm_mobilenetv3\.pth.*not packed"):
        package_files(folder)
    assert all((REPOSITORY / file).is_file() for file in DATA)


@pytest.mark.parametrize("name", PLUGINS)
def test_metadata_is_complete(name):
    if not (REPOSITORY / name / "README.md").is_file():
        pytest.skip("this plugin is not finished: it has no README")
    info = metadata_of(name)
    assert faults_of(name, info) == []
    assert info.version in next(report_lines(name, info))


def test_missing_metadata_is_named():
    from ikomia.dataprocess import CTaskInfo

    info = CTaskInfo()
    faults = "\n".join(faults_of("infer_rvm", info))
    for key in ("authors", "article_url", "license", "keywords", "icon_path", "name is"):
        assert key in faults


@pytest.mark.parametrize("name", PLUGINS)
def test_the_hubs_own_tool_reads_the_same(name):
    pytest.importorskip("ikcli", reason="ikomia-cli is not installed")
    if not (REPOSITORY / name / "README.md").is_file():
        pytest.skip("this plugin is not finished: it has no README")
    info = metadata_of(name)
    local = importlib.import_module("ikcli.algos.local").Algo(name)
    local._path = REPOSITORY / name
    sent = local.info
    assert sent["algo_type"] == info.algo_type.name and sent["language"] == "PYTHON"
    assert sent["algo_task"] == info.algo_tasks.split(",")
    assert sent["icon"].is_file() and sent["paper"]["title"] == info.article
