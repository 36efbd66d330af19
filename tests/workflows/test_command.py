"""How the commands tell of an error."""

import os
import subprocess
import sys

import pytest

from workflows.command import run_command
from workflows.plugins import REPOSITORY, plain_reason

WRAPPED = (
    "<class 'RuntimeError'>: <class 'ValueError'>: the plate 'a.png' is of another scene: take "
    'its own:   File "/somewhere/plate.py", line 105, in check\n'
    "    raise ValueError(text)\n (Code 18)"
)
PLAIN = "the plate 'a.png' is of another scene: take its own"


@pytest.mark.parametrize("text", [WRAPPED, PLAIN])
def test_ikomias_words_and_stack_are_left_out(text):
    assert plain_reason(text) == PLAIN


def test_a_command_tells_the_reason_alone(capsys, monkeypatch):
    monkeypatch.setattr("workflows.command.interrupt_when_terminated", lambda: None, raising=False)

    def work():
        raise RuntimeError(WRAPPED)

    assert run_command(work) == 1
    assert capsys.readouterr().err == f"Error: {PLAIN}\n"


@pytest.mark.parametrize(("given", "wanted"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_do_not_spin_unless_the_user_says_so(given, wanted):
    script = """
import os, sys, types
from workflows.interruption import run_program
module = types.ModuleType("command")
module.main = lambda: print(os.environ["OMP_WAIT_POLICY"], flush=True) or 0
sys.modules["command"] = module
run_program("command")
"""
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    environment |= {} if given is None else {"OMP_WAIT_POLICY": given}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, wanted), done.stderr


def test_a_number_that_work_returns_is_the_exit_code():
    assert [run_command(lambda code=code: code) for code in (0, 1, None)] == [0, 1, 0]
