"""Pickles that may only hold numbers, text, containers of them, and numpy arrays.

Python's own unpickler runs whatever a file names. Forbidding names is not enough: the state of a
``numpy.dtype`` can be forged so that bytes are taken for pointers, a state can be given to a
function of the reader, and a few bytes can ask for gigabytes. So this is an interpreter of its own:
all opcodes are checked before the first is obeyed, no foreign object is ever built, states go to
stand-ins only, and everything made is paid for out of an allowance that grows with the file.
"""

import codecs
import io
import pickletools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .files import FileError, content_of
from .pickled_values import (
    KNOWN,
    MAX_SHOWN,
    ArrayStandIn,
    Maker,
    Named,
    RefusedPickleError,
    StandIn,
    UnreadablePickleError,
    check_keys,
    check_unfolding,
    counted,
    set_of,
)

Names = Callable[[str, str], Maker | None]

MAX_BYTES = 512 * 2**20
# What a pickle may make: so many bytes, and so many more for each of its own; above the most, two.
ALLOWANCE, ALLOWANCE_A_BYTE, MAX_ALLOWANCE = 2**24, 64, 2**30
CONTAINER, SET = 64, 224
NEWEST_PROTOCOL = 5
OPCODES = {opcode.code.encode("latin1"): opcode for opcode in pickletools.opcodes}


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
        FileError: It is too large or damaged; the one above is one, too.
    """
    limit = MAX_BYTES if max_bytes is None else max_bytes
    size = path.stat().st_size
    if size > limit:
        problem = f"has {size} bytes, more than the {limit} that are read from a pickle"
        raise FileError(path, problem, "save it as .npz")
    try:
        content = loads(content_of(path), extra)
        check_unfolding(content)
    except UnreadablePickleError as error:
        raise type(error)(error.reason, path) from error
    return content


def loads(data: bytes, extra: Names = nothing_more) -> Any:
    """The same from bytes; lists may still be shared, see :func:`check_unfolding`.

    Raises:
        UnreadablePickleError: Whatever is wrong with it.

    Example:
        >>> import pickle
        >>> import numpy as np
        >>> loads(pickle.dumps({"a": np.arange(3)}))
        {'a': array([0, 1, 2])}
        >>> try:
        ...     loads(pickle.dumps(print))
        ... except RefusedPickleError as error:
        ...     print(error)
        builtins.print is not allowed in it
    """
    try:
        for _ in _opcodes(data):
            pass
        content = _Interpreter(data, extra).content()
        counted(content)
    except UnreadablePickleError:
        raise
    # Damaged pickles fail in any opcode, in as many ways.
    except Exception as error:
        raise UnreadablePickleError(f"{type(error).__name__}: {error}") from error
    return content


def _opcodes(data: bytes) -> Iterator[tuple[str, Any]]:
    """Names and arguments up to the end's, each checked to be one that is obeyed."""
    stream = io.BytesIO(data)
    while code := stream.read(1):
        opcode = OPCODES.get(code)
        if opcode is None:
            raise UnreadablePickleError(f"it has the opcode {code!r}")
        if opcode.name not in ACTIONS:
            raise UnreadablePickleError(f"no plain values need its opcode {opcode.name}")
        # Arguments are read before they are made, whatever length the file names.
        read = _read_string if opcode.name == "STRING" else opcode.arg and opcode.arg.reader
        argument: Any = read(stream) if read else None
        if opcode.name == "PROTO" and argument > NEWEST_PROTOCOL:
            raise UnreadablePickleError(f"it is of protocol {argument}, newer than any known")
        if opcode.name in ("GLOBAL", "INST"):
            argument = argument.split(" ", 1)
        yield opcode.name, argument
        if opcode.name == "STOP":
            return
    raise UnreadablePickleError("it ends too early")


def _read_string(stream: io.BytesIO) -> str:
    """A line of Python 2's: its bytes, escaped and in quotes."""
    line = stream.readline().rstrip(b"\n")
    if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1]:
        raise UnreadablePickleError("a text has no quotes")
    return codecs.escape_decode(line[1:-1])[0].decode("latin1")


def _dictionary(pairs: list[Any]) -> dict[Any, Any]:
    """Of keys and values in turn."""
    check_keys(pairs[::2])
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


class _Interpreter:
    """Obeys the opcodes on a stack and a memo of plain values and stand-ins."""

    def __init__(self, data: bytes, extra: Names) -> None:
        self.data, self.extra = data, extra
        most = max(MAX_ALLOWANCE, 2 * len(data))
        self.left = min(ALLOWANCE + ALLOWANCE_A_BYTE * len(data), most)
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def content(self) -> Any:
        for name, argument in _opcodes(self.data):
            action, cost = ACTIONS[name]
            if cost:
                self.spend(cost)
            action(self, argument)
        return self.stack.pop()

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise RefusedPickleError("it asks for far more memory than its size")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def popped(self, count: int) -> list[Any]:
        """The last values of the stack, which are taken off it."""
        start = len(self.stack) - count
        if start < 0:
            raise UnreadablePickleError("it takes more values than it has made")
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def since_mark(self) -> list[Any]:
        return self.popped(max(0, len(self.stack) - self.marks.pop()))

    def add(self, kind: type, values: list[Any]) -> None:
        """Add values, or keys and values in turn, to the container on the stack."""
        target: Any = self.stack[-1]
        if type(target) is not kind:
            raise RefusedPickleError(f"it adds to {type(target).__name__} as to a {kind.__name__}")
        if kind is list:
            target.extend(values)
        else:
            target.update(set_of(values) if kind is set else _dictionary(values))

    def push_named(self, module: str, name: str) -> None:
        if type(module) is not str or type(name) is not str:
            raise UnreadablePickleError("a name is no text")
        if (module, name) == ("numpy", "ndarray"):
            # Only ever the argument of a maker that has no use for it.
            return self.push(None)
        maker = KNOWN.get((module, name)) or self.extra(module, name)
        if maker is None:
            raise RefusedPickleError(f"{module}.{name}"[:MAX_SHOWN] + " is not allowed in it")
        self.spend(CONTAINER)
        return self.push(Named(maker))

    def call(self, function: Any, values: Any) -> None:
        """Push what a named function makes of values, whose copy is paid for."""
        if type(function) is not Named or type(values) not in (tuple, list):
            raise RefusedPickleError("it calls what is no function")
        self.pay_for_copies(values)
        self.push(function(*values))

    def call_marked(self, names: tuple[str, str] | None) -> None:
        values = self.since_mark()
        if names is not None:
            self.push_named(*names)
            values.insert(0, self.stack.pop())
        self.call(values[0], values[1:])

    def pay_for_copies(self, values: Sequence[Any]) -> None:
        size = CONTAINER
        for value in values:
            if isinstance(value, (str, bytes, bytearray)):
                size += len(value)
            elif isinstance(value, (list, tuple, dict, set, frozenset)):
                size += CONTAINER * len(value)
        self.spend(size)

    def build(self) -> None:
        """Give a stand-in its state; an array takes its place, in the memo too."""
        target, state = self.popped(2)
        if not isinstance(target, StandIn):
            raise RefusedPickleError("it gives a state to what has none")
        if isinstance(target, ArrayStandIn):
            self.pay_for_copies(state)
            self.push(target.array(state))
            self.memo.update(dict.fromkeys(target.places, self.stack[-1]))
        else:
            target.take_state(state)
            self.push(target)

    def put(self, place: int) -> None:
        self.memo[place] = value = self.stack[-1]
        if isinstance(value, ArrayStandIn):
            value.places.append(place)

    def pop(self) -> None:
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.stack.pop()


Action = Callable[[_Interpreter, Any], Any]
_ACTIONS: tuple[tuple[str, Action, int], ...] = (
    ("PROTO FRAME STOP", lambda machine, _: None, 0),
    (
        "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING "
        "SHORT_BINSTRING UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES "
        "BINBYTES8 BYTEARRAY8",
        _Interpreter.push,
        0,
    ),
    ("NONE", lambda machine, _: machine.push(None), 0),
    ("NEWTRUE", lambda machine, _: machine.push(True), 0),
    ("NEWFALSE", lambda machine, _: machine.push(False), 0),
    ("EMPTY_LIST", lambda machine, _: machine.push([]), CONTAINER),
    ("EMPTY_DICT", lambda machine, _: machine.push({}), CONTAINER),
    ("EMPTY_TUPLE", lambda machine, _: machine.push(()), 0),
    ("EMPTY_SET", lambda machine, _: machine.push(set()), SET),
    ("LIST", lambda machine, _: machine.push(machine.since_mark()), CONTAINER),
    ("DICT", lambda machine, _: machine.push(_dictionary(machine.since_mark())), CONTAINER),
    ("FROZENSET", lambda machine, _: machine.push(frozenset(set_of(machine.since_mark()))), SET),
    ("TUPLE", lambda machine, _: machine.push(tuple(machine.since_mark())), CONTAINER),
    ("TUPLE1", lambda machine, _: machine.push(tuple(machine.popped(1))), CONTAINER),
    ("TUPLE2", lambda machine, _: machine.push(tuple(machine.popped(2))), CONTAINER),
    ("TUPLE3", lambda machine, _: machine.push(tuple(machine.popped(3))), CONTAINER),
    ("APPEND", lambda machine, _: machine.add(list, machine.popped(1)), 0),
    ("APPENDS", lambda machine, _: machine.add(list, machine.since_mark()), 0),
    ("SETITEM", lambda machine, _: machine.add(dict, machine.popped(2)), 0),
    ("SETITEMS", lambda machine, _: machine.add(dict, machine.since_mark()), 0),
    ("ADDITEMS", lambda machine, _: machine.add(set, machine.since_mark()), 0),
    ("MARK", lambda machine, _: machine.marks.append(len(machine.stack)), CONTAINER),
    ("POP", lambda machine, _: machine.pop(), 0),
    ("POP_MARK", lambda machine, _: machine.since_mark(), 0),
    ("DUP", lambda machine, _: machine.push(machine.stack[-1]), 0),
    ("GET BINGET LONG_BINGET", lambda machine, place: machine.push(machine.memo[place]), 0),
    ("PUT BINPUT LONG_BINPUT", _Interpreter.put, 0),
    ("MEMOIZE", lambda machine, _: machine.put(len(machine.memo)), CONTAINER),
    ("GLOBAL", lambda machine, names: machine.push_named(*names), 0),
    ("STACK_GLOBAL", lambda machine, _: machine.push_named(*machine.popped(2)), 0),
    ("REDUCE NEWOBJ", lambda machine, _: machine.call(*machine.popped(2)), 0),
    ("OBJ INST", _Interpreter.call_marked, 0),
    ("BUILD", lambda machine, _: machine.build(), 0),
)
ACTIONS = MappingProxyType(
    {name: (action, cost) for names, action, cost in _ACTIONS for name in names.split()}
)
