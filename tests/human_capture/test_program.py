"""The program ``human-capture``: what it says of itself, and what it refuses."""

import re
import subprocess
import sys

import pytest

import human_capture
from human_capture.command import COMMANDS, main, usage
from plugin_kit.version import VERSION
from tests.conftest import REPOSITORY
from workflows.command import program


@pytest.fixture
def called(monkeypatch, capsys):
    def call(*line):
        monkeypatch.setattr(sys, "argv", ["human-capture", *line])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr()

    return call


def test_help_lists_every_command(called):
    code, told = called("--help")
    assert code == 0
    folders = (REPOSITORY / "workflows").glob("*/__main__.py")
    assert sorted(COMMANDS) == sorted(path.parent.name for path in folders)
    for name in COMMANDS:
        assert f"  {name} " in told.out


def test_version_is_the_projects(called):
    code, told = called("--version")
    assert (code, told.out) == (0, f"human-capture {VERSION}\n")


@pytest.mark.parametrize(
    ("line", "reason"), [(("mating",), "there is no command mating"), ((), "name a command")]
)
def test_what_is_no_command_is_refused(called, line, reason):
    code, told = called(*line)
    assert code == 2
    assert told.err.startswith(usage())
    assert reason in told.err


def test_a_command_runs_and_ends_the_process_with_its_code(tmp_path):
    line = ["keypoints", "nothing.mp4", "--output", str(tmp_path / "out")]
    command = [sys.executable, "-m", "human_capture", *line]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.match("Error: .*nothing.mp4", done.stderr), done.stderr


def test_usage_names_the_program_that_was_called(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/opt/bin/human-capture matting", "a.mp4"])
    assert program("motion") == "human-capture motion"
    monkeypatch.setattr(sys, "argv", ["/opt/workflows/matting/__main__.py"])
    assert program("matting") == "python -m workflows.matting"


def test_what_it_hands_out_is_there():
    for name in human_capture.PLACES:
        assert getattr(human_capture, name) is not None
        assert name in dir(human_capture)
    assert set(human_capture.PLACES) == set(human_capture.__all__)
    with pytest.raises(AttributeError, match="has no attribute nothing"):
        human_capture.nothing  # noqa: B018


def test_a_saved_workflow_is_loaded_with_its_plugins():
    assert {"plate", "matting", "motion"} <= human_capture.saved_workflows().keys()
    workflow = human_capture.load_workflow("motion")
    assert workflow.find_task("infer_smpl_fit", 0) is not None
    with pytest.raises(ValueError, match="no saved workflow dance: take one of key, matting"):
        human_capture.load_workflow("dance")
