"""Read the pickles of SMPL's makers without running anything they name.

The official files hold chumpy objects, and chumpy no longer installs. The objects of chumpy and
scipy.sparse become inert stand-ins that keep their state, from which the arrays are made here;
everything else is the kit's reader's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from ..infer_smpl_fit_kit import safe_pickle
from ..infer_smpl_fit_kit.safe_pickle import Maker, StandIn

# SMPL-X's files reach half of it.
MAX_BYTES = 2**30
# Regressors, the only sparse matrices of these files, have a fortieth of it.
MAX_DENSE = 2**24
SPARSE_CLASSES = {
    f"{form}_{kind}" for form in ("csc", "csr", "coo") for kind in ("matrix", "array")
}


class ForeignObject(StandIn):
    """An object of chumpy or scipy.sparse: its class's name and its state."""

    __slots__ = ("origin",)

    def __init__(self, origin: str) -> None:
        super().__init__()
        self.origin = origin

    def take_state(self, state: Any) -> None:
        """Keep the state without that of slots, which these objects do not have."""
        has_slots = isinstance(state, tuple) and len(state) == 2
        self.state = state[0] if has_slots else state

    @property
    def fields(self) -> dict[str, Any]:
        return self.state if isinstance(self.state, dict) else {}


def foreign_names(module: str, name: str) -> Maker | None:
    """What stands for a name of chumpy, of scipy.sparse, or of how Python 2 writes objects."""
    is_sparse = module.startswith("scipy.sparse") and name in SPARSE_CLASSES
    if is_sparse or (module.partition(".")[0] == "chumpy" and name.isidentifier()):
        return lambda *_: ForeignObject(f"{module}.{name}")
    if module in ("copyreg", "copy_reg") and name == "_reconstructor":
        return lambda kind, *_: kind()
    return StandIn if module in ("builtins", "__builtin__") and name == "object" else None


def load_pickle(path: Path) -> dict[str, Any]:
    """The dictionary that a pickle holds.

    Raises:
        RefusedPickleError: It names something else than arrays, containers, chumpy or scipy.sparse.
        ValueError: It is no pickle, too large, or holds no dictionary.
    """
    content = safe_pickle.load_pickle(path, extra=foreign_names, max_bytes=MAX_BYTES)
    if isinstance(content, ForeignObject):
        content = content.state
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__} where a dictionary was expected")
    return {str(key): value for key, value in content.items()}


def to_array(value: object) -> np.ndarray:
    """A number array from what a pickle or an archive holds.

    Raises:
        ValueError: The value is no number array, and no chumpy or scipy.sparse object of one.
    """
    if not isinstance(value, ForeignObject):
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise ValueError(f"numbers were expected, not {array.dtype}")
        return array
    fields = value.fields
    if value.origin.startswith("scipy"):
        return _dense(value.origin.rpartition(".")[2][:3], fields)
    if {"a", "idxs"} <= fields.keys():
        chosen = to_array(fields["a"]).ravel()[to_array(fields["idxs"]).astype(np.int64)]
        shape = fields.get("preferred_shape", chosen.shape)
        return chosen.reshape([int(side) for side in np.atleast_1d(to_array(shape))])
    if "x" in fields:
        return to_array(fields["x"])
    raise ValueError(f"{value.origin} holds no array that can be read without chumpy")


def _dense(form: str, fields: dict[str, Any]) -> np.ndarray:
    """A dense array from the state of a sparse matrix, with its indices checked."""
    rows, columns = (int(to_array(side)) for side in fields.get("_shape", fields.get("shape", ())))
    if rows * columns > MAX_DENSE:
        raise ValueError(f"a sparse matrix of {rows} x {columns} is no regressor of a body")
    values = to_array(fields["data"])
    if form == "coo":
        places = fields["coords"] if "coords" in fields else (fields["row"], fields["col"])
        indices = tuple(map(to_array, places))
        return sparse.coo_matrix((values, indices), shape=(rows, columns)).toarray()
    make = sparse.csc_matrix if form == "csc" else sparse.csr_matrix
    indices = to_array(fields["indices"]), to_array(fields["indptr"])
    matrix = make((values, *indices), shape=(rows, columns))
    matrix.check_format(full_check=True)
    return matrix.toarray()
