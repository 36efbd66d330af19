"""Pictures that the first pass keeps for the second: compressed, in memory, then on the disk."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

# The fastest: what is kept is mostly 0 and 255.
LEVEL = 1
MEMORY_BYTES = 256 * 2**20


class _Place(NamedTuple):
    start: int
    length: int
    shape: tuple[int, ...]


class KeptArrays:
    """uint8 arrays of any shapes, in the order in which they came.

    Mattes of 1280x720 take 20 to 60 kB each. Beyond ``memory_bytes`` all of them lie in a
    temporary file, which goes when this is closed.

    Example:
        >>> with KeptArrays() as kept:
        ...     kept.append(np.eye(3, dtype=np.uint8))
        ...     int(kept[0].sum())
        3
    """

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=memory_bytes)  # noqa: SIM115
        self._places: list[_Place] = []

    def __enter__(self) -> KeptArrays:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> np.ndarray:
        """The array, read only; IndexError where there is none."""
        place = self._places[index]
        self._file.seek(place.start)
        content = zlib.decompress(self._file.read(place.length))
        return np.frombuffer(content, np.uint8).reshape(place.shape)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(len(self)))

    def append(self, array: np.ndarray) -> None:
        """Keep a copy of ``array``, uint8.

        Raises:
            OSError: The disk is full.
        """
        content = zlib.compress(array.tobytes(), LEVEL)
        start = self._file.seek(0, 2)
        try:
            self._file.write(content)
        except OSError as error:
            raise OSError(
                error.errno,
                f"the mattes of the first pass do not fit into {tempfile.gettempdir()} "
                f"({error.strerror}): make room there, or set TMPDIR",
            ) from error
        self._places.append(_Place(start, len(content), array.shape))

    def close(self) -> None:
        """Let go of all of them."""
        self._file.close()
        self._places.clear()
