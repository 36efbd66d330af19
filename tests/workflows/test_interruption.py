"""Interruptions: one sentence and 130, wherever Python stands when the signal comes."""

import os
import subprocess
import sys

import pytest

from workflows.plugins import REPOSITORY

PROGRAM = """
import os, signal, sys, time
from workflows.command import run_command

class Odd:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

def in_a_destructor():
    Odd()

def in_a_call_of_another_language():
    # As PyErr_Print does it.
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())

sys.exit(run_command({work}))
"""


@pytest.mark.skipif(os.name != "posix", reason="POSIX's signals")
@pytest.mark.parametrize("work", ["in_a_destructor", "in_a_call_of_another_language"])
def test_no_stack_is_shown_where_an_interruption_can_only_be_printed(work):
    program = PROGRAM.replace("{work}", work)
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True)
    assert done.returncode == 130
    assert done.stderr.decode().splitlines() == ["Interrupted. Nothing was written."]
