"""The wheel: built without network, what is in it, and that it works from where it is unpacked."""

import os
import subprocess
import sys
import zipfile

import pytest

from development.tools.hub import package_files
from development.tools.wheel import SUITE, build_wheel, packed_files
from workflows.plugins import PLUGINS, REPOSITORY

pytest.importorskip("setuptools", minversion="77")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder that stands for site-packages."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(folder)
    return folder


def run(folder, *line, home, **more):
    left_out = ("PYTHONPATH", "HOME")
    known = {key: value for key, value in os.environ.items() if key not in left_out}
    known |= {"HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": str(folder)}
    command = [sys.executable, *line]
    return subprocess.run(command, cwd=home, env=known, capture_output=True, text=True, **more)


def test_it_is_named_after_the_version(wheel):
    assert wheel.name.startswith("ikomia_human_capture-1.")
    assert wheel.name.endswith("-py3-none-any.whl")


def test_only_one_name_is_taken_at_the_top(wheel):
    tops = {name.split("/")[0] for name in packed_files(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"human_capture"}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_plugin_is_whole(wheel, plugin):
    folder = f"{SUITE}/{plugin}/"
    packed = {name.removeprefix(folder) for name in packed_files(wheel) if name.startswith(folder)}
    wanted = [path.relative_to(REPOSITORY / plugin) for path in package_files(REPOSITORY / plugin)]
    assert packed == {path.as_posix() for path in wanted}


def test_workflows_and_kit_are_whole_and_what_only_developers_use_is_left_out(wheel):
    packed = set(packed_files(wheel))
    for room in ("workflows", "plugin_kit"):
        files = (path for path in (REPOSITORY / room).rglob("*") if path.is_file())
        wanted = {
            f"{SUITE}/{path.relative_to(REPOSITORY).as_posix()}"
            for path in files
            if "__pycache__" not in path.parts
        }
        assert {name for name in packed if name.startswith(f"{SUITE}/{room}/")} == wanted
    assert f"{SUITE}/workflows/saved/motion.json" in packed
    assert not [name for name in packed if "/tests/" in name or "/development/" in name]


def test_the_commands_are_its_entry_points(wheel):
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith("entry_points.txt"))
        text = opened.read(name).decode()
    assert "[console_scripts]" in text
    for program in ("human-capture", "ikomia-human-capture"):
        assert f"{program} = human_capture.command:main" in text


def test_what_one_choice_alone_needs_is_an_extra(wheel):
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith("METADATA"))
        asked = [
            line for line in opened.read(name).decode().splitlines() if "Requires-Dist" in line
        ]
    for package in ("aniposelib", "smplx", "tables", "pandas", "psutil", "viser", "ray"):
        lines = [line for line in asked if line.startswith(f"Requires-Dist: {package}>")]
        assert lines and all("extra ==" in line for line in lines), package
    # Two packages of OpenCV overwrite each other's files.
    assert [line for line in asked if "opencv" in line and "contrib" not in line] == []


def test_it_works_from_where_it_is_unpacked(installed, tmp_path):
    program = """
import sys
import human_capture
from human_capture import PLUGINS, load_workflow, motion_workflow
import workflows.plugins
assert "site-packages" in workflows.plugins.__file__, workflows.plugins.__file__
assert len(PLUGINS) == {count}, PLUGINS
assert motion_workflow().get_task_count() >= 2
assert "cameras" in load_workflow("motion").get_exposed_parameters()
places = [sys.modules[name].__file__ for name in PLUGINS if name in sys.modules]
assert len(places) >= 2 and all("site-packages" in place for place in places), places
"""
    done = run(installed, "-c", program.format(count=len(PLUGINS)), home=tmp_path)
    assert done.returncode == 0, done.stderr


def test_its_commands_tell_their_own_names(installed, tmp_path):
    done = run(installed, "-m", "human_capture", "matting", "--help", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: human-capture matting")
    done = run(installed, "-m", "human_capture", "capture", "--help", home=tmp_path)
    assert "goes to human-capture motion" in " ".join(done.stdout.split())


def test_a_module_of_anothers_by_the_same_name_is_told(installed, tmp_path):
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "__init__.py").write_text("")
    done = run(installed, "-c", "import workflows, human_capture", home=tmp_path)
    assert done.returncode == 1
    assert str(tmp_path / "workflows" / "__init__.py") in done.stderr
    assert "import human_capture first" in done.stderr
