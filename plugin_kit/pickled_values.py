"""What a pickle may hold: plain values, and stand-ins that become numpy arrays at the end."""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Maker = Callable[..., Any]

MAX_DIMENSIONS = 64
MAX_KEY_LENGTH = 8
MAX_SHOWN = 80
# A larger number's hash is that of a smaller one, and many such keys make a dictionary slow.
MAX_KEY = 2**61 - 1
DTYPE_CODE = re.compile(r"[<>=|]?(?:[biufc]\d{1,2}|[SU]\d{1,6}|O\d?|[?bBhHiIlLqQefdgFDG])")
ARRAY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")
NUMERIC_MODULES = ("numpy.core.numeric", "numpy._core.numeric")
LEAVES = (type(None), bool, int, float, complex, str, bytes, bytearray)
BUSY = object()


class UnreadablePickleError(ValueError, pickle.UnpicklingError):
    """A pickle that is damaged, or none.

    Attributes:
        reason: What is wrong with it, without the file's name.
    """

    words = "is not a readable pickle"

    def __init__(self, reason: str, path: Path | None = None) -> None:
        super().__init__(reason if path is None else f"{path} {self.words}: {reason}")
        self.reason = reason


class RefusedPickleError(UnreadablePickleError):
    """A pickle that names or does something that plain values do not need."""

    words = "was not read, for safety"


def shown(value: Any) -> str:
    """A value of a pickle for a message: the text of shared lists would be endless."""
    return repr(value[:MAX_SHOWN]) if isinstance(value, str) else f"a {type(value).__name__}"


class Allowance:
    """The memory, in bytes, that what a pickle asks for may still take."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise RefusedPickleError("it asks for far more memory than its size")


class StandIn:
    """Stands for a foreign object: keeps the state that the pickle gives it, and runs nothing."""

    __slots__ = ("state",)

    def __init__(self, *_: Any) -> None:
        self.state: Any = None

    def take_state(self, state: Any) -> None:
        """Keep the state; a subclass may check it."""
        self.state = state


class DtypeStandIn(StandIn):
    """Stands for a numpy.dtype: its code, and the byte order from its state."""

    __slots__ = ("dtype",)

    def __init__(self, code: Any, *_: Any) -> None:
        super().__init__()
        if not isinstance(code, str) or not DTYPE_CODE.fullmatch(code):
            raise RefusedPickleError(f"the data type {shown(code)} is not a plain number or text")
        self.dtype = np.dtype(code)

    def take_state(self, state: Any) -> None:
        order = state[1]
        if order not in ("<", ">", "=", "|") or any(part is not None for part in state[2:5]):
            raise RefusedPickleError("the data type has fields")
        self.dtype = self.dtype.newbyteorder(order)


class ArrayStandIn(StandIn):
    """Stands for a numpy.ndarray until all of the pickle is read."""

    __slots__ = ()

    def take_state(self, state: Any) -> None:
        shape, dtype, is_fortran, raw = state[-4:]
        self.state = raw, dtype, shape, "F" if is_fortran else "C", None


def _array_of_buffer(
    raw: Any, dtype: Any, shape: Any, order: str, axes: tuple[int, ...] | None = None
) -> ArrayStandIn:
    """What numpy writes in protocol 5; order K has the axes in another sequence."""
    array = ArrayStandIn()
    array.state = raw, dtype, shape, "C" if order == "K" else order, axes
    return array


def _scalar(dtype: Any, raw: Any = b"") -> np.generic:
    return np.frombuffer(_raw_bytes(raw), _numeric(dtype), count=1)[0]


def _numeric(dtype: Any) -> np.dtype:
    if not isinstance(dtype, DtypeStandIn) or dtype.dtype.hasobject:
        raise RefusedPickleError("bytes are given for objects")
    return dtype.dtype


def _raw_bytes(raw: Any) -> bytes | bytearray:
    """The bytes of an array, which Python 2 wrote as text."""
    if not isinstance(raw, (str, bytes, bytearray)):
        raise RefusedPickleError(f"an array's content is {type(raw).__name__}")
    return raw.encode("latin1") if isinstance(raw, str) else raw


def _encode(text: str, encoding: str = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise RefusedPickleError(f"text is encoded as {shown(encoding)}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


def _set(values: Sequence[Any] = ()) -> set:
    check_keys(values)
    return set(values)


def _frozenset(values: Sequence[Any] = ()) -> frozenset:
    return frozenset(_set(values))


def check_keys(keys: Sequence[Any]) -> None:
    """Refuse keys that take long to hash, as tuples of tuples can, or all have one hash."""
    for key in keys:
        parts = key if type(key) is tuple else (key,)
        if len(parts) > MAX_KEY_LENGTH or not all(map(_is_key, parts)):
            raise RefusedPickleError("a key or a member of a set is no text and no plain number")


def _is_key(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) < MAX_KEY
    return value is None or isinstance(value, (str, bytes, float, np.generic))


KNOWN: dict[tuple[str, str], Maker] = {
    ("numpy", "dtype"): DtypeStandIn,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): dict,
    **{(module, "_reconstruct"): ArrayStandIn for module in ARRAY_MODULES},
    **{(module, "scalar"): _scalar for module in ARRAY_MODULES},
    **{(module, "_frombuffer"): _array_of_buffer for module in NUMERIC_MODULES},
    **{
        (module, name): maker
        for module in ("builtins", "__builtin__")
        for name, maker in (
            ("set", _set),
            ("frozenset", _frozenset),
            ("complex", complex),
            ("bytes", _no_bytes),
        )
    },
}


class Resolver:
    """Replaces the stand-ins of arrays by arrays, in copies of the containers that hold them."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.done: dict[int, Any] = {}

    def plain(self, value: Any) -> Any:
        """The value with numpy arrays in place of what stands for them."""
        if type(value) in LEAVES or isinstance(value, np.generic):
            return value
        # Once each, since a small pickle can refer to the same lists in very many places.
        if id(value) not in self.done:
            self.done[id(value)] = BUSY
            self.done[id(value)] = self._made(value)
        if self.done[id(value)] is BUSY:
            raise RefusedPickleError("a container holds itself")
        return self.done[id(value)]

    def _made(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(self.plain, value))
        if isinstance(value, (set, frozenset)):
            return value
        if isinstance(value, ArrayStandIn):
            return self._array(value)
        if isinstance(value, StandIn) and not isinstance(value, DtypeStandIn):
            value.state = self.plain(value.state)
            return value
        raise RefusedPickleError("it holds a type or a function")

    def _array(self, stand_in: ArrayStandIn) -> np.ndarray:
        if stand_in.state is None:
            raise RefusedPickleError("an array has no content")
        raw, dtype, shape, order, axes = stand_in.state
        shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        is_shape = all(type(length) is int and length >= 0 for length in shape)
        if not is_shape or len(shape) > MAX_DIMENSIONS:
            raise RefusedPickleError("an array has no shape of whole numbers")
        flat = self._objects(raw, dtype) if isinstance(raw, list) else self._numbers(raw, dtype)
        if flat.size != math.prod(shape):
            raise RefusedPickleError(f"an array of shape {shape} has {flat.size} values")
        array = flat.reshape(shape, order=order)
        return (array if axes is None else array.transpose(axes)).copy(order="K")

    def _objects(self, values: list[Any], dtype: Any) -> np.ndarray:
        if not isinstance(dtype, DtypeStandIn) or not dtype.dtype.hasobject:
            raise RefusedPickleError("objects are given for numbers")
        flat = np.empty(len(values), object)
        # One by one: numpy would take lists in a list for more dimensions.
        for place, value in enumerate(values):
            flat[place] = self.plain(value)
        return flat

    def _numbers(self, raw: Any, dtype: Any) -> np.ndarray:
        kind, content = _numeric(dtype), _raw_bytes(raw)
        self.allowance.spend(len(content))
        return np.frombuffer(content, kind) if content else np.empty(0, kind)
