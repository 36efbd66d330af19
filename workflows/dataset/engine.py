"""What engines have in common: where units are worked on, and in which surroundings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workflows.dataset.units import Unit
from workflows.dataset.work import Result
from workflows.plugins import REPOSITORY

# What libraries take their number of threads from, before they are loaded.
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass(frozen=True)
class Place:
    """Where units are worked on.

    Attributes:
        output: The units' folders, whole.
        staging: What is not whole yet; on the same file system.
        logs: What the units' processes print.
        limit: Seconds that a unit may take; None for any.
    """

    output: Path
    staging: Path
    logs: Path
    limit: float | None = None

    def home(self, slot: int) -> Path:
        """A home for a worker: several that load Ikomia at once get into each other's way."""
        folder = self.staging / f"home-{slot}"
        folder.mkdir(exist_ok=True)
        return folder


class Engine(Protocol):
    """Something that works on units."""

    slots: int

    @property
    def has_room(self) -> bool: ...

    def start(self, unit: Unit, key: str) -> None: ...

    def finished(self, timeout: float) -> list[Result]: ...


def quiet_environment(threads: int, home: Path) -> dict[str, str]:
    """Variables for a worker's process: its threads, its home, and no progress bars."""
    told = {name: str(threads) for name in THREADS}
    # A task of the user's own may lie where the command was called.
    paths = (str(REPOSITORY), str(Path.cwd()), os.environ.get("PYTHONPATH", ""))
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return {
        **told,
        "OMP_WAIT_POLICY": "PASSIVE",
        "IKOMIA_AUTO_COMPLETION": "0",
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONUTF8": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "HOME": str(home),
        "USERPROFILE": str(home),
        # Weights that were fetched before are still found.
        "XDG_CACHE_HOME": cache,
        "TERM": "dumb",
    }
