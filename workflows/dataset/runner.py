"""Work on all units of a data set: what is done is passed over, what crashes is tried again."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from workflows.dataset.engine import Engine, Place
from workflows.dataset.options import DatasetOptions
from workflows.dataset.report import DatasetReport
from workflows.dataset.units import Digests, Unit, is_done, key_of, record_of
from workflows.dataset.work import CRASH, DONE, ERROR, Result
from workflows.interruption import note
from workflows.output_folder import held_folder
from workflows.screen import counting_bar

WAIT_SECONDS = 0.5
DIGESTS = "digests.json"


@dataclass(frozen=True)
class Attempt:
    """A unit, what its result depends on, and how often it has been tried, this time included."""

    unit: Unit
    key: str
    number: int


def run_dataset(options: DatasetOptions, units: Sequence[Unit]) -> DatasetReport:
    """Do what is not done of the units; every unit's folder appears when it is whole.

    An error costs its unit alone. Units whose process crashed, or whose worker was lost, are tried
    again ``options.retries`` times.

    Raises:
        OSError: The output cannot be written, or another run works on the same shard.
        RuntimeError: The engine cannot be started.
        KeyboardInterrupt: What was finished is kept.
    """
    # Workers have another folder at hand.
    options = replace(options, output=options.output.resolve())
    own = own_folder(options)
    with held_folder(own):
        staging = own / "staging"
        # A run that was killed may have left something.
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        place = Place(options.output, staging, options.output / "logs", options.limit)
        report = DatasetReport(options.output, len(units), options.shard_suffix)
        report.failures_file.unlink(missing_ok=True)
        digests = Digests(own / DIGESTS)
        try:
            _run(options, place, units, report=report, digests=digests)
            report.state = "finished"
        except BaseException:
            report.state = "interrupted"
            note(
                f"Kept in {options.output}: {report.done:,} units of this run, "
                f"{report.passed_over:,} of earlier ones. The same command goes on."
            )
            raise
        finally:
            report.running = 0
            report.write(at_once=True)
            digests.write()
            shutil.rmtree(staging, ignore_errors=True)
            if not options.quiet:
                report.show()
    return report


def own_folder(options: DatasetOptions) -> Path:
    """What a run keeps for itself and for the next one, of a shard its own."""
    return options.output / ".run" / (options.shard_suffix.lstrip("-") or "all")


def open_engine(options: DatasetOptions, place: Place) -> AbstractContextManager[Engine]:
    """The engine that the options ask for."""
    if options.engine == "ray":
        from workflows.dataset.ray_engine import RayEngine

        return RayEngine(place, options.workers, options.threads_a_worker, options.address)
    from workflows.dataset.local_engine import LocalEngine

    return LocalEngine(place, options.local_workers, options.threads_a_worker)


def _run(
    options: DatasetOptions,
    place: Place,
    units: Sequence[Unit],
    *,
    report: DatasetReport,
    digests: Digests,
) -> None:
    waiting = iter(units)
    again: deque[Attempt] = deque()
    running: dict[str, Attempt] = {}
    with (
        counting_bar(options.quiet) as progress,
        open_engine(options, place) as engine,
    ):
        bar = progress.add_task(options.task, total=len(units))

        def next_attempt() -> Attempt | None:
            if again:
                return again.popleft()
            for unit in waiting:
                attempt = _attempt_at(unit, options.output, report=report, digests=digests)
                if attempt is not None:
                    return attempt
                progress.update(bar, completed=_over(report))
            return None

        while True:
            while engine.has_room and (attempt := next_attempt()):
                running[attempt.unit.name] = replace(attempt, number=attempt.number + 1)
                engine.start(attempt.unit, attempt.key)
            report.running = len(running)
            report.write()
            digests.write_seldom()
            if not running:
                break
            for result in engine.finished(WAIT_SECONDS):
                attempt = running.pop(result.name)
                _settle(
                    _whole_if_it_is(result, options.output / result.name, attempt.key),
                    attempt,
                    again.append,
                    report=report,
                    retries=options.retries,
                )
            progress.update(bar, completed=_over(report))


def _over(report: DatasetReport) -> int:
    return report.passed_over + report.done + report.failed


def _attempt_at(
    unit: Unit, output: Path, *, report: DatasetReport, digests: Digests
) -> Attempt | None:
    """The unit to be worked on; None where it is done, or cannot be begun."""
    try:
        key = key_of(unit, digests)
    except OSError as error:
        result = Result(unit.name, ERROR, str(error))
        report.add_failure(result, 1)
        report.take(result)
        return None
    if is_done(output / unit.name, key):
        report.passed_over += 1
        return None
    return Attempt(unit, key, 0)


def _whole_if_it_is(result: Result, folder: Path, key: str) -> Result:
    """A unit whose process was lost after the unit's folder was whole is done."""
    if result.kind != CRASH or not is_done(folder, key):
        return result
    record = record_of(folder) or {}
    return Result(result.name, DONE, "", record.get("seconds", 0.0), record.get("measures", {}))


def _settle(
    result: Result,
    attempt: Attempt,
    try_again: Callable[[Attempt], object],
    *,
    report: DatasetReport,
    retries: int,
) -> None:
    if result.kind != DONE:
        report.add_failure(result, attempt.number)
    if result.kind == CRASH and attempt.number <= retries:
        report.retries += 1
        try_again(attempt)
        return
    report.take(result)
