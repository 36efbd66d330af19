"""Pickles that may only hold numbers, text, containers of them, and numpy arrays.

Python's own unpickler runs whatever a file names. Forbidding names is not enough: the state of a
``numpy.dtype`` can be forged so that bytes are taken for pointers, a state can be given to a
function of the reader, and a few bytes can ask for gigabytes. So no foreign object is ever built:
stand-ins collect its state and the arrays are made from plain bytes at the end, states go to
stand-ins only, and everything made is paid for out of an allowance that grows with the file.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .pickled_values import (
    KNOWN,
    LEAVES,
    MAX_SHOWN,
    Allowance,
    Maker,
    RefusedPickleError,
    Resolver,
    StandIn,
    UnreadablePickleError,
    check_keys,
)

Names = Callable[[str, str], Maker | None]

MAX_BYTES = 512 * 2**20
# What a pickle may make: so many bytes, and so many more for each of its own, up to the most.
ALLOWANCE, ALLOWANCE_A_BYTE, MAX_ALLOWANCE = 2**24, 64, 2**31
CONTAINER, SET = 64, 224
# Lists that are referred to from many places may stand for so many values, and for so many times
# the values that are there.
MAX_UNFOLDED, MAX_UNFOLDING = 2**20, 8


def nothing_more(module: str, name: str) -> Maker | None:
    """The names that pickles of arrays and containers need, and no others."""
    return None


def load_pickle(path: Path, *, extra: Names = nothing_more, max_bytes: int | None = None) -> Any:
    """The content of a pickle file of numpy arrays and builtin containers, of any protocol.

    Args:
        path: The file.
        extra: Tells what stands for a module's name that arrays and containers do not need: a
            :class:`StandIn`, or a function that makes plain values; None refuses it.
        max_bytes: The largest file that is read; 512 MiB where nothing is said.

    Raises:
        RefusedPickleError: It names anything else, or would take far more memory than its size.
        ValueError: It is too large or damaged. Both name the file.
    """
    limit = MAX_BYTES if max_bytes is None else max_bytes
    size = path.stat().st_size
    if size > limit:
        raise ValueError(
            f"{path} has {size} bytes, more than the {limit} that are read from a pickle: "
            "save it as .npz"
        )
    try:
        content = loads(path.read_bytes(), extra)
        check_unfolding(content)
    except UnreadablePickleError as error:
        raise type(error)(error.reason, path) from error
    return content


def loads(data: bytes, extra: Names = nothing_more) -> Any:
    """The same from bytes; lists may still be shared, see :func:`check_unfolding`.

    Raises:
        UnreadablePickleError: Whatever is wrong with it.

    Example:
        >>> loads(pickle.dumps({"a": np.arange(3)}))
        {'a': array([0, 1, 2])}
        >>> try:
        ...     loads(pickle.dumps(print))
        ... except RefusedPickleError as error:
        ...     print(error)
        builtins.print is not allowed in it
    """
    allowance = Allowance(min(ALLOWANCE + ALLOWANCE_A_BYTE * len(data), MAX_ALLOWANCE))
    try:
        return Resolver(allowance).plain(_Unpickler(data, extra, allowance).load())
    except UnreadablePickleError:
        raise
    except pickle.UnpicklingError as error:
        raise UnreadablePickleError(str(error)) from error
    # Damaged pickles fail in any opcode, in as many ways.
    except Exception as error:
        raise UnreadablePickleError(f"{type(error).__name__}: {error}") from error


def check_unfolding(content: Any) -> None:
    """Refuse lists that are shared so often that an array of them would be beyond all measure.

    Raises:
        RefusedPickleError: They are.
    """
    totals: dict[int, int] = {}
    there = 0

    def unfolded(value: Any) -> int:
        nonlocal there
        if id(value) not in totals:
            total = value.size if isinstance(value, np.ndarray) else 1
            items = _items_of(value)
            simple = sum(type(item) in LEAVES for item in items)
            there += total + simple
            total += simple + sum(unfolded(item) for item in items if type(item) not in LEAVES)
            totals[id(value)] = total
        return totals[id(value)]

    total = unfolded(content)
    if total > max(MAX_UNFOLDED, MAX_UNFOLDING * there):
        raise RefusedPickleError(f"its lists unfold to {total:.3g} values, but hold {there}")


def _items_of(value: Any) -> Sequence[Any]:
    """What a container holds; an array of numbers, and anything else, holds nothing."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, StandIn):
        return (value.state,)
    is_of_objects = isinstance(value, np.ndarray) and value.dtype.hasobject
    return value.ravel().tolist() if is_of_objects else ()


class _Named:
    """What a pickle has by a name: all that it can do with it is to call it."""

    __slots__ = ("make",)

    def __init__(self, make: Maker) -> None:
        self.make = make

    def __call__(self, *values: Any) -> Any:
        return self.make(*values)


# Python's own unpickler, not C's: C's allocates a memo as large as any index the file names. What
# is known of its types leaves out its stack and its opcodes.
PythonUnpickler: Any = vars(pickle)["_Unpickler"]


class _Unpickler(PythonUnpickler):
    """Builds plain values and stand-ins; its opcodes are Python's, held to these."""

    def __init__(self, data: bytes, extra: Names, allowance: Allowance) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")
        self.extra = extra
        self.allowance = allowance

    def find_class(self, module: str, name: str) -> _Named | None:
        if (module, name) == ("numpy", "ndarray"):
            return None
        maker = KNOWN.get((module, name)) or self.extra(module, name)
        if maker is None:
            raise RefusedPickleError(f"{module}.{name}"[:MAX_SHOWN] + " is not allowed in it")
        self.allowance.spend(CONTAINER)
        return _Named(maker)

    def persistent_load(self, pid: Any) -> Any:
        raise UnreadablePickleError("it refers to objects outside of it")

    def get_extension(self, code: int) -> Any:
        raise RefusedPickleError("it uses registered extensions")

    def call(self, function: Any, values: Any) -> Any:
        """What a named function makes of values, whose copy is paid for."""
        if type(function) is not _Named or type(values) not in (tuple, list):
            raise RefusedPickleError("it calls what is no function")
        size = CONTAINER
        for value in values:
            if isinstance(value, (str, bytes, bytearray)):
                size += len(value)
            elif isinstance(value, (list, tuple, dict, set, frozenset)):
                size += CONTAINER * len(value)
        self.allowance.spend(size)
        return function(*values)

    def _instantiate(self, klass: Any, args: Any) -> None:
        self.append(self.call(klass, args))

    def load_reduce(self) -> None:
        values = self.stack.pop()
        self.stack[-1] = self.call(self.stack[-1], values)

    def load_newobj(self) -> None:
        values = self.stack.pop()
        self.stack[-1] = self.call(self.stack[-1], values)

    def load_newobj_ex(self) -> None:
        raise RefusedPickleError("it makes an object from named values")

    def load_build(self) -> None:
        state = self.stack.pop()
        if not isinstance(self.stack[-1], StandIn):
            raise RefusedPickleError("it gives a state to what has none")
        self.stack[-1].take_state(state)

    def load_bytearray8(self) -> None:
        """Read before allocating: the file may name any length."""
        (length,) = struct.unpack("<Q", self.read(8))
        self.append(bytearray(self.read(length)))

    def load_append(self) -> None:
        self.check_target(self.stack[-2], list)
        super().load_append()

    def load_appends(self) -> None:
        self.check_target(self.metastack[-1][-1], list)
        super().load_appends()

    def load_setitem(self) -> None:
        self.check_target(self.stack[-3], dict)
        check_keys(self.stack[-2:-1])
        super().load_setitem()

    def load_setitems(self) -> None:
        self.check_target(self.metastack[-1][-1], dict)
        check_keys(self.stack[::2])
        super().load_setitems()

    def load_additems(self) -> None:
        self.check_target(self.metastack[-1][-1], set)
        check_keys(self.stack)
        super().load_additems()

    def load_dict(self) -> None:
        check_keys(self.stack[::2])
        super().load_dict()

    def load_frozenset(self) -> None:
        check_keys(self.stack)
        super().load_frozenset()

    @staticmethod
    def check_target(target: Any, kind: type) -> None:
        if type(target) is not kind:
            raise RefusedPickleError(f"it adds to {type(target).__name__} as to a {kind.__name__}")


def _paid(load: Callable[[Any], None], size: int) -> Callable[[Any], None]:
    def paid(unpickler: _Unpickler) -> None:
        unpickler.allowance.spend(size)
        load(unpickler)

    return paid


_Unpickler.dispatch = {
    opcode: getattr(_Unpickler, load.__name__) for opcode, load in PythonUnpickler.dispatch.items()
}
# Each of them makes out of one byte what takes so many.
for _opcodes, _size in (
    ((pickle.EMPTY_SET, pickle.FROZENSET), SET),
    ((pickle.EMPTY_LIST, pickle.LIST, pickle.EMPTY_DICT, pickle.DICT), CONTAINER),
    ((pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3), CONTAINER),
    ((pickle.MARK, pickle.MEMOIZE), CONTAINER),
):
    for _opcode in _opcodes:
        _Unpickler.dispatch[_opcode[0]] = _paid(_Unpickler.dispatch[_opcode[0]], _size)
