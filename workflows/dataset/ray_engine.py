"""Units on a Ray cluster, or on this machine by Ray: https://docs.ray.io."""

from __future__ import annotations

import json
import logging
import os
import time
import uuid
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflows.dataset.engine import Place, quiet_environment
from workflows.dataset.units import Unit
from workflows.dataset.work import CRASH, LATE, Result, perform

# Units read and write files, so that next to nothing goes through Ray's store of objects.
STORE_BYTES = 80 * 2**20
# So many bundles a worker wait at the workers, so that none stands idle.
WAITING = 2
# Short units go to a worker several at once; what it has not begun after so long, it gives back.
BUNDLE_SECONDS = 0.5
MOST_IN_A_BUNDLE = 64
# How much of what units take is still remembered after the next one.
REMEMBERED = 0.8

Given = tuple[Unit, str]


@dataclass(frozen=True)
class Bundle:
    """Units that a worker takes together, and the file that says how each of them ended."""

    units: Sequence[Given]
    told: Path

    def results(self) -> list[Result]:
        """Of those that have ended, in order."""
        try:
            lines = self.told.read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return []
        # Behind the last end of a line nothing is whole.
        return [Result(**json.loads(line)) for line in lines[:-1]]


class RayEngine:
    """At most so many units at a time as the cluster has room for.

    Args:
        place: Where units are worked on; every node of a cluster must see the same folders.
        slots: How many at once; of a cluster, None for as many as it has CPUs.
        threads: Of each.
        address: Of a cluster that runs; None starts Ray on this machine. Ray that this process
            has started already is taken as it is, and left so.

    Raises:
        RuntimeError: Ray is not installed, or there is no such cluster.
    """

    def __init__(
        self, place: Place, slots: int | None, threads: int, address: str | None = None
    ) -> None:
        self._ray, self._place = _ray(), place
        self._is_own = not self._ray.is_initialized()
        variables = _variables(place, threads)
        if self._is_own:
            start_ray(slots, variables, address or "")
        resources = self._ray.cluster_resources()
        self.slots = slots or max(1, int(resources.get("CPU", 1)) // threads)
        # Crashes are counted by the runner, which says how often a unit is tried again.
        surroundings = {} if self._is_own else {"runtime_env": {"env_vars": variables}}
        self._perform = self._ray.remote(num_cpus=1, max_retries=0, **surroundings)(_perform)
        self._waiting: deque[Given] = deque()
        self._running: dict[Any, Bundle] = {}
        self._held = 0
        self._seconds_a_unit = BUNDLE_SECONDS

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        for reference in self._running:
            self._ray.cancel(reference, force=True)
        self._running.clear()
        if self._is_own:
            self._ray.shutdown()

    @property
    def has_room(self) -> bool:
        return self._held < self.slots * WAITING * self._most

    def start(self, unit: Unit, key: str) -> None:
        """Take a unit; it is handed over together with others."""
        self._held += 1
        self._waiting.append((unit, key))

    def finished(self, timeout: float) -> list[Result]:
        """Wait until units have ended, at most ``timeout`` seconds; return all that have."""
        self._hand_over()
        if not self._running:
            return []
        known = list(self._running)
        done, _ = self._ray.wait(known, num_returns=1, timeout=timeout)
        if done:
            done, _ = self._ray.wait(known, num_returns=len(known), timeout=0)
        results = [result for reference in done for result in self._results(reference)]
        self._held -= len(results)
        return results

    @property
    def _most(self) -> int:
        """How many units make a bundle, by what the last ones took."""
        return max(1, min(MOST_IN_A_BUNDLE, int(BUNDLE_SECONDS / self._seconds_a_unit)))

    def _hand_over(self) -> None:
        free = self.slots * WAITING - len(self._running)
        while self._waiting and free > 0:
            # Evenly, so that at the end no worker is left with much while others have nothing.
            count = min(self._most, -(-len(self._waiting) // free))
            units = [self._waiting.popleft() for _ in range(count)]
            bundle = Bundle(units, self._place.staging / f"told-{uuid.uuid4().hex}.jsonl")
            self._running[self._perform.remote(bundle, self._place)] = bundle
            free -= 1

    def _results(self, reference: Any) -> Iterator[Result]:
        bundle = self._running.pop(reference)
        lost = None
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            lost = error
        results = bundle.results()
        for result in results:
            took = max(result.seconds, BUNDLE_SECONDS / MOST_IN_A_BUNDLE)
            self._seconds_a_unit += (1 - REMEMBERED) * (took - self._seconds_a_unit)
        yield from results
        rest = list(bundle.units[len(results) :])
        if lost is not None and rest:
            yield self._crash(*rest.pop(0), lost)
        # Before all others: they were asked for first.
        self._waiting.extendleft(reversed(rest))
        bundle.told.unlink(missing_ok=True)

    def _crash(self, unit: Unit, key: str, error: Exception) -> Result:
        """How the unit ended at which the worker of its bundle was lost."""
        marker = self._place.staging / f"late-{key}"
        if marker.exists():
            marker.unlink()
            return Result(unit.name, LATE, f"took more than {self._place.limit:g} s")
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Result(unit.name, CRASH, f"its worker was lost ({reason})")


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Its own reminder would stand between this command's lines.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise RuntimeError(
            "--engine ray needs the package ray: pip install ray, or take --engine local"
        ) from error
    return ray


def _variables(place: Place, threads: int) -> dict[str, str]:
    variables = quiet_environment(threads, place.home(0))
    # A worker of Ray's bears many units; it gets a home when it loads what wants one.
    for name in ("HOME", "USERPROFILE"):
        variables.pop(name)
    return variables


def start_ray(slots: int | None, variables: Mapping[str, str] = {}, address: str = "") -> None:
    """Start Ray on this machine, or reach a cluster.

    Args:
        slots: How many CPUs Ray may count on, on this machine; None for all.
        variables: Of the environment of all workers.
        address: Of a cluster that runs.

    Raises:
        RuntimeError: Ray is not installed, or there is no such cluster.
    """
    ray = _ray()
    # Processes that this one starts inherit its variables, at once; Ray's own way of handing them
    # to a cluster's workers takes seconds at the start of each.
    own: dict[str, Any] = {"num_cpus": slots, "object_store_memory": STORE_BYTES}
    if address:
        own = {"runtime_env": {"env_vars": dict(variables)}}
    before = dict(os.environ)
    os.environ.update({} if address else variables)
    try:
        ray.init(
            address=address or None,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            **own,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise RuntimeError(f"--address {address}: {error}") from error
    finally:
        for name in variables:
            os.environ.pop(name, None)
        os.environ.update({name: before[name] for name in variables if name in before})


def _perform(bundle: Bundle, place: Place) -> None:
    """In a worker of Ray's: the units in order, as many as there is time for, one at least."""
    home = place.staging / f"home-{os.getpid()}"
    home.mkdir(parents=True, exist_ok=True)
    os.environ["HOME"] = os.environ["USERPROFILE"] = str(home)
    here, end = Path.cwd(), time.monotonic() + BUNDLE_SECONDS
    with bundle.told.open("w", encoding="utf-8") as told:
        for unit, key in bundle.units:
            try:
                result = perform(
                    unit, key, output=place.output, staging=place.staging, limit=place.limit
                )
            finally:
                # The next unit comes to the same process.
                os.chdir(here)
            told.write(json.dumps(vars(result), default=str) + "\n")
            # It is to be seen even if the next unit ends this process.
            told.flush()
            if time.monotonic() >= end:
                return
