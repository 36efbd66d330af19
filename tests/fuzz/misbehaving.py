"""A worker whose readers do what no reader should, one kind each."""

import os
import time

import numpy as np

from development.fuzz import worker
from development.fuzz.readers import READERS, Reader


def _refuse(path):
    raise ValueError(f"{path} is damaged: export it again")


def _forget(path):
    raise ValueError("the file is damaged")


def _loop(path):
    while True:
        pass


def _fill(path):
    return np.ones(150_000_000)


FAULTS = {
    "read": lambda path: np.ones(3),
    "refused": _refuse,
    "foreign": lambda path: {}["missing"],
    "nameless": _forget,
    "impossible": lambda path: np.array([1.0, np.nan]),
    "hang": lambda path: time.sleep(60),
    "loop": _loop,
    "memory": _fill,
    "crash": lambda path: os.abort(),
}
READERS |= {name: Reader(read, lambda folder: []) for name, read in FAULTS.items()}

if __name__ == "__main__":
    worker.main()
