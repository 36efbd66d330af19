"""Give PyTorch's kernels the OpenMP team that they planned for.

ikomia's OpenCV switches OpenMP's dynamic teams on in its process. On a busy machine libgomp then
starts fewer threads than oneDNN divided its work among: convolutions come out wrong or wait for
ever at a barrier (seen with ikomia 0.16.1, PyTorch 2.15, load averages above the free cores).
"""

from __future__ import annotations

import ctypes
import sys


def keep_teams_whole() -> None:
    """Switch dynamic teams off for the calling thread; OpenMP keeps the setting by thread."""
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL("libgomp.so.1").omp_set_dynamic(0)
    except OSError:
        # PyTorch was built with another OpenMP library, which ikomia's OpenCV does not touch.
        return
