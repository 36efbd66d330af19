"""OpenMP's dynamic teams are switched off, for each thread that asks."""

import ctypes
import sys
import threading

import pytest

from plugin_kit.device import keep_teams_whole

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libgomp is Linux's")


@linux_only
def test_dynamic_teams_are_switched_off():
    openmp = ctypes.CDLL("libgomp.so.1")
    openmp.omp_set_dynamic(1)
    assert openmp.omp_get_dynamic() == 1
    keep_teams_whole()
    assert openmp.omp_get_dynamic() == 0


@linux_only
def test_the_setting_belongs_to_the_thread():
    openmp = ctypes.CDLL("libgomp.so.1")
    seen = []

    def work():
        openmp.omp_set_dynamic(1)
        seen.append(openmp.omp_get_dynamic())
        keep_teams_whole()
        seen.append(openmp.omp_get_dynamic())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [1, 0]


def test_a_system_without_the_library_is_left_alone(monkeypatch):
    def missing(name):
        raise OSError(f"{name}: no such file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    keep_teams_whole()


def test_other_systems_are_left_alone(monkeypatch):
    loaded = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "CDLL", loaded.append)
    keep_teams_whole()
    assert loaded == []
