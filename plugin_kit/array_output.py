"""Arrays at outputs, which Ikomia's own CArrayIO can neither save nor tell as JSON."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ikomia import dataprocess

from .array_files import write_npz

logger = logging.getLogger(__name__)

ARRAY = "array"


class ArrayOutput(dataprocess.CArrayIO):
    """An array that is told as JSON, and saved as .npz.

    The JSON has ``shape``, ``dtype`` and ``data`` (nested lists; null is NaN).
    """

    def to_json(self, options: Sequence[str] = ()) -> str:
        """The array as JSON; ``options`` are Ikomia's: ``["json_format", "indented"]``."""
        array = self.get_array()
        if array is None:
            return "{}"
        data = np.asarray(array).astype(object)
        if array.dtype.kind == "f":
            data[~np.isfinite(array)] = None
        told = {"shape": array.shape, "dtype": str(array.dtype), "data": data.tolist()}
        return json.dumps(told, indent=4 if "indented" in options else None)

    def from_json(self, text: str) -> None:
        """Take what :meth:`to_json` told.

        Raises:
            ValueError: It is not that.
        """
        told = json.loads(text)
        if not isinstance(told, dict) or set(told) != {"shape", "dtype", "data"}:
            raise ValueError("an array's JSON has shape, dtype and data")
        dtype = np.dtype(told["dtype"])
        if dtype.kind not in "biuf":
            raise ValueError(f"dtype {told['dtype']!r} is not one of numbers")
        data = np.array(told["data"], float if dtype.kind == "f" else dtype)
        self.set_array(data.astype(dtype).reshape(told["shape"]))

    def save(self, path: str) -> None:
        """Write the array, by the name ``array``, as .npz; the file appears whole or not at all."""
        write_npz(Path(path).with_suffix(".npz"), {ARRAY: self.get_array()})


def save_arrays(task: Any) -> list[Path]:
    """Save the arrays of outputs that are to be saved, as ``<output folder>/<task>_<port>.npz``.

    Ikomia saves all other kinds by itself. Of a video, which runs the task once a frame, nothing is
    written: that is logged.
    """
    outputs = list(enumerate(task.get_outputs()))
    wanted = [
        (port, output)
        for port, output in outputs
        if isinstance(output, ArrayOutput) and output.auto_save and output.is_data_available()
    ]
    if not wanted:
        return []
    inputs = (task.get_input(port) for port in range(task.get_input_count()))
    if any(isinstance(given, dataprocess.CVideoIO) for given in inputs):
        logger.info("%s: the arrays of a video's frames are not saved", task.name)
        return []
    folder = Path(task.output_folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{task.name}_{port}.npz" for port, _ in wanted]
    for path, (_, output) in zip(paths, wanted, strict=True):
        output.save(str(path))
    return paths
