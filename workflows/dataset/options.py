"""The options of a run over a data set."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ENGINES = ("local", "ray")
AIST = "aist"


@dataclass(frozen=True)
class DatasetOptions:
    """What to do with a data set; ``python -m workflows.dataset --help`` says what each means."""

    root: Path
    output: Path
    task: str
    task_options: tuple[str, ...] = ()
    engine: str = "local"
    workers: int | None = None
    threads: int | None = None
    address: str | None = None
    shard: tuple[int, int] = (1, 1)
    only: tuple[str, ...] = ()
    retries: int = 2
    limit: float | None = None
    settings: Path | None = None
    dry_run: bool = False
    quiet: bool = False

    @property
    def local_workers(self) -> int:
        return self.workers or max(1, (os.cpu_count() or 1) // (self.threads or 1))

    @property
    def threads_a_worker(self) -> int:
        """So that all workers together have a thread a core."""
        cores = os.cpu_count() or 1
        return self.threads or max(1, cores // (self.workers or cores))

    @property
    def shard_suffix(self) -> str:
        """What names of files have behind them where a run is one of several."""
        number, count = self.shard
        return "" if count == 1 else f"-{number}-of-{count}"


def check_options(options: DatasetOptions) -> None:
    """Refuse what cannot be.

    Raises:
        ValueError: The text names the option.
        FileNotFoundError: There is no such root.
    """
    if not options.root.exists():
        raise FileNotFoundError(f"there is no {options.root}: name the data set's folder or table")
    if options.settings is not None and options.task != AIST:
        raise ValueError(f"--settings {options.settings} is for --task {AIST} alone")
    for name, value in (("--workers", options.workers), ("--threads", options.threads)):
        if value is not None and value < 1:
            raise ValueError(f"{name} {value} is less than 1")
    if options.address and options.engine != "ray":
        raise ValueError(f"--address {options.address} is a cluster's: add --engine ray")
    number, count = options.shard
    if not 1 <= number <= count:
        raise ValueError(f"--shard {number}/{count}: the first number runs from 1 to the second")
    if options.limit is not None and options.limit <= 0:
        raise ValueError(f"--limit {options.limit} is no time: give seconds above 0")
    if options.retries < 0:
        raise ValueError(f"--retries {options.retries} is less than 0")
    root, output = options.root.resolve(), options.output.resolve()
    if root == output:
        raise ValueError(f"--output {options.output} is the data set itself: name another folder")
