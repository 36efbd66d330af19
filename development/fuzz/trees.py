"""Damage what JSON and pickles hold, and make pickles that no writer would."""

from __future__ import annotations

import io
import json
import pickle
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from development.fuzz.arrays import odd_array

Rng = np.random.Generator

ODD: tuple[Callable[[], Any], ...] = (
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: -1e308,
    lambda: 1e30,
    lambda: -1,
    lambda: 0,
    lambda: 0.5,
    lambda: 2**63,
    lambda: 10**400,
    lambda: True,
    lambda: None,
    lambda: "",
    lambda: "abc",
    lambda: "null",
    lambda: "9" * 5000,
    lambda: "\ud800",
    lambda: [],
    lambda: {},
    lambda: [[]],
    lambda: [None] * 3,
    lambda: [float("nan")] * 3,
    lambda: [[1.0, 2.0], [3.0]],
    lambda: ["1", "2", "3"],
    lambda: {"a": 1},
    lambda: nested(200),
    lambda: nested(30_000),
    lambda: [0] * 100_000,
)
Place = tuple[Any, Any]


def nested(depth: int) -> list:
    """A list in a list in a list …"""
    whole: list = []
    for _ in range(depth):
        whole = [whole]
    return whole


def places_in(tree: Any) -> Iterator[Place]:
    """Every container and key of a tree of dictionaries and lists."""
    waiting = [tree]
    while waiting:
        now = waiting.pop()
        keys = list(now) if isinstance(now, dict) else range(len(now))
        for key in keys:
            yield now, key
            if isinstance(now[key], (dict, list)):
                waiting.append(now[key])


def damage_tree(tree: Any, rng: Rng) -> tuple[Any, str]:
    """Change a few values of it, remove them, or rename them."""
    # One above, so that the whole can be changed as well.
    above, how = [tree], []
    for _ in range(int(rng.choice([1, 1, 1, 3]))):
        places = list(places_in(above))
        # Deep ones are many: take a level first.
        container, key = places[int(len(places) ** rng.random()) - 1]
        kind = str(rng.choice(["odd", "odd", "odd", "odd", "drop", "rename", "twice", "text"]))
        how.append(f"{kind} {str(key)[:20]!r}")
        if kind == "odd" or container is above:
            odd = int(rng.integers(len(ODD)))
            container[key] = ODD[odd]()
            how.append(f"to odd {odd}")
        elif kind == "drop":
            del container[key]
        elif kind == "rename" and isinstance(container, dict):
            container[str(rng.choice(["", "x", "é", "name", "0"]))] = container.pop(key)
        elif kind == "twice" and isinstance(container, list):
            container.insert(key, container[key])
        else:
            is_leaf = not isinstance(container[key], (dict, list))
            container[key] = str(container[key])[:1000] if is_leaf else f"{len(container[key])}"
    return above[0], ", ".join(how)


def damage_json(content: bytes, rng: Rng) -> tuple[bytes, str]:
    """Change values of a JSON text."""
    tree, how = damage_tree(json.loads(content), rng)
    try:
        return json.dumps(tree).encode(), how
    except RecursionError:
        return b"[" * 30_000 + b"]" * 30_000, "nested 30000 deep"


def damage_pickle(content: bytes, rng: Rng) -> tuple[bytes, str]:
    """Change values of a pickle of this campaign's own, and write it in any protocol."""
    # Not the reader that is tried, which knows no sparse matrices of SciPy's.
    tree = pickle.Unpickler(io.BytesIO(content)).load()
    key = list(tree)[rng.integers(len(tree))]
    if rng.random() < 0.5 and isinstance(tree[key], np.ndarray):
        tree[key], how = odd_array(tree[key], rng)
        how = f"{key}: {how}"
    else:
        tree, how = damage_tree(tree, rng)
    protocol = int(rng.integers(6))
    try:
        return pickle.dumps(tree, protocol), f"{how}, protocol {protocol}"
    except (RecursionError, UnicodeEncodeError):
        return pickle.dumps(None, protocol), "None"


def _u32(rng: Rng) -> bytes:
    return struct.pack("<I", int(2 ** rng.uniform(0, 31.99)))


def _u64(rng: Rng) -> bytes:
    return struct.pack("<Q", int(2 ** rng.uniform(0, 62)))


def _doubled(rng: Rng) -> bytes:
    """A list of two of a list of two of …, by the memo."""
    depth = int(rng.integers(5, 60))
    steps = b"".join(b"]\x94(h%ch%ce" % (i - 1, i - 1) for i in range(1, depth))
    return b"\x80\x04]\x94" + steps + b"."


CRAFTED: dict[str, Callable[[Rng], bytes]] = {
    "memo index": lambda rng: b"\x80\x02}r" + _u32(rng) + b".",
    "text memo index": lambda rng: b"}p%d\n." % int(2 ** rng.uniform(0, 62)),
    "bytearray": lambda rng: b"\x80\x05\x96" + _u64(rng) + b".",
    "long bytes": lambda rng: b"\x80\x04\x8e" + _u64(rng) + b"x.",
    "long text": lambda rng: b"\x80\x04\x8d" + _u64(rng) + b"x.",
    "frame": lambda rng: b"\x80\x04\x95" + _u64(rng) + b"N.",
    "long number": lambda rng: b"\x80\x02\x8b" + _u32(rng) + b"\xff" * 99 + b".",
    "many digits": lambda rng: b"I" + b"9" * int(rng.integers(5000, 300_000)) + b"\n.",
    "doubled": _doubled,
    "deep": lambda rng: b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",
    "deep tuple": lambda rng: b"\x80\x02)" + b"\x85" * int(rng.integers(500, 200_000)) + b".",
    "command": lambda rng: b"cos\nsystem\n(S'true'\ntR.",
    "evaluated": lambda rng: b"cbuiltins\neval\n(S'1'\ntR.",
    "repeated text": lambda rng: b"cbuiltins\ngetattr\n(S'a'\nS'__mul__'\ntR(J\xff\xff\xff\x7ftR.",
    "range": lambda rng: b"cbuiltins\nlist\n(cbuiltins\nrange\n(J\xff\xff\xff\x7ftRtR.",
    "zeros": lambda rng: b"cbuiltins\nbytes\n(J\xff\xff\xff\x7ftR.",
    "bytearray by number": lambda rng: b"cbuiltins\nbytearray\n(J\xff\xff\xff\x7ftR.",
    "array of itself": lambda rng: b"\x80\x02]q\x00h\x00a.",
    "dictionary of itself": lambda rng: b"\x80\x02}q\x00X\x0b\x00\x00\x00keypoints2dh\x00s.",
    "extension": lambda rng: b"\x80\x02\x82\x01.",
    "person outside": lambda rng: b"P1\n.",
    "state": lambda rng: b"cnumpy.core.multiarray\n_reconstruct\n}S'__code__'\nNsb.",
    "forged dtype": lambda rng: (
        b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI63\ntb."
    ),
    "empty stack": lambda rng: b"\x80\x020.",
    "no stop": lambda rng: b"\x80\x02N" * 50,
}


def make_pickle(content: bytes, rng: Rng) -> tuple[bytes, str]:
    """One of :data:`CRAFTED`, alone or before what the file held."""
    name = str(rng.choice(list(CRAFTED)))
    made = CRAFTED[name](rng)
    return (made + content if rng.random() < 0.2 else made), f"crafted: {name}"
