"""Damage arrays: .npy, .npz, and the tensors of checkpoints."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import numpy as np

Rng = np.random.Generator

ODD_NUMBERS = (np.nan, np.inf, -np.inf, 1e300, -1e30, 0.0, -1.0, 1e12)
DTYPES = ("f2", "f8", ">f8", "i1", "u8", "i8", "c16", "?", "U7", "S3", "M8[s]", "m8[D]", "V4", "O")
ODD_WHOLES = (
    np.float64(np.nan),
    np.array([]),
    np.array("abc"),
    np.array(["a", "b"]),
    np.array([None, 1], object),
    np.zeros((0, 3)),
    np.zeros((2, 0, 17, 3)),
    np.array(2**63, np.uint64),
    np.array(-1),
    np.array(b"\xff\xfe"),
    np.zeros((1,) * 30),
    np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]),
    np.array(1e308),
    np.array("9" * 5000),
    np.array(True),
)


def odd_array(array: np.ndarray, rng: Rng) -> tuple[np.ndarray, str]:
    """The array with odd values, of another type or shape, or another one."""
    kind = str(rng.choice(["values"] * 4 + ["all", "type", "shape", "shape", "whole", "axes"]))
    if kind in ("values", "all") and array.size and array.dtype.kind in "fiu":
        odd = float(rng.choice(ODD_NUMBERS))
        array = array.astype(array.dtype if array.dtype.kind == "f" else np.float64)
        share = 1.0 if kind == "all" else float(rng.choice([1e-9, 0.01, 0.5]))
        chosen = rng.random(array.shape) < share
        chosen.flat[rng.integers(array.size)] = True
        with np.errstate(over="ignore"):
            array[chosen] = odd
        return array, f"{kind} to {odd}"
    if kind == "type":
        dtype = str(rng.choice(DTYPES))
        try:
            with np.errstate(all="ignore"):
                return array.astype(dtype), f"type {dtype}"
        except (TypeError, ValueError):
            return np.zeros(array.shape, dtype), f"zeros of type {dtype}"
    if kind == "shape" and array.ndim and array.size:
        axis = int(rng.integers(array.ndim))
        count = int(rng.choice([0, 1, 2, array.shape[axis] - 1, 2 * array.shape[axis]]))
        return np.take(array, range(count), axis, mode="wrap"), f"axis {axis} of {count}"
    if kind == "axes" and array.ndim:
        made = (array.T, array.ravel(), array[None], array[..., None])[rng.integers(4)]
        return made, f"shape {made.shape}"
    whole = int(rng.integers(len(ODD_WHOLES)))
    return np.asarray(ODD_WHOLES[whole]), f"odd whole {whole}"


def npy_bytes(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


HEADERS = (
    "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 17, 3), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (200000000,), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<U999999999', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': [('a', '<f8'), ('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<f8', 'fortran_order': 'yes', 'shape': (1,), 'more': 1, }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 3000 + ")" * 3000 + ", }",
    "{'descr': '<V0', 'fortran_order': False, 'shape': (9223372036854775807,), }",
    "None",
)


def odd_npy(rng: Rng) -> tuple[bytes, str]:
    """A header that lies, before few bytes."""
    number = int(rng.integers(len(HEADERS)))
    header = HEADERS[number].encode() + b"\n"
    version = bytes((int(rng.choice([1, 1, 2, 3, 9])), 0))
    size = struct.pack("<H" if version[0] == 1 else "<I", len(header))
    return b"\x93NUMPY" + version + size + header + b"\x00" * 64, f"header {number}"


def damage_npy(content: bytes, rng: Rng) -> tuple[bytes, str]:
    """Change the array, or its header."""
    if rng.random() < 0.25:
        return odd_npy(rng)
    array, how = odd_array(np.load(io.BytesIO(content)), rng)
    return npy_bytes(array), how


def damage_npz(content: bytes, rng: Rng) -> tuple[bytes, str]:
    """Change an array, its name or header, or the archive's own fields."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = list(members)[rng.integers(len(members))]
    kind = str(rng.choice(["array"] * 6 + ["header", "drop", "rename", "twice", "field", "stream"]))
    how = f"{name}: {kind}"
    if kind == "array":
        array, done = odd_array(np.load(io.BytesIO(members[name]), allow_pickle=False), rng)
        members[name], how = npy_bytes(array), f"{name}: {done}"
    elif kind == "header":
        members[name], done = odd_npy(rng)
        how = f"{name}: {done}"
    elif kind == "drop":
        del members[name]
    elif kind == "rename":
        members[str(rng.choice(["", "x.npy", "é.npy", "../x.npy", "x.txt"]))] = members.pop(name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            entry = zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    data = bytearray(buffer.getvalue())
    if kind == "twice":
        data = data * 2
    elif kind == "field":
        # Version, flags, method, checksum and sizes, in both of the places that have them.
        field, value = int(rng.choice([4, 6, 8, 14, 18, 22, 26])), rng.bytes(2)
        for mark, further in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
            place = data.find(mark) + field + further
            data[place : place + 2] = value
        how = f"field {field} to {value.hex()}"
    elif kind == "stream":
        place = 30 + data[26] + data[28] + int(rng.integers(40))
        data[place : place + 40] = b"\xff" * 40
    return bytes(data), how


def damage_checkpoint(content: bytes, rng: Rng) -> tuple[bytes, str]:
    """Change a tensor, its name, or what the file holds beside it."""
    import torch

    loaded = torch.load(io.BytesIO(content), weights_only=True)
    holder = loaded
    if isinstance(loaded.get("state_dict"), dict) and rng.random() < 0.7:
        holder = loaded["state_dict"]
    key = list(holder)[int(rng.choice([0, -1, int(rng.integers(len(holder)))]))]
    kind = str(rng.choice(["values"] * 4 + ["drop", "key", "odd", "odd", "shape", "type", "whole"]))
    value, how = holder[key], f"{key}: {kind}"
    if isinstance(value, torch.Tensor) and kind in ("values", "shape", "type"):
        holder[key], done = odd_tensor(value, kind, rng)
        how += f" {done}"
    elif kind == "drop":
        del holder[key]
    elif kind == "key":
        holder[(7, "x", b"x", ("a",), None)[rng.integers(5)]] = holder.pop(key)
    elif kind == "whole":
        number = int(rng.integers(7))
        wholes = (
            [torch.zeros(1)],
            True,
            {},
            None,
            value,
            {"state_dict": loaded},
            {"state_dict": 1},
        )
        loaded, how = wholes[number], f"whole {number}"
    else:
        number = int(rng.integers(10))
        odds = ("x", 12, -8, 8.0, True, None, [1], {"a": 1}, torch.zeros(()), 2**40)
        holder[key], how = odds[number], f"{key} to {odds[number]}"
    buffer = io.BytesIO()
    torch.save(loaded, buffer, _use_new_zipfile_serialization=bool(rng.random() < 0.8))
    return buffer.getvalue(), how


def odd_tensor(value: Any, kind: str, rng: Rng) -> tuple[Any, str]:
    """A tensor with odd numbers, or of another shape or type."""
    import torch

    if kind == "values":
        odd = float(rng.choice(ODD_NUMBERS))
        changed = value.clone().float()
        first, count = int(rng.integers(max(1, value.numel()))), int(rng.choice([1, 9999]))
        with np.errstate(over="ignore"):
            changed.view(-1)[first : first + count] = float(np.float32(odd))
        return changed.to(value.dtype) if value.is_floating_point() else changed, f"to {odd}"
    if kind == "shape":
        made = (
            value[None],
            value.reshape(-1),
            value[:0] if value.ndim else value,
            torch.zeros(()),
            value[..., None],
        )
        chosen = made[rng.integers(len(made))].clone()
        return chosen, f"to {tuple(chosen.shape)}"
    number = int(rng.integers(7))
    ways = (
        lambda: value.double(),
        lambda: value.bool(),
        lambda: value.to(torch.complex64),
        lambda: value.to(torch.int8),
        lambda: value.float().to_sparse(),
        lambda: value.to(torch.bfloat16),
        lambda: torch.zeros(1).expand(50_000, 50_000, 9),
    )
    return ways[number](), f"way {number}"
