"""What the data set's runner itself costs a unit, and that its own memory does not grow.

The units do nothing. What is measured is what all cores together take a unit, from its folder's
making to its record; and the driver's memory after a few units and after all of them.
"""

from __future__ import annotations

import csv
import importlib
import math
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
COLUMNS = {
    "ms": "ms a unit",
    "driver_ms": "driver's CPU, ms",
    "units_ms": "units' CPU, ms",
    "again_ms": "ms, done before",
    "grown_mib": "MiB grown",
    "start_s": "start, s",
}


def table() -> Table:
    """Milliseconds of wall time a unit, by engine."""
    rows = []
    for engine, units in UNITS.items():
        result = measuring.in_a_process("development.benchmarks.runner", engine=engine, units=units)
        if "missing" in result:
            rows.append((engine, result["missing"], *("" for _ in COLUMNS)))
            continue
        rows.append((engine, f"{units:,}", *(f"{result[name]:.2f}" for name in COLUMNS)))
    columns = ("engine", "empty units", *COLUMNS.values())
    return new_table(
        f"python -m workflows.dataset, {WORKERS} workers: what it costs itself",
        columns,
        rows,
        words=1,
        caption="CPU does not grow where others use the machine; the units' own is not known of "
        "Ray's workers. MiB grown: by the driver's process, from the first tenth of the units on. "
        f"{measuring.machine()}",
    )


def measure(engine: str, units: int) -> dict[str, Any]:
    """Run that many empty units twice."""
    from workflows.dataset.command import parse_arguments
    from workflows.dataset.layouts import find_units
    from workflows.dataset.runner import run_dataset

    start = time.perf_counter()
    try:
        if engine == "ray":
            from workflows.dataset.ray_engine import start_ray

            # Its start is not the units', and takes too long to be taken off what they take.
            start_ray(WORKERS)
    except ImportError:
        return {"missing": "is not installed"}
    begin = time.perf_counter() - start
    with tempfile.TemporaryDirectory(prefix="runner-") as folder:
        sizes, times, own, others = [], [], [], []
        for count in (WORKERS, max(WORKERS, units // 10), units):
            path = Path(folder) / "units.csv"
            with path.open("w", newline="") as handle:
                writer = csv.writer(handle)
                writer.writerow(("unit", "options"))
                writer.writerows((f"unit{number:05d}", "") for number in range(count))
            given = [str(path), "--task", "empty", "--output", f"{folder}/{count}", "--quiet"]
            given += ["--engine", engine, "--workers", str(WORKERS)]
            options = parse_arguments(given)
            before, start = psutil.Process().cpu_times(), time.perf_counter()
            run_dataset(options, find_units(options))
            times.append(time.perf_counter() - start)
            cpu = psutil.Process().cpu_times()
            own.append(cpu.user + cpu.system - before.user - before.system)
            others.append(_of_children(cpu) - _of_children(before))
            sizes.append(psutil.Process().memory_info().rss / 2**20)
        start = time.perf_counter()
        run_dataset(options, find_units(options))
        again = time.perf_counter() - start
    if engine == "ray":
        importlib.import_module("ray").shutdown()
    # What starting the workers takes is not the units'.
    first = times[0]
    return {
        "ms": 1000 * (times[2] - first) / (units - WORKERS),
        "driver_ms": 1000 * (own[2] - own[0]) / (units - WORKERS),
        "units_ms": math.nan if engine == "ray" else 1000 * (others[2] - others[0]) / units,
        "again_ms": 1000 * again / units,
        "grown_mib": sizes[2] - sizes[1],
        "start_s": begin + first,
    }


def _of_children(times: Any) -> float:
    """The CPU seconds of processes that have ended; 0 where the system does not tell."""
    return getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)


if __name__ == "__main__":
    measuring.answer(measure)
