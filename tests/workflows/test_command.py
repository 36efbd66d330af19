"""How the commands tell of an error."""

import pytest

from workflows.command import run_command
from workflows.plugins import plain_reason

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
