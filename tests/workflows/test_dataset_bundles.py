"""Units that Ray's workers take several at once, with a Ray that works at once, and may die."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from workflows.dataset import ray_engine
from workflows.dataset.engine import Place
from workflows.dataset.units import Unit
from workflows.dataset.work import CRASH, DONE, ERROR

TASK = "tests.workflows.test_dataset_bundles:work"


class Lost(Exception):
    """What Ray raises of a worker that is lost."""


class Killed(BaseException):
    """Not an error of the unit's data, so that it ends its worker."""


class RayHere:
    """Does what is asked in this process when its end is waited for."""

    exceptions = SimpleNamespace(RayError=Lost)

    def __init__(self):
        self.bundles = []

    def is_initialized(self):
        return True

    def cluster_resources(self):
        return {"CPU": 2.0}

    def remote(self, **_):
        return lambda function: SimpleNamespace(
            remote=lambda bundle, place: self._begin(lambda: function(bundle, place), bundle)
        )

    def _begin(self, call, bundle):
        self.bundles.append([unit.name for unit, _ in bundle.units])
        return call

    def wait(self, known, num_returns, timeout):
        return known[:num_returns], known[num_returns:]

    def get(self, call):
        try:
            call()
        except Killed as error:
            raise Lost("worker died") from error

    def cancel(self, call, force):
        pass


def work(unit, folder):
    if unit.name == "kills-worker":
        raise Killed
    if unit.name == "fails":
        raise ValueError("damaged")
    return {}


@pytest.fixture
def engine(tmp_path, monkeypatch):
    ray = RayHere()
    monkeypatch.setattr(ray_engine, "_ray", lambda: ray)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, os.environ.get(name, str(Path.home())))
    for name in ("staging", "out"):
        (tmp_path / name).mkdir()
    place = Place(tmp_path / "out", tmp_path / "staging", tmp_path / "logs")
    return ray_engine.RayEngine(place, 2, 1), ray


def finish(engine, names):
    """All results, as they come."""
    waiting, results = list(names), []
    while True:
        while waiting and engine.has_room:
            name = waiting.pop(0)
            engine.start(Unit(name, TASK), f"key-{name}")
        found = engine.finished(1)
        results += found
        if not found and not waiting:
            return results


def test_short_units_go_together_more_and_more(engine):
    engine, ray = engine
    names = [f"u{n:03d}" for n in range(300)]
    results = finish(engine, names)
    assert sorted(result.name for result in results) == names
    assert {result.kind for result in results} == {DONE}
    sizes = [len(bundle) for bundle in ray.bundles]
    assert sizes[:4] == [1, 1, 1, 1] and max(sizes) > 10 and len(sizes) < 100


def test_what_was_not_begun_is_given_back(engine, monkeypatch):
    engine, ray = engine
    engine._seconds_a_unit = 0.01
    monkeypatch.setattr(ray_engine, "BUNDLE_SECONDS", 0.0)
    monkeypatch.setattr(ray_engine.RayEngine, "_most", 8)
    results = finish(engine, [f"u{n}" for n in range(8)])
    assert sorted(result.name for result in results) == [f"u{n}" for n in range(8)]
    # One of each bundle is done, and the rest comes again.
    assert len(ray.bundles) == 8 and sum(map(len, ray.bundles)) > 8


def test_a_lost_worker_costs_the_unit_that_it_was_at(engine, monkeypatch):
    engine, _ = engine
    monkeypatch.setattr(ray_engine.RayEngine, "_most", 8)
    names = ["a", "kills-worker", "fails", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
    kinds = {result.name: result.kind for result in finish(engine, names)}
    assert kinds.pop("kills-worker") == CRASH
    assert kinds.pop("fails") == ERROR
    assert set(kinds.values()) == {DONE} and len(kinds) == 10
    assert not list(engine._place.staging.glob("told-*"))
