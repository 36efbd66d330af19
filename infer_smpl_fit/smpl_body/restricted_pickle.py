"""Read the pickles of SMPL's makers without running anything they name.

The official files hold chumpy objects, and chumpy no longer installs. Here only arrays and plain
containers are built; chumpy's and scipy.sparse's objects become inert stubs that keep their state,
and every other name is refused before it is imported.
"""

from __future__ import annotations

import pickle
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


def scalar(dtype: np.dtype, data: bytes | str = b"") -> np.generic:
    """numpy's scalar, for numbers only; Python 2 wrote its bytes as text."""
    if dtype.hasobject:
        raise RefusedPickleError("refused a scalar that is an object")
    raw = data.encode("latin1") if isinstance(data, str) else data
    return np.frombuffer(raw or bytes(dtype.itemsize), dtype)[0]


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
    names: dict[tuple[str, str], object] = {("numpy", "ndarray"): np.ndarray}
    names["numpy", "dtype"] = np.dtype
    for module in ("builtins", "__builtin__"):
        names.update({(module, name): value for name, value in PLAIN.items()})
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray", "_reconstruct"] = np.empty(0).__reduce__()[0]
        names[f"{core}.numeric", "_frombuffer"] = np.empty(1).__reduce_ex__(5)[0]
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
        return chosen.reshape(state.get("preferred_shape", chosen.shape))
    if "x" in state:
        return to_array(state["x"])
    raise ValueError(f"{stub.origin} holds no array that can be read without chumpy")


def sparse_array(stub: Stub, state: dict[str, Any]) -> np.ndarray:
    """A dense array from a sparse matrix's state, with its indices checked."""
    shape = tuple(int(side) for side in state.get("_shape", state.get("shape", ())))
    form = stub.origin.rpartition(".")[2][:3]
    data = to_array(state["data"])
    if form == "coo":
        places = state["coords"] if "coords" in state else (state["row"], state["col"])
        return sparse.coo_matrix((data, tuple(map(to_array, places))), shape=shape).toarray()
    make = sparse.csc_matrix if form == "csc" else sparse.csr_matrix
    matrix = make((data, to_array(state["indices"]), to_array(state["indptr"])), shape=shape)
    matrix.check_format(full_check=True)
    return matrix.toarray()
