"""Data sets: what is done once, what is tried again, what happens to units when others fail."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.workflows.dataset_units import journal, write_table
from workflows.dataset.command import main, parse_arguments
from workflows.dataset.layouts import find_units
from workflows.dataset.runner import run_dataset
from workflows.plugins import REPOSITORY

TASK = "tests.workflows.dataset_units:work"
ODD = ["crash-once-a", "crash-once-b", "always-fails", "full-disk"]
GOOD = [f"take{number:02d}" for number in range(20)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("dataset")


def arguments(table, output, *more):
    return [str(table), "--task", TASK, "--output", str(output), *more]


def run(table, output, *more):
    options = parse_arguments(arguments(table, output, "--quiet", *more))
    return run_dataset(options, find_units(options))


def results(output):
    return {path.parent.name: path.read_text() for path in output.glob("*/result.txt")}


def failures(output, suffix=""):
    lines = (output / f"failures{suffix}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def check_all_but_the_bad(table, output, report, odd=ODD):
    good, crashing = [*GOOD, *odd[:-2]], odd[:-2]
    expected = {name: f"content of {name}" for name in good}
    assert results(output) == expected
    assert not list(output.rglob("half.txt"))
    assert (report.done, report.failed, report.exit_code) == (len(good), 2, 1)
    counts = Counter(journal(table))
    assert counts == {name: 2 if name in crashing else 1 for name in (*GOOD, *odd)}
    told = {(f["unit"], f["kind"]): f["error"] for f in failures(output)}
    assert told.keys() == {
        *((name, "crash") for name in crashing),
        ("always-fails", "error"),
        ("full-disk", "error"),
    }
    assert "always-fails.txt is damaged: record it again" in told["always-fails", "error"]
    assert "No space left on device" in told["full-disk", "error"]


def check_second_run(table, output, *more):
    before = Counter(journal(table))
    report = run(table, output, *more)
    assert (report.passed_over, report.done, report.failed) == (len(results(output)), 0, 2)
    assert Counter(journal(table)) - before == Counter(ODD[2:])


def test_others_are_whole_whatever_becomes_of_a_unit(tmp_path):
    table, output = write_table(tmp_path, [*ODD[:2], *GOOD, *ODD[2:]]), tmp_path / "out"
    report = run(table, output, "--workers", "4")
    check_all_but_the_bad(table, output, report)
    check_second_run(table, output, "--workers", "4")
    (tmp_path / "take03.txt").write_text("another")
    assert run(table, output).done == 1
    assert results(output)["take03"] == "another"
    assert run(table, output, "--only", "take0*", "--", "--other").done == 10
    progress = json.loads((output / "progress.json").read_text())
    assert (progress["state"], progress["done"], progress["units"]) == ("finished", 10, 10)


def test_the_same_by_ray(tmp_path):
    pytest.importorskip("ray")
    # A worker that dies costs seconds here, for Ray starts another Python.
    odd = ODD[1:]
    table, output = write_table(tmp_path, [odd[0], *GOOD, *odd[1:]]), tmp_path / "out"
    report = run(table, output, "--engine", "ray", "--workers", "1")
    check_all_but_the_bad(table, output, report, odd)
    # Either engine knows what the other has done.
    check_second_run(table, output)


def test_the_same_where_nothing_can_be_forked(tmp_path, monkeypatch):
    table, output = write_table(tmp_path, [ODD[0], *GOOD[:2], *ODD[2:]]), tmp_path / "out"
    monkeypatch.setattr("workflows.dataset.local_engine.can_fork", lambda: False)
    report = run(table, output, "--workers", "2")
    assert results(output).keys() == {ODD[0], *GOOD[:2]}
    assert (report.done, report.failed, report.retries) == (3, 2, 1)


@pytest.mark.skipif(os.name != "posix", reason="POSIX's processes")
def test_the_process_that_forks_is_killed(tmp_path):
    table, output = write_table(tmp_path, [*GOOD[:4], "kills-parent-once", *GOOD[4:8]]), tmp_path
    report = run(table, output, "--workers", "2", "--retries", "1")
    assert (report.done, report.failed) == (9, 0)
    counts = Counter(journal(table))
    # What was at work beside it is lost with it, and no more.
    assert counts["kills-parent-once"] == 2 and sum(counts.values()) <= 11
    assert {f["kind"] for f in failures(output)} == {"crash"}


def test_a_unit_that_is_whole_is_done_whatever_became_of_its_process(tmp_path):
    table, output = write_table(tmp_path, ["dies-late", "take"]), tmp_path / "out"
    report = run(table, output)
    assert (report.done, report.failed, report.retries) == (2, 0, 0)
    assert journal(table).count("dies-late") == 1


def test_a_unit_that_always_crashes_is_given_up(tmp_path):
    table, output = write_table(tmp_path, ["always-crashes", "take"]), tmp_path / "out"
    report = run(table, output, "--retries", "1")
    assert (report.done, report.failed, report.retries) == (1, 1, 1)
    assert [f["attempt"] for f in failures(output)] == [1, 2]
    assert "exit code 7" in failures(output)[0]["error"]


def test_a_unit_that_hangs_is_ended(tmp_path):
    table, output = write_table(tmp_path, ["hangs", "take"]), tmp_path / "out"
    start = time.monotonic()
    report = run(table, output, "--limit", "3", "--workers", "2")
    assert time.monotonic() - start < 30
    assert (report.done, report.failed) == (1, 1)
    assert [(f["unit"], f["kind"]) for f in failures(output)] == [("hangs", "late")]
    assert "more than 3 s" in failures(output)[0]["error"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX's signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_goes_on_where_it_was(tmp_path, number):
    table, output = write_table(tmp_path, GOOD, "slow"), tmp_path / "out"
    command = [sys.executable, "-m", "workflows.dataset", *arguments(table, output)]
    command += ["--workers", "2", "--quiet"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while len(results(output)) < 4 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(number)
    _, told = process.communicate(timeout=20)
    assert process.returncode == (-number if number == signal.SIGKILL else 130)
    # Workers whose driver was killed look for it once a second.
    time.sleep(1.5 if number == signal.SIGKILL else 0)
    done, worked = results(output), len(journal(table))
    assert 4 <= len(done) < len(GOOD) and worked <= len(done) + 2
    assert not list(output.glob("*/half.txt"))
    if number != signal.SIGKILL:
        kept = re.search(rf"Kept in {output}: (\d+) units of this run", told)
        # A unit may have become whole while the run was ended.
        assert kept and len(done) - 2 <= int(kept[1]) <= len(done)
        assert json.loads((output / "progress.json").read_text())["state"] == "interrupted"
    report = run(table, output)
    assert (report.passed_over, report.done) == (len(done), len(GOOD) - len(done))
    assert len(results(output)) == len(GOOD) == len(journal(table)) - (worked - len(done))


def test_shards_share_the_units(tmp_path):
    table, output = write_table(tmp_path, GOOD), tmp_path / "out"
    for shard in ("1/3", "2/3", "3/3"):
        assert run(table, output, "--shard", shard).failed == 0
    assert Counter(journal(table)) == Counter(GOOD)
    assert (output / "progress-2-of-3.json").is_file()


def test_two_runs_of_one_shard_are_refused(tmp_path):
    table, output = write_table(tmp_path, ["hangs"]), tmp_path / "out"
    command = [sys.executable, "-m", "workflows.dataset", *arguments(table, output)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        while not journal(table):
            time.sleep(0.02)
        with pytest.raises(OSError, match="another run is writing"):
            run(table, output)
        process.terminate()


def test_a_folder_that_no_run_made_stays(tmp_path):
    table, output = write_table(tmp_path, ["take"]), tmp_path / "out"
    (output / "take").mkdir(parents=True)
    (output / "take" / "mine.txt").write_text("mine")
    report = run(table, output)
    assert report.failed == 1
    assert "was not made by this command" in failures(output)[0]["error"]
    assert (output / "take" / "mine.txt").read_text() == "mine"


def test_the_plan_lists_what_would_be_done(tmp_path, capsys):
    table, output = write_table(tmp_path, ["one", "two"]), tmp_path / "out"
    assert main(arguments(table, output, "--dry-run")) == 0
    assert "2 of 2 units are to be done" in capsys.readouterr().out
    assert not journal(table)
    run(table, output, "--only", "one")
    assert main(arguments(table, output, "--dry-run")) == 0
    shown = capsys.readouterr().out
    assert "one  done" in shown and "two  to do" in shown and "s a unit in the median" in shown


def test_missing_inputs_fail_alone(tmp_path):
    table, output = write_table(tmp_path, ["one", "two"]), tmp_path / "out"
    (tmp_path / "one.txt").unlink()
    report = run(table, output)
    assert (report.done, report.failed) == (1, 1)
    assert "one.txt" in failures(output)[0]["error"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--shard", "4/3"], "--shard 4/3"),
        (["--workers", "0"], "--workers 0"),
        (["--limit", "0"], "--limit 0"),
        (["--address", "auto"], "--engine ray"),
        (["--task", "motions"], "there is no task 'motions'"),
        (["--only", "nothing*"], "leaves none of 1 units"),
    ],
)
def test_options_are_refused_before_any_work(tmp_path, capsys, more, told):
    table = write_table(tmp_path, ["one"])
    assert main([*arguments(table, tmp_path / "out"), *more]) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
