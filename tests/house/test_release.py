"""What a release stands on: pinned actions, and the files that GitHub and packagers look for."""

import re

import pytest

from development.tools.source import REPOSITORY
from workflows.plugins import PLUGINS

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_the_version_beside(path):
    used = re.findall(r"uses: (.*)$", path.read_text(encoding="utf-8"), re.M)
    pinned = r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+"
    assert used and [line for line in used if not re.fullmatch(pinned, line)] == []


def test_one_action_has_one_version_everywhere():
    used = {
        line
        for path in WORKFLOWS
        for line in re.findall(r"uses: (.*)$", path.read_text(encoding="utf-8"), re.M)
    }
    actions = [line.split("@")[0] for line in used]
    assert sorted(actions) == sorted(set(actions)), used


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_calls_what_the_makefile_has(path):
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    called = re.findall(r"run: make ([a-z]+)", path.read_text(encoding="utf-8"))
    assert [target for target in called if not re.search(rf"^{target}:", makefile, re.M)] == []


@pytest.mark.parametrize("name", ["LICENSE", "SECURITY.md", "CODE_OF_CONDUCT.md", "CITATION.cff"])
def test_what_is_looked_for_is_there(name):
    assert (REPOSITORY / name).read_text(encoding="utf-8").strip()


def test_one_build_of_opencv_is_asked_for():
    """opencv-python and opencv-contrib-python overwrite each other's files."""
    constraints = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
    asked = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    for text in (constraints, asked):
        assert set(re.findall(r"opencv(?:-contrib)?-python(?:-headless)?", text)) == {
            "opencv-contrib-python"
        }
    for plugin in PLUGINS:
        requirements = (REPOSITORY / plugin / "requirements.txt").read_text(encoding="utf-8")
        assert "opencv" not in requirements, f"{plugin}: Ikomia brings its own"
