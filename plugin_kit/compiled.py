"""Functions that numba compiles, with their machine code kept where that can be."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from numba import njit

logger = logging.getLogger(__name__)


def compiled(**options: Any) -> Callable[[Callable], Any]:
    """numba's ``njit`` with these options and its cache; without, where no folder can be written.

    numba keeps machine code beside the source, else in the user's home, and refuses to compile
    where neither can be written, as in a container.
    """

    def decorate(function: Callable) -> Any:
        try:
            return njit(cache=True, **options)(function)
        except RuntimeError as error:
            logger.info("compiled anew at each start, set NUMBA_CACHE_DIR to keep it: %s", error)
            return njit(**options)(function)

    return decorate
