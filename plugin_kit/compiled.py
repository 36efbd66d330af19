"""Functions that numba compiles, with their machine code kept where that can be.

What they cost on a first run goes by their statements, and more by what they call: each of ``min``,
``**``, ``np.zeros``, ``sum`` or a slice brings functions of numba's own, compiled again for each
type, and ``parallel=True`` doubles it all. So kernels here loop over scalars, write into arrays
that they are given, and run on threads by :func:`over_rows`.

A kernel that takes a class of ours is given a new name when that class is renamed or removed: numba
unpickles what it kept of a function of that name and line before it sees that it is outdated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from numba import njit
from numba.core import config

logger = logging.getLogger(__name__)

# The name in numba's settings, which get it from the environment.
THREADS = "NUMBA_NUM_THREADS"


def compiled(**options: Any) -> Callable[[Callable], Any]:
    """numba's ``njit`` with these options and its cache; without, where no folder can be written.

    numba keeps machine code beside the source, else in the user's home, and refuses to compile
    where neither can be written, as in a container. The functions run without Python's lock, and
    divide by zero as numpy does.
    """
    given = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, **options}

    def decorate(function: Callable) -> Any:
        try:
            return njit(cache=True, **given)(function)
        except RuntimeError as error:
            logger.info("compiled anew at each start, set NUMBA_CACHE_DIR to keep it: %s", error)
            return njit(**given)(function)

    return decorate


def compiled_part(**options: Any) -> Callable[[Callable], Any]:
    """Likewise, for what only compiled functions call: half as dear, and Python cannot call it."""
    return compiled(no_cpython_wrapper=True, **options)


def over_rows(work: Callable[[int], object], count: int) -> None:
    """Call ``work`` with 0 to ``count`` - 1, on as many threads as numba would take.

    That is the environment's NUMBA_NUM_THREADS, else the cores; ``work`` gains by it as far as it
    lets go of Python's lock, as kernels with ``nogil=True`` and OpenCV do. The threads end here,
    so that a process may fork later. The first error of ``work`` is raised.
    """
    threads = min(vars(config)[THREADS], count)
    if threads < 2:
        for row in range(count):
            work(row)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, range(count)):
            pass
