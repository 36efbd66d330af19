"""The type gate lets the number of errors fall and never rise."""

import json
import sys
from pathlib import Path

import pytest

from development.tools import type_gate
from development.tools.type_gate import TypeFault, count_rooms, is_strict, lowered, read_allowed


def faults_in(*files):
    return [TypeFault(Path(file), 3, "it is None\nmore words") for file in files]


@pytest.fixture
def allowed_file(tmp_path, monkeypatch):
    path = tmp_path / "allowed.json"
    path.write_text(json.dumps({"workflows": 2, "infer_x": 1}))
    monkeypatch.setattr(type_gate, "ALLOWED", path)
    monkeypatch.setattr(read_allowed, "__defaults__", (path,))
    return path


def run(monkeypatch, faults, *arguments):
    monkeypatch.setattr(type_gate, "check_types", lambda: faults)
    monkeypatch.setattr(type_gate, "JUDGED", sys.version_info[:2])
    return type_gate.main(list(arguments))


def test_errors_are_counted_by_room():
    faults = faults_in("infer_x/a.py", "infer_x/x_network/b.py", "infer_x/x_network/c.py")
    assert count_rooms(faults) == {"infer_x": 1, "infer_x/x_network": 2}
    assert str(faults[0]) == "infer_x/a.py:3: it is None"


def test_the_kit_and_engines_are_strict():
    assert is_strict("plugin_kit") and is_strict("infer_x/x_network")
    assert not is_strict("workflows")


def test_allowed_numbers_fall_and_never_rise():
    allowed = {"workflows": 5, "infer_x": 3, "infer_y": 1}
    assert lowered(allowed, {"workflows": 7, "infer_x": 2, "other": 1}) == {
        "workflows": 5,
        "infer_x": 2,
    }


@pytest.mark.parametrize("room", ["plugin_kit", "infer_x/x_network"])
def test_nothing_can_be_allowed_to_a_strict_room(tmp_path, room):
    path = tmp_path / "allowed.json"
    path.write_text(json.dumps({room: 1}))
    with pytest.raises(ValueError, match=room):
        read_allowed(path)


def test_the_committed_numbers_can_be_read():
    assert all(count > 0 for count in read_allowed().values())


def test_more_errors_fail_and_are_printed(allowed_file, monkeypatch, capsys):
    faults = faults_in("infer_x/a.py", "infer_x/b.py")
    assert run(monkeypatch, faults, "--update") == 1
    printed = capsys.readouterr().out
    assert "infer_x/b.py:3: it is None" in printed and "too many" in printed
    assert json.loads(allowed_file.read_text()) == {"infer_x": 1}


def test_a_new_room_is_allowed_nothing(allowed_file, monkeypatch):
    assert run(monkeypatch, faults_in("elsewhere/a.py")) == 1


def test_fewer_errors_pass_and_ask_for_an_update(allowed_file, monkeypatch, capsys):
    faults = faults_in("workflows/a.py")
    assert run(monkeypatch, faults) == 0
    assert "--update" in capsys.readouterr().out
    assert json.loads(allowed_file.read_text()) == {"workflows": 2, "infer_x": 1}
    assert run(monkeypatch, faults, "--update") == 0
    assert json.loads(allowed_file.read_text()) == {"workflows": 1}


def test_another_pythons_types_are_not_judged(monkeypatch, capsys):
    monkeypatch.setattr(type_gate, "JUDGED", (2, 7))
    assert type_gate.main([]) == 0
    assert "Python 2.7 only" in capsys.readouterr().out


def test_a_checker_that_cannot_work_is_told(monkeypatch):
    class Done:
        stdout, stderr = "", "no such configuration"

    monkeypatch.setattr(type_gate.subprocess, "run", lambda *_, **__: Done)
    with pytest.raises(RuntimeError, match="no such configuration"):
        type_gate.check_types()
