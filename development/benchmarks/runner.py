"""What the data set's runner itself costs a unit, and that its own memory does not grow.

The units do nothing. What is measured is what all cores together take a unit, from its folder's
making to its record; and the driver's memory after a few units and after all of them.
"""

from __future__ import annotations

import csv
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from rich.table import Table

from development.benchmarks import measuring
from development.tables import new_table

UNITS = {"local": 1_000, "ray": 10_000}
WORKERS = 2


def table() -> Table:
    """Milliseconds of wall time a unit, by engine."""
    rows = []
    for engine, units in UNITS.items():
        result = measuring.in_a_process("development.benchmarks.runner", engine=engine, units=units)
        if "missing" in result:
            rows.append((engine, result["missing"], "", "", ""))
            continue
        shown = (result["ms"], result["again_ms"], result["grown_mib"], result["start_s"])
        rows.append((engine, f"{units:,}", *(f"{value:.2f}" for value in shown)))
    columns = ("engine", "empty units", "ms a unit", "ms, done before", "MiB grown", "start, s")
    return new_table(
        f"python -m workflows.dataset, {WORKERS} workers: what it costs itself",
        columns,
        rows,
        words=1,
        caption="MiB grown: by the driver's own process, from the first tenth of the units on",
    )


def measure(engine: str, units: int) -> dict[str, Any]:
    """Run that many empty units twice."""
    from workflows.dataset.command import parse_arguments
    from workflows.dataset.layouts import find_units
    from workflows.dataset.runner import run_dataset

    try:
        if engine == "ray":
            import ray  # noqa: F401
    except ImportError:
        return {"missing": "is not installed"}
    with tempfile.TemporaryDirectory(prefix="runner-") as folder:
        sizes, times = [], []
        for count in (WORKERS, max(WORKERS, units // 10), units):
            path = Path(folder) / "units.csv"
            with path.open("w", newline="") as handle:
                writer = csv.writer(handle)
                writer.writerow(("unit", "options"))
                writer.writerows((f"unit{number:05d}", "") for number in range(count))
            given = [str(path), "--task", "empty", "--output", f"{folder}/{count}", "--quiet"]
            given += ["--engine", engine, "--workers", str(WORKERS)]
            options = parse_arguments(given)
            start = time.perf_counter()
            run_dataset(options, find_units(options))
            times.append(time.perf_counter() - start)
            sizes.append(psutil.Process().memory_info().rss / 2**20)
        start = time.perf_counter()
        run_dataset(options, find_units(options))
        again = time.perf_counter() - start
    # What starting the engine takes is not the units'.
    first = times[0]
    return {
        "ms": 1000 * (times[2] - first) / (units - WORKERS),
        "again_ms": 1000 * max(0.0, again - (first if engine == "ray" else 0)) / units,
        "grown_mib": sizes[2] - sizes[1],
        "start_s": first,
    }


if __name__ == "__main__":
    measuring.answer(measure)
