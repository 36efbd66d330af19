"""What a pickle may hold: plain values, numpy arrays, and stand-ins for foreign objects."""

import math
import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from .files import FileError

Maker = Callable[..., Any]

MAX_DIMENSIONS, MOST_VALUES = 64, 2**40
MAX_KEY_LENGTH = 8
MAX_SHOWN = 80
# A larger number's hash is that of a smaller one, and many such keys make a dictionary slow.
MAX_KEY = 2**61 - 1
DTYPE_CODE = re.compile(r"[<>=|]?(?:[biufc]\d{1,2}|[SU]\d{1,6}|O\d?|[?bBhHiIlLqQefdgFDG])")
# Lists that are referred to from many places may stand for so many values, and for so many times
# the values that are there.
MAX_UNFOLDED, MAX_UNFOLDING = 2**20, 8
LEAVES = (type(None), bool, int, float, complex, str, bytes, bytearray)


class UnreadablePickleError(FileError, pickle.UnpicklingError):
    """A pickle that is damaged, or none; ``reason`` says why, without the file's name."""

    words = "is not a readable pickle"

    def __init__(self, reason: str, path: Path | None = None) -> None:
        self.reason = reason
        if path is None:
            ValueError.__init__(self, reason)
        else:
            super().__init__(path, f"{self.words}: {reason}", "save it as .npz")


class RefusedPickleError(UnreadablePickleError):
    """A pickle that names or does something that plain values do not need."""

    words = "was not read, for safety"


class Named:
    """What a pickle has by a name: all that it can do with it is to call it."""

    __slots__ = ("make",)

    def __init__(self, make: Maker) -> None:
        self.make = make

    def __call__(self, *values: Any) -> Any:
        return self.make(*values)


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
            raise RefusedPickleError(f"the data type {_shown(code)} is not a plain number or text")
        self.dtype = np.dtype(code)

    def take_state(self, state: Any) -> None:
        order = state[1]
        if order not in ("<", ">", "=", "|") or any(part is not None for part in state[2:5]):
            raise RefusedPickleError("the data type has fields")
        self.dtype = self.dtype.newbyteorder(order)


class ArrayStandIn(StandIn):
    """Stands for a numpy.ndarray until its state comes; the memo refers to it in ``places``."""

    __slots__ = ("places",)

    def __init__(self, *_: Any) -> None:
        super().__init__()
        self.places: list[int] = []

    def array(self, state: Any) -> np.ndarray:
        """The array that it stands for."""
        shape, dtype, is_fortran, raw = state[-4:]
        return _array(raw, dtype, shape, "F" if is_fortran else "C")


def _array(
    raw: Any, dtype: Any, shape: Any, order: str, axes: tuple[int, ...] | None = None
) -> np.ndarray:
    """An array of bytes or objects; order K has the axes in another sequence."""
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    is_shape = all(type(length) is int and 0 <= length < MOST_VALUES for length in shape)
    if not is_shape or len(shape) > MAX_DIMENSIONS:
        raise RefusedPickleError("an array has no shape of whole numbers")
    if not isinstance(order, str) or order not in "CFK":
        raise RefusedPickleError(f"an array's order is {_shown(order)}")
    flat = _objects(raw, dtype) if isinstance(raw, list) else _numbers(raw, dtype)
    if flat.size != math.prod(shape):
        raise RefusedPickleError(f"an array of shape {shape} has {flat.size} values")
    array = flat.reshape(shape, order="F" if order == "F" else "C")
    return (array if axes is None else array.transpose(axes)).copy(order="K")


def _objects(values: list[Any], dtype: Any) -> np.ndarray:
    if not isinstance(dtype, DtypeStandIn) or not dtype.dtype.hasobject:
        raise RefusedPickleError("objects are given for numbers")
    flat = np.empty(len(values), object)
    # One by one: numpy would take lists in a list for more dimensions.
    for place, value in enumerate(values):
        flat[place] = value
    return flat


def _numbers(raw: Any, dtype: Any, count: int = -1) -> np.ndarray:
    """Of an array's bytes, which Python 2 wrote as text."""
    if not isinstance(dtype, DtypeStandIn) or dtype.dtype.hasobject:
        raise RefusedPickleError("bytes are given for objects")
    if not isinstance(raw, (str, bytes, bytearray)):
        raise RefusedPickleError(f"an array's content is {type(raw).__name__}")
    content = raw.encode("latin1") if isinstance(raw, str) else raw
    return np.frombuffer(content, dtype.dtype, count) if content else np.empty(0, dtype.dtype)


def _scalar(dtype: Any, raw: Any = b"") -> np.generic:
    return _numbers(raw, dtype, 1)[0]


def _encode(text: str, encoding: str = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise RefusedPickleError(f"text is encoded as {_shown(encoding)}")
    return text.encode("latin1")


def _shown(value: Any) -> str:
    """A value of a pickle for a message: the text of shared lists would be endless."""
    return repr(value[:MAX_SHOWN]) if isinstance(value, str) else f"a {type(value).__name__}"


def set_of(values: Sequence[Any] = ()) -> set:
    check_keys(values)
    return set(values)


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


# By each of the modules that had the name: numpy's of version 1 and 2, Python's of 2 and 3.
_MAKERS: tuple[tuple[tuple[str, ...], str, Maker], ...] = (
    (("numpy",), "dtype", DtypeStandIn),
    (("numpy.core.multiarray", "numpy._core.multiarray"), "_reconstruct", ArrayStandIn),
    (
        ("numpy.core.multiarray", "numpy._core.multiarray"),
        "scalar",
        lambda kind, raw=b"": _numbers(raw, kind, 1)[0],
    ),
    (("numpy.core.numeric", "numpy._core.numeric"), "_frombuffer", _array),
    (("_codecs",), "encode", _encode),
    (("collections",), "OrderedDict", dict),
    (("builtins", "__builtin__"), "set", set_of),
    (("builtins", "__builtin__"), "frozenset", lambda v=(): frozenset(set_of(v))),
    (("builtins", "__builtin__"), "complex", complex),
    (("builtins", "__builtin__"), "bytes", lambda: b""),
)
KNOWN: Mapping[tuple[str, str], Maker] = MappingProxyType(
    {(module, name): maker for modules, name, maker in _MAKERS for module in modules}
)


def check_unfolding(content: Any) -> None:
    """Refuse lists that are shared so often that an array of them would be beyond all measure."""
    total, there = counted(content)
    if total > max(MAX_UNFOLDED, MAX_UNFOLDING * there):
        raise RefusedPickleError(f"its lists unfold to {total:.3g} values, but hold {there}")


def counted(content: Any) -> tuple[int, int]:
    """How many values the content stands for with every list unfolded, and how many are there.

    It is refused where it holds itself, or what is no value.
    """
    totals: dict[int, int | None] = {}
    there = 0

    def unfolded(value: Any) -> int:
        nonlocal there
        # Once each, since a small pickle can refer to the same lists in very many places.
        if id(value) not in totals:
            totals[id(value)] = None
            total = value.size if isinstance(value, np.ndarray) else 1
            items = _items_of(value)
            simple = sum(type(item) in LEAVES for item in items)
            there += total + simple
            total += simple + sum(unfolded(item) for item in items if type(item) not in LEAVES)
            totals[id(value)] = total
        known = totals[id(value)]
        if known is None:
            raise RefusedPickleError("a container holds itself")
        return known

    return unfolded(content), there


def _items_of(value: Any) -> Sequence[Any]:
    """What a container holds; an array of numbers, and any other plain value, holds nothing."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, np.ndarray):
        return value.ravel().tolist() if value.dtype.hasobject else ()
    if isinstance(value, StandIn) and not isinstance(value, (ArrayStandIn, DtypeStandIn)):
        return (value.state,)
    if isinstance(value, (*LEAVES, np.generic, set, frozenset)):
        return ()
    raise RefusedPickleError("it holds a type, a function, or an array without content")
