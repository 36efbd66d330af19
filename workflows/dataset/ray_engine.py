"""Units on a Ray cluster, or on this machine by Ray: https://docs.ray.io."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from workflows.dataset.engine import Place, quiet_environment
from workflows.dataset.units import Unit
from workflows.dataset.work import CRASH, LATE, Result, perform

# Units read and write files, so that next to nothing goes through Ray's store of objects.
STORE_BYTES = 80 * 2**20
# So many units a worker wait at the workers, so that none stands idle.
WAITING = 2


class RayEngine:
    """At most so many units at a time as the cluster has room for.

    Args:
        place: Where units are worked on; every node of a cluster must see the same folders.
        slots: How many at once; of a cluster, None for as many as it has CPUs.
        threads: Of each.
        address: Of a cluster that runs; None starts Ray on this machine.

    Raises:
        RuntimeError: Ray is not installed, or there is no such cluster.
    """

    def __init__(
        self, place: Place, slots: int | None, threads: int, address: str | None = None
    ) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        # Its own reminder would stand between this command's lines.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ImportError as error:
            raise RuntimeError(
                "--engine ray needs the package ray: pip install ray, or take --engine local"
            ) from error
        self._ray, self._place = ray, place
        own = {} if address else {"num_cpus": slots, "object_store_memory": STORE_BYTES}
        variables = quiet_environment(threads, place.home(0))
        # A worker of Ray's bears many units; it gets a home when it loads what wants one.
        for name in ("HOME", "USERPROFILE"):
            variables.pop(name)
        try:
            ray.init(
                address=address,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env={"env_vars": variables},
                **own,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise RuntimeError(f"--address {address}: {error}") from error
        self.slots = slots or max(1, int(ray.cluster_resources().get("CPU", 1)) // threads)
        # Crashes are counted by the runner, which says how often a unit is tried again.
        self._perform = ray.remote(num_cpus=1, max_retries=0)(_perform)
        self._running: dict[Any, tuple[Unit, str]] = {}

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        for reference in self._running:
            self._ray.cancel(reference, force=True)
        self._running.clear()
        self._ray.shutdown()

    @property
    def has_room(self) -> bool:
        return len(self._running) < self.slots * WAITING

    def start(self, unit: Unit, key: str) -> None:
        """Hand a unit over."""
        reference = self._perform.remote(unit, key, self._place)
        self._running[reference] = (unit, key)

    def finished(self, timeout: float) -> list[Result]:
        """Wait until a unit has ended, at most ``timeout`` seconds; return all that have."""
        if not self._running:
            return []
        known = list(self._running)
        done, _ = self._ray.wait(known, num_returns=1, timeout=timeout)
        if done:
            done, _ = self._ray.wait(known, num_returns=len(known), timeout=0)
        return [self._result(reference) for reference in done]

    def _result(self, reference: Any) -> Result:
        unit, key = self._running.pop(reference)
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            if (self._place.staging / f"late-{key}").exists():
                return Result(unit.name, LATE, f"took more than {self._place.limit:g} s")
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            return Result(unit.name, CRASH, f"its worker was lost ({reason})")


def _perform(unit: Unit, key: str, place: Place) -> Result:
    """In a worker of Ray's."""
    home = place.staging / f"home-{os.getpid()}"
    home.mkdir(parents=True, exist_ok=True)
    os.environ["HOME"] = os.environ["USERPROFILE"] = str(home)
    here = Path.cwd()
    try:
        result = perform(unit, key, output=place.output, staging=place.staging, limit=place.limit)
    finally:
        # The next unit comes to the same process.
        os.chdir(here)
    return replace(result, measures=dict(result.measures))
