"""Read the pickles of SMPL's makers without running anything they name.

The official files hold chumpy objects, and chumpy no longer installs. Here only plain containers
are built; the objects of numpy, chumpy and scipy.sparse become inert stubs that keep their state,
and every other name is refused before it is imported. numpy's own unpickling is not used, because
a forged dtype makes it follow pointers out of the file.
"""

from __future__ import annotations

import pickle
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

SPARSE_FORMATS = ("csc", "csr", "coo")


class RefusedPickleError(pickle.UnpicklingError):
    """The pickle names something that a body model does not need."""


class Stub:
    """What stands for a foreign object: its state, and nothing that runs."""

    origin = ""

    def __new__(cls, *_args: object, **_kwargs: object) -> Stub:
        return object.__new__(cls)

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        has_slots = isinstance(state, tuple) and len(state) == 2
        self.state = state[0] if has_slots else state


def make_stub(module: str, name: str) -> type[Stub]:
    return type("Stub", (Stub,), {"origin": f"{module}.{name}"})


def rebuild(cls: type, base: type, state: object) -> object:
    """copyreg._reconstructor for stubs and plain containers."""
    if issubclass(cls, Stub):
        return cls()
    if cls is not base or cls not in PLAIN.values():
        raise RefusedPickleError(f"refused to rebuild {cls!r}")
    return cls() if state is None else cls(state)


class DtypeStub:
    """numpy.dtype, of plain numbers; texts and objects are known, but their arrays stay empty."""

    def __init__(self, code: str, *_options: object) -> None:
        if not (
            isinstance(code, str) and re.fullmatch(r"[<>=|]?([biufc]\d{1,2}|[SUV]\d*|O\d?)", code)
        ):
            raise RefusedPickleError(f"refused the dtype {code!r}")
        self.code = code.lstrip("<>=|")
        self.order = "="

    def __setstate__(self, state: tuple) -> None:
        if any(part is not None for part in state[2:5]) or state[1] not in ("<", ">", "=", "|"):
            raise RefusedPickleError("refused a dtype with parts")
        self.order = state[1]

    def read(self, data: bytes | str, shape: tuple, by_columns: bool) -> np.ndarray:
        """The array of these bytes, which Python 2 wrote as text."""
        shape = tuple(int(side) for side in shape)
        if self.code[0] in "OSUV":
            return np.empty(0, dtype=object)
        raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
        flat = np.frombuffer(raw, np.dtype(self.order + self.code))
        return flat.reshape(shape, order="F" if by_columns else "C")


class ArrayStub:
    """numpy.ndarray: filled from its state, or empty."""

    def __init__(self, *_args: object) -> None:
        self.array = np.empty(0)

    def __setstate__(self, state: tuple) -> None:
        _, shape, dtype, by_columns, data = state
        if not isinstance(dtype, DtypeStub):
            raise RefusedPickleError("refused an array without a dtype")
        self.array = dtype.read(data, shape, bool(by_columns))


def from_buffer(data: bytes, dtype: DtypeStub, shape: tuple, order: str, *_: object) -> ArrayStub:
    """numpy's way to write arrays in protocol 5."""
    stub = ArrayStub()
    stub.__setstate__((1, shape, dtype, order == "F", data))
    return stub


def scalar(dtype: DtypeStub, data: bytes | str = b"") -> object:
    """numpy's scalar, as an array of one number."""
    return dtype.read(data, (), False)


def encode(text: str, encoding: str = "latin1") -> bytes:
    """Python 3's way to write bytes in old protocols."""
    if encoding not in ("latin1", "latin-1"):
        raise RefusedPickleError(f"refused the encoding {encoding!r}")
    return text.encode("latin1")


PLAIN: dict[str, type] = {
    "object": object,
    "dict": dict,
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "bytearray": bytearray,
    "bytes": bytes,
    "complex": complex,
    "int": int,
    "long": int,
    "float": float,
    "bool": bool,
    "str": str,
    "unicode": str,
}


def allowed_names() -> dict[tuple[str, str], object]:
    """Everything that a pickle may name, by module and name."""
    names: dict[tuple[str, str], object] = {("numpy", "ndarray"): ArrayStub}
    names["numpy", "dtype"] = DtypeStub
    for module in ("builtins", "__builtin__"):
        names.update({(module, name): value for name, value in PLAIN.items()})
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray", "_reconstruct"] = ArrayStub
        names[f"{core}.numeric", "_frombuffer"] = from_buffer
        names[f"{core}.multiarray", "scalar"] = scalar
    for module in ("copyreg", "copy_reg"):
        names[module, "_reconstructor"] = rebuild
    names["_codecs", "encode"] = encode
    names["collections", "OrderedDict"] = OrderedDict
    return names


class RestrictedUnpickler(pickle.Unpickler):
    """An unpickler that builds arrays, plain containers and stubs only."""

    def find_class(self, module: str, name: str) -> Any:
        """What `module.name` stands for; RefusedPickleError for anything unknown."""
        known = ALLOWED.get((module, name))
        if known is not None:
            return known
        package = module.partition(".")[0]
        is_sparse = module.startswith("scipy.sparse") and name in SPARSE_CLASSES
        if is_sparse or (package == "chumpy" and name.isidentifier()):
            return make_stub(module, name)
        raise RefusedPickleError(f"the file names {module}.{name}, which a body model never needs")

    def persistent_load(self, pid: object) -> Any:
        raise RefusedPickleError(f"the file refers to something outside itself ({pid!r})")


ALLOWED = allowed_names()
SPARSE_CLASSES = {f"{form}_{kind}" for form in SPARSE_FORMATS for kind in ("matrix", "array")}


def load_pickle(path: Path) -> dict[str, Any]:
    """The dictionary that a pickle holds.

    Raises:
        RefusedPickleError: It names something else than arrays, containers, chumpy or scipy.sparse.
        ValueError: It is no pickle, or holds no dictionary.
    """
    with path.open("rb") as file:
        try:
            data = RestrictedUnpickler(file, encoding="latin1").load()
        except RefusedPickleError:
            raise
        # A broken pickle can fail in almost any way.
        except Exception as error:
            raise ValueError(f"{path} is not a readable pickle: {error}") from error
    if isinstance(data, Stub):
        data = data.state
    if not isinstance(data, dict):
        raise ValueError(f"{path} holds a {type(data).__name__} where a dictionary was expected")
    return {str(key): value for key, value in data.items()}


def to_array(value: object) -> np.ndarray:
    """A number array from what a pickle or an archive holds.

    Raises:
        ValueError: The value is no number array, and no chumpy or scipy.sparse object of one.
    """
    if isinstance(value, Stub):
        return stub_array(value)
    if isinstance(value, ArrayStub):
        value = value.array
    array = value.toarray() if sparse.issparse(value) else np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"numbers were expected, not {array.dtype}")
    return array


def stub_array(stub: Stub) -> np.ndarray:
    """The array that a chumpy or scipy.sparse object stands for."""
    state = stub.state if isinstance(stub.state, dict) else {}
    if stub.origin.startswith("scipy"):
        return sparse_array(stub, state)
    if {"a", "idxs"} <= state.keys():
        chosen = to_array(state["a"]).ravel()[to_array(state["idxs"]).astype(np.int64)]
        shape = state.get("preferred_shape", chosen.shape)
        return chosen.reshape([int(side) for side in np.atleast_1d(to_array(shape))])
    if "x" in state:
        return to_array(state["x"])
    raise ValueError(f"{stub.origin} holds no array that can be read without chumpy")


def sparse_array(stub: Stub, state: dict[str, Any]) -> np.ndarray:
    """A dense array from a sparse matrix's state, with its indices checked."""
    shape = tuple(int(to_array(side)) for side in state.get("_shape", state.get("shape", ())))
    form = stub.origin.rpartition(".")[2][:3]
    data = to_array(state["data"])
    if form == "coo":
        places = state["coords"] if "coords" in state else (state["row"], state["col"])
        return sparse.coo_matrix((data, tuple(map(to_array, places))), shape=shape).toarray()
    make = sparse.csc_matrix if form == "csc" else sparse.csr_matrix
    matrix = make((data, to_array(state["indices"]), to_array(state["indptr"])), shape=shape)
    matrix.check_format(full_check=True)
    return matrix.toarray()
