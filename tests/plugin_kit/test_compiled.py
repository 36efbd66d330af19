"""Compiled functions work where no cache can be written."""

import numpy as np

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
    assert asked == [(True, {"fastmath": True}), (False, {"fastmath": True})]
