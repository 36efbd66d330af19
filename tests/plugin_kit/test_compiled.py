"""Compiled functions: without a cache, of parts, and on threads."""

import threading

import numpy as np
import pytest

from plugin_kit import compiled as kit


def test_without_a_place_for_the_cache_functions_are_compiled_all_the_same(monkeypatch):
    asked = []

    def njit(cache=False, **options):
        asked.append((cache, options))
        if cache:
            raise RuntimeError("cannot cache function 'double': no locator available")
        return np.vectorize

    monkeypatch.setattr(kit, "njit", njit)

    @kit.compiled(fastmath=True)
    def double(x):
        return 2 * x

    assert double([1, 2]).tolist() == [2, 4]
    assert [cache for cache, _ in asked] == [True, False]
    assert asked[0][1] == asked[1][1]
    assert asked[0][1].items() >= {"fastmath": True, "nogil": True}.items()


@pytest.mark.parametrize("threads", [1, 3])
def test_rows_are_worked_on_once_each_by_as_many_threads_as_are_allowed(monkeypatch, threads):
    monkeypatch.setattr(kit.config, "NUMBA_NUM_THREADS", threads)
    done = []
    kit.over_rows(lambda row: done.append((row, threading.get_ident())), 20)
    assert sorted(row for row, _ in done) == list(range(20))
    assert len({thread for _, thread in done}) <= threads


def test_what_fails_in_a_row_is_raised(monkeypatch):
    monkeypatch.setattr(kit.config, "NUMBA_NUM_THREADS", 2)
    with pytest.raises(ZeroDivisionError):
        kit.over_rows(lambda row: 1 // row, 4)


def test_a_kernel_may_call_compiled_parts():
    @kit.compiled_part()
    def half(value):
        return value / 2

    @kit.compiled()
    def halves(values):
        for index in range(values.shape[0]):
            values[index] = half(values[index])

    values = np.array([4.0, 6.0])
    halves(values)
    assert values.tolist() == [2, 3]
