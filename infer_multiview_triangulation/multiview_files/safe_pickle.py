"""Pickles that may only hold numbers, text, containers of them, and numpy arrays.

Python's own unpickler runs whatever a file names. Forbidding names is not enough with numpy, as
the state of a ``numpy.dtype`` can be forged so that bytes are taken for pointers. So no numpy
object is ever built from the file's state: stand-ins collect it, check it, and the arrays are made
from plain bytes.
"""

from __future__ import annotations

import io
import math
import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MAX_BYTES = 512 * 2**20
DTYPE_CODE = re.compile(r"[<>=|]?(?:[biufc]\d{1,2}|[SUa]\d{1,6}|O8?|[?bBhHiIlLqQefdgFDG])")
ARRAY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")
NUMERIC_MODULES = ("numpy.core.numeric", "numpy._core.numeric")


def load_pickle(path: Path) -> Any:
    """The content of a pickle file of numpy arrays and builtin containers, of any protocol.

    Raises:
        ValueError: The file is too large, damaged, or holds anything else.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(
            f"{path} has {size} bytes, more than the {MAX_BYTES} that are read from a pickle: "
            "save it as .npz"
        )
    try:
        return loads(path.read_bytes())
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path} is not a pickle of numpy arrays and containers only ({error}): save it as .npz"
        ) from error


def loads(data: bytes) -> Any:
    """The same from bytes.

    Raises:
        pickle.UnpicklingError: Whatever is wrong with it.
    """
    try:
        return _plain(_Unpickler(io.BytesIO(data), encoding="latin1").load())
    except pickle.UnpicklingError:
        raise
    # Damaged pickles fail in any opcode, in as many ways.
    except Exception as error:
        raise pickle.UnpicklingError(f"{type(error).__name__}: {error}") from error


class _Call:
    """A function that a pickle may call; a new one each time, as a pickle can write to it."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *values: Any) -> Any:
        return self._function(*values)


class _Dtype:
    """Stands for a numpy.dtype: its code, and the byte order from its state."""

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not DTYPE_CODE.fullmatch(code):
            raise pickle.UnpicklingError(f"the data type {code!r} is not a plain number or text")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        if order not in ("<", ">", "=", "|") or any(part is not None for part in state[2:5]):
            raise pickle.UnpicklingError("the data type has fields")
        self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """Stands for a numpy.ndarray until its state arrives."""

    array: np.ndarray | None = None

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        shape, dtype, fortran, raw = state[-4:]
        self.array = _array(raw, dtype, shape, "F" if fortran else "C")


def _array(raw: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if not all(type(length) is int and length >= 0 for length in shape) or order not in ("C", "F"):
        raise pickle.UnpicklingError(f"an array has the shape {shape!r}")
    kind = dtype.dtype
    if kind.hasobject:
        flat = np.empty(len(raw), object)
        flat[:] = [_plain(value) for value in raw]
    else:
        raw = raw.encode("latin1") if isinstance(raw, str) else raw
        flat = np.frombuffer(raw, kind) if len(raw) else np.empty(0, kind)
    if flat.size != math.prod(shape):
        raise pickle.UnpicklingError(f"an array of shape {shape} has {flat.size} values")
    return flat.reshape(shape, order=order).copy(order="K")


def _scalar(dtype: Any, raw: Any) -> Any:
    return _array(raw, dtype, (1,), "C")[0]


def _encode(text: str, encoding: str = "latin1") -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"text is encoded as {encoding!r}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _encode,
    # The names of an index, which DeepLabCut's tables carry.
    ("pandas.core.indexes.frozen", "FrozenList"): list,
    **{(module, "_reconstruct"): _Array for module in ARRAY_MODULES},
    **{(module, "scalar"): _scalar for module in ARRAY_MODULES},
    **{(module, "_frombuffer"): _array for module in NUMERIC_MODULES},
    **{
        (module, name): kind
        for module in ("builtins", "__builtin__")
        for name, kind in (
            ("set", set),
            ("frozenset", frozenset),
            ("complex", complex),
            ("bytes", _no_bytes),
        )
    },
}


# Python's own unpickler, not C's: C's allocates a memo as large as any index the file names.
class _Unpickler(pickle._Unpickler):
    dispatch = dict(pickle._Unpickler.dispatch)

    def load_bytearray8(self) -> None:
        """Read before allocating: the file may name any length."""
        (length,) = struct.unpack("<Q", self.read(8))
        self.append(bytearray(self.read(length)))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "ndarray"):
            return None
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in it")
        return _Call(ALLOWED[module, name])

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to objects outside of it")

    def get_extension(self, code: int) -> Any:
        raise pickle.UnpicklingError("it uses registered extensions")


def _plain(value: Any, done: dict[int, Any] | None = None) -> Any:
    """The value with the stand-ins replaced by what they stand for."""
    done = {} if done is None else done
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        # Once each, since a small pickle can refer to the same lists in very many places.
        if id(value) not in done:
            done[id(value)] = None
            done[id(value)] = _plain_container(value, done)
        if done[id(value)] is None:
            raise pickle.UnpicklingError("a container holds itself")
        return done[id(value)]
    if isinstance(value, _Array):
        if value.array is None:
            raise pickle.UnpicklingError("an array has no content")
        return value.array
    if isinstance(value, (_Dtype, _Call)):
        raise pickle.UnpicklingError("it holds a type or a function")
    return value


def _plain_container(value: Any, done: dict[int, Any]) -> Any:
    if isinstance(value, dict):
        return {_plain(key, done): _plain(item, done) for key, item in value.items()}
    return type(value)(_plain(item, done) for item in value)
