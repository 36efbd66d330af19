"""Measure on a machine that others use too: a process each, CPU time, the least of several.

CPU time does not grow while another program has the core, and peak memory belongs to a process,
so whatever is compared runs in a process of its own. For the same reason the benchmarks import
what they measure only in the functions that measure it.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from workflows.plugins import REPOSITORY

STATUS = Path("/proc/self/status")
ROUNDS = 2


def machine() -> str:
    """The processor, its cores and what else it is doing."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor()
    load = psutil.getloadavg()[0]
    return f"{name}, {os.cpu_count()} cores, load average at the start {load:.1f}"


def least(module: str, ways: tuple[str, ...], key: str, **arguments: object) -> dict[str, dict]:
    """Measure every one of ``ways`` several times, in turn; of each keep the least by ``key``.

    Args:
        module: The module to run; it ends with :func:`answer`.
        ways: Values of its argument ``way``.
        key: Which of the measured values decides.
        **arguments: Its other arguments.
    """
    results: dict[str, list[dict]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way in ways:
            results[way].append(in_a_process(module, way=way, **arguments))
    return {way: min(several, key=lambda r: r[key]) for way, several in results.items()}


def in_a_process(module: str, **arguments: object) -> dict:
    """Run ``module`` with ``arguments`` in a process of its own; return what it answers."""
    command = [sys.executable, "-m", module, json.dumps(arguments)]
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def answer(measure: Callable[..., dict]) -> None:
    """Call ``measure`` with the arguments of the command line, and print its result for them."""
    print(json.dumps(measure(**json.loads(sys.argv[1]))))


def measure_runs(run: Callable[[], np.ndarray], count: int, result: Path) -> dict[str, float]:
    """Run ``count`` times in this process, and save what the last run returns as ``result``.

    Returns:
        ``ms``: CPU milliseconds of the fastest run after the first, which warms up; ``mib``: the
        memory that the runs added at their peak.
    """
    before = memory_from_now()
    times, returned = [], np.empty(0)
    for _ in range(count):
        start = time.process_time()
        returned = run()
        times.append(time.process_time() - start)
    np.save(result, returned)
    return {"ms": 1e3 * min(times[1:]), "mib": peak_mib() - before}


def memory_from_now() -> float:
    """MiB that this process holds; the peak begins anew from there, where the system can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return psutil.Process().memory_info().rss / 2**20


def peak_mib() -> float:
    """The most that this process held in memory.

    Not from getrusage: on Linux its figure is never below the peak of the process that started
    this one.
    """
    if STATUS.exists():
        lines = STATUS.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return psutil.Process().memory_info().peak_wset / 2**20
