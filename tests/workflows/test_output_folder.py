"""The folder of a run: for it alone, its files in place together, nothing of the user's lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workflows import interruption
from workflows.command import run_command
from workflows.output_folder import (
    held_folder,
    refuse_to_replace_foreign,
    refuse_to_replace_inputs,
    staged_outputs,
)
from workflows.plugins import REPOSITORY, ensure_home, run_workflow
from workflows.screen import unread_is_fine


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_second_run_into_a_folder_is_refused(tmp_path):
    with held_folder(tmp_path / "out"):
        second = held_folder(tmp_path / "out")
        with pytest.raises(OSError, match="another run is writing into"), second:
            pass
        with held_folder(tmp_path / "other"):
            pass
    with held_folder(tmp_path / "out"):
        assert names(tmp_path / "out") == []


def test_outputs_appear_together_at_the_end(tmp_path):
    for text in ("old", "new"):
        with staged_outputs(tmp_path) as staging:
            for name in ("plate.png", "report.json"):
                (staging / name).write_text(text)
            (staging / "alpha").mkdir()
            (staging / "alpha" / "000000.png").write_text(text)
            (staging / ".unfinished.part").write_text(text)
            assert not (tmp_path / "plate.png").exists() or text == "new"
        assert names(tmp_path) == ["alpha", "plate.png", "report.json"]
        assert {p.read_text() for p in tmp_path.rglob("*") if p.is_file()} == {text}


@pytest.mark.parametrize("is_whole", [False, True])
def test_what_only_an_earlier_run_made_goes_unless_somebody_needs_it(tmp_path, is_whole):
    earlier = ["motion_0.bvh", "motion_2.bvh", "cameras.json", "edited.trc"]
    content = {"files": ["../out/own.txt", *earlier, "report.json"]}
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("own.txt", *earlier, "report.json"):
        (folder / name).write_text(json.dumps(content))
        os.utime(folder / name, (1e9, 2e9 if name == "edited.trc" else 1e9))
    inputs = [folder / "cameras.json", tmp_path / "missing"] if is_whole else None
    with staged_outputs(folder, inputs) as staging:
        for name in ("motion_0.bvh", "report.json"):
            (staging / name).write_text("new")
    gone = {"motion_2.bvh"} if is_whole else set()
    assert set(names(folder)) == {"own.txt", *earlier, "report.json"} - gone


@pytest.mark.parametrize("has_earlier", [False, True])
def test_what_a_broken_run_leaves(tmp_path, has_earlier):
    if has_earlier:
        (tmp_path / "report.json").write_text("old")
        (tmp_path / "plate.png").write_text("old")
    with pytest.raises(KeyboardInterrupt), staged_outputs(tmp_path) as staging:
        (staging / "plate.png").write_text("new")
        (staging / ".composite.mp4.part").write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path) == ["plate.png", *(["report.json"] if has_earlier else [])]
    assert (tmp_path / "plate.png").read_text() == ("old" if has_earlier else "new")
    told = interruption._notes.pop()
    assert str(tmp_path) in told and "plate.png" in told
    assert ("earlier run's results, as they were" in told) is has_earlier


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path):
    left = tmp_path / ".unfinished-0123456789ab"
    foreign = tmp_path / ".unfinished-business"
    linked = tmp_path / "elsewhere"
    for folder in (left, foreign, linked):
        folder.mkdir()
        (folder / "file").touch()
    (tmp_path / ".unfinished-ba9876543210").symlink_to(linked)
    with staged_outputs(tmp_path):
        pass
    assert not left.exists()
    assert (foreign / "file").exists() and (linked / "file").exists()


def test_no_output_takes_the_place_of_an_input(tmp_path):
    video, folder = tmp_path / "composite.mp4", tmp_path / "alpha"
    video.touch()
    folder.mkdir()
    (folder / "000001.png").touch()
    link = tmp_path / "link.mp4"
    link.symlink_to(video)
    outputs = [video, folder]
    refuse_to_replace_inputs({"--plate": None, "--background": tmp_path / "no"}, outputs)
    for path in (video, link, folder / "000001.png"):
        with pytest.raises(ValueError, match=r"the video .* would be replaced by the output"):
            refuse_to_replace_inputs({"the video": path}, outputs)


def test_folders_that_no_run_made_stay(tmp_path):
    alpha = tmp_path / "alpha"
    refuse_to_replace_foreign([alpha], folders=True)
    alpha.mkdir()
    refuse_to_replace_foreign([alpha], folders=True)
    (alpha / "000000.png").touch()
    with pytest.raises(ValueError, match="was not made by this command"):
        refuse_to_replace_foreign([alpha], folders=True)
    (tmp_path / "report.json").write_text('{"files": {"alpha": "alpha"}}')
    refuse_to_replace_foreign([alpha], folders=True)
    (alpha / "thesis.txt").touch()
    with pytest.raises(ValueError, match=r"alpha is there already"):
        refuse_to_replace_foreign([alpha], folders=True)
    (tmp_path / "composite").symlink_to(alpha)
    for folders in (True, False):
        with pytest.raises(ValueError, match=r"composite is there already"):
            refuse_to_replace_foreign([tmp_path / "composite"], folders=folders)


class Swallowing:
    """A workflow that, as Ikomia at times, makes something else of an interruption, or nothing."""

    def __init__(self, error):
        self.error = error

    def run(self):
        for seconds in (5, 0):
            try:
                signal.raise_signal(signal.SIGTERM)
                time.sleep(seconds)
            except KeyboardInterrupt:
                if self.error:
                    raise self.error from None


@pytest.mark.parametrize("error", [None, RuntimeError("Task <class 'KeyboardInterrupt'>: ")])
def test_an_interruption_is_one_whatever_ikomia_makes_of_it(capsys, error):
    assert run_command(lambda: run_workflow(Swallowing(error))) == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_an_interruption_that_is_lost_comes_again(monkeypatch):
    monkeypatch.setattr(interruption, "SECONDS", 0.1)

    class Endless:
        def run(self):
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                time.sleep(30)

    begin = time.monotonic()
    assert run_command(lambda: run_workflow(Endless())) == 130
    assert time.monotonic() - begin < 20


def test_a_failure_tells_its_reason_without_ikomias_stack():
    text = (
        "Task error: <class 'RuntimeError'>: <class 'ValueError'>: no plate:   File a.py (Code 18)"
    )

    class Failing:
        def run(self):
            raise RuntimeError(text)

    with pytest.raises(RuntimeError, match=r"^no plate$"):
        run_workflow(Failing())


@pytest.mark.parametrize(
    ("command", "awaited"), [("matting", "torch"), ("motion", "workflows.motion.run")]
)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_signals_while_a_command_loads_are_answered(command, awaited, sent, tmp_path):
    script = f"""
import os, sys
class Finder:
    def find_spec(self, name, *_):
        if name == {awaited!r}:
            os.kill(os.getpid(), {int(sent)})
sys.meta_path.insert(0, Finder())
import runpy
sys.argv = ["x", "{"a.mp4" if command == "matting" else "--keypoints=a"}", "--output=o"]
runpy.run_module("workflows.{command}", run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr.count("\n")) == (130, 1), done.stderr
    assert done.stderr.startswith("Interrupted.")


def test_a_reader_that_goes_away_is_no_failure():
    script = """
import sys, time
from rich.console import Console
from workflows.command import run_command
from workflows.screen import unread_is_fine
def work():
    with unread_is_fine():
        for _ in range(2000):
            Console().print("x" * 100)
sys.exit(run_command(work))
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        run.stdout.close()
        assert (run.wait(60), run.stderr.read()) == (0, "")
    with unread_is_fine():
        pass


def test_a_home_that_cannot_be_written_is_replaced(tmp_path, monkeypatch, caplog):
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.delitem(sys.modules, "ikomia", raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(blocked))
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    ensure_home()
    assert Path.home() != blocked and Path.home().is_dir()
    assert f"the home folder {blocked} cannot be written" in caplog.text
