"""The one reader of pickles: what survives it, what it refuses, and that small files stay small."""

import pickle
import struct
import time
import tracemalloc

import numpy as np
import pytest

from plugin_kit import pickled_values, safe_pickle
from plugin_kit.safe_pickle import (
    RefusedPickleError,
    StandIn,
    UnreadablePickleError,
    check_unfolding,
    load_pickle,
    loads,
)

MIB = 2**20


def forged(*parts):
    return b"\x80\x02" + b"".join(parts) + b"."


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def raw_array(raw, dtype=b"f8", shape=b"K\x01\x85"):
    """Opcodes of an array whose bytes are what the opcodes ``raw`` push."""
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n)R(K\x01" + shape + b"cnumpy\ndtype\n"
        b"U" + bytes([len(dtype)]) + dtype + b"\x85R\x89" + raw + b"tb"
    )


def nested(depth, make=lambda inner: [inner, inner]):
    value = make(1.0)
    for _ in range(depth):
        value = make(value)
    return value


def peak_of(work):
    """MiB at most, and seconds, that a call takes; its ValueError is swallowed."""
    tracemalloc.start()
    start = time.process_time()
    try:
        work()
    except ValueError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1] / MIB
        tracemalloc.stop()
    return peak, time.process_time() - start


# What survives


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_survive(protocol):
    values = {
        "a": [1, 2.5, None, True, "ä", b"bytes", b"", 2**80, -(2**80)],
        "b": ({1, 2}, frozenset([3]), 1 + 2j, {("x", 1): "y"}),
        "c": np.float32(3.5),
        "d": np.array(["x", "yz"]),
        "e": np.array([["a", 1], [None, 2.0]], dtype=object),
        "f": np.arange(6, dtype=">i2").reshape(2, 3),
        "g": np.zeros((0, 3)),
        "h": np.array(5.0),
        "i": np.arange(24.0).reshape(2, 3, 4)[:, ::2].transpose(2, 0, 1),
        "j": np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
        "k": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "l": np.array([True, False]),
    }
    read = loads(pickle.dumps(values, protocol=protocol))
    assert read.keys() == values.keys()
    for key in "ab":
        assert read[key] == values[key]
    for key in "cdefghijkl":
        np.testing.assert_array_equal(read[key], values[key])
        assert read[key].dtype == values[key].dtype


def test_object_arrays_hold_what_they_held():
    inner = np.empty(3, object)
    inner[:] = [[1, [2, 3]], np.arange(2), None]
    read = loads(pickle.dumps(inner))
    assert read[0] == [1, [2, 3]]
    assert read[1].tolist() == [0, 1]
    assert read.shape == (3,)


def test_arrays_can_be_written_to():
    read = loads(pickle.dumps({"a": np.zeros(2)}, protocol=5))
    read["a"][0] = 1
    assert read["a"].tolist() == [1, 0]


# Names beyond arrays and containers


class Kept(StandIn):
    pass


class Foreign:
    def __init__(self):
        self.x = np.arange(2)


def foreign(module, name):
    return Kept if name == "Foreign" else None


def reconstructed(module, name):
    if name == "_reconstructor":
        return lambda kind, *_: kind()
    return StandIn if name == "object" else foreign(module, name)


@pytest.mark.parametrize("protocol", range(6))
def test_names_are_allowed_one_by_one(protocol):
    data = pickle.dumps([Foreign()], protocol=protocol)
    (read,) = loads(data, reconstructed if protocol < 2 else foreign)
    assert isinstance(read, Kept)
    assert read.state["x"].tolist() == [0, 1]
    with pytest.raises(RefusedPickleError):
        loads(data)


# What is refused


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"(S'true'\nios\nsystem\n.",
        b"cbuiltins\nexec\n(S'x=1'\ntR.",
        b"cbuiltins\ngetattr\n.",
        forged(b"cnumpy\nload\n"),
        forged(b"cnumpy.core.multiarray\nfromfile\n"),
        forged(b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x0a\x00\x00\x00zlib_codect", b"R"),
        forged(b"cbuiltins\nbytes\nJ\xff\xff\xff\x7f\x85R"),
        forged(b"cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R"),
        forged(b"\x82\x01"),
        forged(b"X\x01\x00\x00\x00aQ"),
        # An object data type under another name, and bytes for objects.
        forged(b"cnumpy\ndtype\nX\x02\x00\x00\x00V8\x85R"),
        forged(raw_array(b"U\x08abcdefgh", dtype=b"O8")),
        # An array that claims more than it has, one of a negative and one of a wild shape.
        forged(raw_array(b"U\x08abcdefgh", shape=b"(J\xff\xff\xff\x7ft")),
        forged(raw_array(b"U\x08abcdefgh", shape=b"(J\xff\xff\xff\xfft")),
        forged(raw_array(b"U\x08abcdefgh", shape=b"(U\x011t")),
        # Content that is no bytes.
        forged(raw_array(b"K\x08")),
        forged(raw_array(b"}")),
        # A function's attributes, a list's, and a type or a function as content.
        forged(b"cbuiltins\nset\n}U\x01aK\x01sb"),
        forged(b"]}U\x01aK\x01sb"),
        forged(b"cnumpy\ndtype\n"),
        forged(b"]cbuiltins\nset\na"),
        # Calls of what is no function, and additions to what takes none.
        forged(b"U\x01a)R"),
        forged(b"K\x01)\x81"),
        forged(b"cnumpy\nndarray\n)\x81"),
        forged(b"}K\x01a"),
        forged(b"U\x01aK\x01K\x01s"),
        forged(raw_array(b"U\x08abcdefgh"), b"K\x00K\x01s"),
        # A container in itself.
        b"\x80\x02]q\x00h\x00a.",
        forged(raw_array(b"]q\x01h\x01a", dtype=b"O8")),
        # Ends before it begins.
        b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"",
        b"\x80\x09.",
        b"not a pickle",
        b"]" * 10**5 + b"a" * (10**5 - 1) + b".",
        b"I" + b"9" * 10**5 + b"\n.",
    ],
)
def test_forged_pickles_are_refused(tmp_path, data):
    file = tmp_path / "a.pkl"
    file.write_bytes(data)
    with pytest.raises(UnreadablePickleError, match=r"a\.pkl (was not read, for safety|is not a)"):
        load_pickle(file)


def test_errors_are_value_errors_that_unpickling_knows(tmp_path):
    assert issubclass(RefusedPickleError, (ValueError, pickle.UnpicklingError))
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps(print))
    with pytest.raises(ValueError, match=r"a\.pkl was not read, for safety: builtins\.print"):
        load_pickle(file)
    file.write_bytes(b"\x80\x04K")
    with pytest.raises(ValueError, match=r"a\.pkl is not a readable pickle"):
        load_pickle(file)


def test_a_pickle_cannot_write_to_the_readers_functions():
    attributes = b"(N}" + text("__defaults__") + b"(" + text("rot13") + b"tst"
    for name in safe_pickle.KNOWN:
        module, function = (part.encode() for part in name)
        with pytest.raises(UnreadablePickleError):
            loads(forged(b"c" + module + b"\n" + function + b"\n" + attributes + b"b"))
    encode = safe_pickle.KNOWN["_codecs", "encode"]
    assert encode.__defaults__ == ("latin1",)
    # Nor to what stands for a class that was allowed.
    with pytest.raises(UnreadablePickleError):
        loads(forged(b"cm\nForeign\n}" + text("take_state") + b"K\x01sb"), foreign)
    assert callable(Kept.take_state)


# Small files stay small


def test_small_pickles_stay_small():
    """Neither a far memo index nor lists of lists of the same list take memory or time."""
    assert loads(b"\x80\x02K\x01r\xff\xff\xff\x7f.") == 1
    far = b"\x80\x05\x96" + struct.pack("<Q", 2**30) + b"short"
    with pytest.raises(pickle.UnpicklingError):
        loads(far)
    assert peak_of(lambda: loads(far))[0] < 1
    assert len(loads(pickle.dumps(nested(60)))) == 2


SHARED = [
    nested(60),
    nested(60, lambda inner: {"a": inner, "b": inner}),
    nested(60, lambda inner: (inner, inner)),
    [np.zeros(10**5)] * 10**4,
    {"keypoints": [[[1.0] * 1000] * 1000] * 1000},
]


@pytest.mark.parametrize("content", SHARED, ids=range(len(SHARED)))
def test_shared_containers_are_refused_before_they_unfold(tmp_path, content):
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps(content))
    with pytest.raises(RefusedPickleError, match=r"a\.pkl .*its lists unfold to .* values"):
        load_pickle(file)
    peak, seconds = peak_of(lambda: load_pickle(file))
    assert peak < 40
    assert seconds < 2


def test_objects_in_arrays_count_as_well():
    holder = np.empty(1, object)
    holder[0] = nested(60)
    with pytest.raises(RefusedPickleError, match="unfold"):
        check_unfolding(loads(pickle.dumps(holder)))


def test_some_sharing_and_many_empty_lists_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(pickled_values, "MAX_UNFOLDED", 100)
    file = tmp_path / "a.pkl"
    zeros = [0.0] * 51
    file.write_bytes(pickle.dumps({"same": [zeros] * 7, "empty": [[] for _ in range(1000)]}))
    read = load_pickle(file)
    assert np.shape(read["same"]) == (7, 51)
    assert len(read["empty"]) == 1000


def long_list(count):
    return b"]q\x00(" + b"K\x01" * count + b"e"


@pytest.mark.parametrize(
    "data",
    [
        # The same megabyte again and again: as a set, as encoded text, as an array.
        forged(long_list(10**5), b"0cbuiltins\nset\nq\x01](" + b"h\x01h\x00\x85R" * 5000 + b"e"),
        forged(long_list(10**5), b"0cbuiltins\nset\nq\x01](" + b"(h\x01h\x00o" * 5000 + b"e"),
        forged(
            text("a" * MIB) + b"q\x000c_codecs\nencode\nq\x01](" + b"h\x01h\x00\x85R" * 5000 + b"e"
        ),
        forged(
            b"T" + struct.pack("<I", MIB) + b"a" * MIB,
            b"q\x000cnumpy.core.numeric\n_frombuffer\nq\x01cnumpy\ndtype\nU\x02f8\x85Rq\x02](",
            b"h\x01(h\x00h\x02J\x00\x00\x02\x00U\x01CtR" * 5000 + b"e",
        ),
        # What one byte makes.
        b"\x80\x04" + b"\x8f" * 3 * 10**5 + b".",
    ],
    ids=["set", "obj", "encode", "array", "empty sets"],
)
def test_copies_are_paid_for(data):
    peak, seconds = peak_of(lambda: loads(data))
    with pytest.raises(RefusedPickleError, match="far more memory"):
        loads(data)
    assert peak < 100 * len(data) / MIB + 40
    assert seconds < 30


@pytest.mark.parametrize("adds", ["dict", "set", "frozenset", "setitem", "additems"])
def test_keys_that_take_long_to_hash_are_refused(adds):
    """A tuple of tuples of the same tuple has its hash made anew at each of them."""
    key = b"K\x01q\x00" + b"0h\x00h\x00\x86q\x00" * 60
    data = {
        "dict": b"(" + key + b"K\x01d",
        "set": b"cbuiltins\nset\n](" + key + b"e\x85R",
        "frozenset": b"(" + key + b"\x91",
        "setitem": b"}" + key + b"K\x01s",
        "additems": b"\x8f(" + key + b"\x90",
    }[adds]
    with pytest.raises(RefusedPickleError, match="a key or a member of a set"):
        loads(b"\x80\x04" + data + b".")


@pytest.mark.parametrize("place", ["shape", "dtype", "encoding", "state", "order"])
def test_errors_do_not_spell_out_shared_lists(place):
    lists = b"]q\x00" + b"0h\x00h\x00\x86q\x00" * 60
    data = {
        "shape": raw_array(b"U\x08abcdefgh", shape=lists),
        "dtype": b"cnumpy\ndtype\n" + lists + b"\x85R",
        "encoding": b"c_codecs\nencode\nU\x01a" + lists + b"\x86R",
        "state": b"cnumpy\ndtype\nU\x02f8\x85R" + lists + b"b",
        "order": b"cnumpy.core.numeric\n_frombuffer\n(U\x08abcdefghcnumpy\ndtype\nU\x02f8\x85RK\x01"
        + lists
        + b"tR",
    }[place]
    with pytest.raises(UnreadablePickleError) as caught:
        loads(forged(data))
    assert len(str(caught.value)) < 200


def test_numbers_that_share_a_hash_are_no_keys():
    with pytest.raises(RefusedPickleError, match="a key or a member of a set"):
        loads(pickle.dumps({(2**61 - 1) * n: 0 for n in range(1, 9)}))


def test_large_pickles_are_refused(tmp_path):
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps(np.zeros(100)))
    with pytest.raises(ValueError, match=r"a\.pkl has \d+ bytes, more than the 100"):
        load_pickle(file, max_bytes=100)
    assert load_pickle(file).shape == (100,)
