"""``make fuzz``: damaged files to every reader, and signals to both commands, from a seed.

A reader's input is read in a process of its own, within 10 seconds of CPU time and 1 GiB, and is
either read, or refused by an error of the reader's own that names the file. A command that is ended
says so and leaves whole files. The tables at the end name what went otherwise; ``--only
cameras#12`` does number 12 of one alone again, with the same ``--seed``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from development.fuzz.campaign import BAD, GOOD, Campaign, Outcome, shares
from development.fuzz.kills import COMMANDS, Kill, KillCampaign
from development.fuzz.readers import READERS
from development.tables import new_table

Numbers = dict[str, Sequence[int]]
SHOWN = 6


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m development.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--inputs", type=int, default=10_000, help="damaged files, in all")
    parser.add_argument("--kills", type=int, default=200, help="ended commands, in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME[#N]", help=", ".join((*READERS, *COMMANDS))
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--output", type=Path, default=Path("output/fuzz"), help="where bad inputs are kept"
    )
    given = parser.parse_args(arguments)
    for name in given.only:
        if name.partition("#")[0] not in (*READERS, *COMMANDS):
            parser.error(f"--only {name}: there are {', '.join((*READERS, *COMMANDS))}")
    return given


def numbers_of(given: argparse.Namespace, known: Sequence[str], count: int) -> Numbers:
    """Which numbers of which of ``known`` are asked for."""
    names = [name for name in known if name in given.only or not given.only]
    plan: Numbers = dict.fromkeys(names, range(-(-count // max(1, len(names)))))
    if names and names[0] in READERS:
        plan = shares(count, names)
    for name, _, number in (name.partition("#") for name in given.only):
        if number and name in known:
            plan[name] = [*plan.get(name, []), int(number)]
    return plan


def reading_table(plan: Numbers, outcomes: Sequence[Outcome]) -> Table:
    """A line a reader."""
    rows = []
    for reader in plan:
        kinds = Counter(outcome.kind for outcome in outcomes if outcome.reader == reader)
        counts = [str(kinds[kind] or "") for kind in (*GOOD, *BAD)]
        rows.append((reader, str(sum(kinds.values())), *counts))
    return new_table("damaged files", ("reader", "inputs", *GOOD, *BAD), rows, words=1)


def fault_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """Two lines a kind of fault, the most frequent first: what, how often, and which inputs."""
    by_fault: dict[tuple[str, ...], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.kind in BAD:
            by_fault[outcome.fault].append(outcome)
    lines = []
    for several in sorted(by_fault.values(), key=len, reverse=True):
        first = several[0]
        numbers = " ".join(f"{first.reader}#{one.number}" for one in several[:SHOWN])
        lines.append(f"{first.kind} {first.error} {first.where}: {first.text}")
        lines.append(f"    {len(several)} x, {numbers}; {first.how}")
    return lines


def kill_table(plan: Numbers, kills: Sequence[Kill]) -> Table:
    """A line a command and signal."""
    groups: dict[tuple[str, str], list[Kill]] = defaultdict(list)
    for kill in kills:
        groups[kill.command, kill.signal].append(kill)
    rows = [
        (*group, str(len(several)), str(sum(bool(kill.faults) for kill in several) or ""))
        for group, several in groups.items()
    ]
    return new_table("ended commands", ("command", "signal", "runs", "faults"), rows, words=2)


def main(arguments: list[str] | None = None) -> int:
    given = parse_arguments(arguments)
    console = Console(width=130)
    readings = numbers_of(given, tuple(READERS), given.inputs)
    endings = numbers_of(given, tuple(COMMANDS), given.kills)
    is_bad = False
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        if readings and given.inputs:
            given.output.mkdir(parents=True, exist_ok=True)
            campaign = Campaign(given.seed, Path(folder), given.output)
            outcomes = list(campaign.check_seeds(list(readings)))
            for outcome in campaign.run(readings, given.workers):
                outcomes.append(outcome)
                if len(outcomes) % 500 == 0:
                    console.print(f"{len(outcomes)} inputs")
            console.print(reading_table(readings, outcomes))
            for line in fault_lines(outcomes):
                console.print(escape(line), soft_wrap=True)
            is_bad |= any(outcome.kind in BAD for outcome in outcomes)
        if endings and given.kills:
            kills = list(KillCampaign(given.seed, Path(folder)).run(endings))
            console.print(kill_table(endings, kills))
            for kill in kills:
                for fault in kill.faults:
                    line = f"{kill.command}#{kill.number} {kill.signal} at {kill.at:.2f} s: {fault}"
                    console.print(escape(line), soft_wrap=True)
            is_bad |= any(kill.faults for kill in kills)
    if is_bad:
        console.print(f"seed {given.seed}; bad inputs are kept in {given.output}")
    return 1 if is_bad else 0


if __name__ == "__main__":
    sys.exit(main())
