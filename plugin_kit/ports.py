"""What lies at a task's inputs and outputs, by the names of ``ports.py``."""

import copy
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

import numpy as np
from ikomia import dataprocess

from .array_output import ArrayOutput


def declare_ports(task: Any, inputs: Iterable[Any], outputs: Iterable[Any]) -> None:
    """Give ``task`` these inputs and outputs in place of those that its base class has.

    An output that is a CArrayIO becomes an :class:`ArrayOutput`, which can be saved and told.
    """
    task.clear_inputs()
    task.clear_outputs()
    for port in inputs:
        task.add_input(port)
    for port in outputs:
        task.add_output(ArrayOutput() if type(port) is dataprocess.CArrayIO else port)


def image_at(task: Any, port: IntEnum) -> np.ndarray | None:
    """The picture at an input as it was given, (H, W) or (H, W, C); None where there is none.

    Raises:
        ValueError: All of it is NaN.
    """
    connected = task.get_input(port)
    return _numbers(task, port, connected.get_image() if _has_data(connected) else None)


def required_image(task: Any, port: IntEnum, takes: str) -> np.ndarray:
    """The same where the task needs one; ValueError, of what the input ``takes``, without."""
    image = image_at(task, port)
    if image is None:
        raise ValueError(f"input {int(port)} of {task.name} is empty: it takes {takes}")
    return image


def array_at(task: Any, port: IntEnum) -> np.ndarray | None:
    """The array at an input; None where there is none, ValueError where all of it is NaN."""
    connected = task.get_input(port)
    return _numbers(task, port, connected.get_array() if _has_data(connected) else None)


def _has_data(connected: Any) -> bool:
    return connected is not None and connected.is_data_available()


def _numbers(task: Any, port: IntEnum, array: np.ndarray | None) -> np.ndarray | None:
    if array is None or array.size == 0:
        return None
    # A file of NaN is refused as well.
    if array.dtype.kind == "f" and np.isnan(array.flat[0]) and np.isnan(array).all():
        raise ValueError(
            f"input {int(port)} of {task.name} holds no number, only NaN: connect what has some"
        )
    return array


def dictionary_at(task: Any, port: IntEnum) -> dict[str, Any]:
    """A copy of the dictionary at an input; empty where there is none."""
    connected = task.get_input(port)
    return dict(connected.data or {}) if _has_data(connected) else {}


def is_video_at(task: Any, port: IntEnum) -> bool:
    """Whether the frames at an input come from a video file."""
    return isinstance(task.get_input(port), dataprocess.CVideoIO)


def video_path_at(task: Any, port: IntEnum) -> str:
    """The video file that the frames at an input come from; empty where from none."""
    return task.get_input(port).source_file_path if is_video_at(task, port) else ""


def refuse_frame_as_matte(
    task: Any, port: IntEnum, *, matte: np.ndarray, frame: np.ndarray
) -> None:
    """Refuse a matte that is the frame itself, as when Ikomia connects one source to all inputs.

    Raises:
        ValueError: It is; plain pictures and grey ones pass, since they may be mattes.
    """
    could_be = matte.shape == frame.shape and frame.ndim == 3 and np.ptp(frame) > 0
    if could_be and np.array_equal(matte, frame):
        raise ValueError(
            f"input {int(port)} of {task.name} is the frame itself, not its matte: connect the "
            "tasks explicitly (auto_connect wires one source to every input)"
        )


def publish_dictionary(task: Any, port: IntEnum, content: Mapping[str, Any]) -> None:
    """Put a copy at an output: Ikomia empties what was published in place at the next run."""
    task.get_output(port).data = copy.deepcopy(dict(content))
