"""Reading pickles: to identical arrays, and without running what they name."""

import pickle
import sys
import tracemalloc
import types

import numpy as np
import pytest
import torch
from scipy import sparse

from infer_smpl_fit.infer_smpl_fit_kit.safe_pickle import RefusedPickleError
from infer_smpl_fit.smpl_body.loader import BodyFileError, load_body
from infer_smpl_fit.smpl_body.restricted_pickle import load_pickle, to_array
from tests.infer_smpl_fit.procedural_body import procedural_body, stored

ARRAYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "faces")


@pytest.fixture(scope="module")
def second():
    return procedural_body()


def assert_same(body, other):
    for name in ARRAYS:
        assert np.array_equal(getattr(body, name), getattr(other, name)), name
    assert body.parents.tolist() == other.parents.tolist()


@pytest.fixture
def chumpy(monkeypatch):
    """A stand-in for chumpy whose objects pickle as the real ones do."""
    ch, reordering = types.ModuleType("chumpy.ch"), types.ModuleType("chumpy.reordering")

    class Ch:
        def __init__(self, **state):
            self.__dict__.update(state, _dirty_vars={"x"}, _itr=None)

        def __getstate__(self):
            return self.__dict__

    class Select(Ch):
        pass

    Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"
    Select.__module__, Select.__qualname__ = "chumpy.reordering", "Select"
    ch.Ch, reordering.Select = Ch, Select
    for name, module in (
        ("chumpy", types.ModuleType("chumpy")),
        ("chumpy.ch", ch),
        ("chumpy.reordering", reordering),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    return types.SimpleNamespace(Ch=Ch, Select=Select)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("style", ["plain", "ch", "select"])
def test_pickles_load_to_identical_arrays(tmp_path, chumpy, second, protocol, style, monkeypatch):
    data = stored(second)
    data["J_regressor"] = sparse.csc_matrix(second.J_regressor)
    if style == "ch":
        data["shapedirs"] = chumpy.Ch(x=second.shapedirs)
    if style == "select":
        longer = np.concatenate([second.shapedirs, second.shapedirs[..., ::-1] + 1], axis=2)
        chosen = np.arange(longer.size).reshape(longer.shape)[..., :10].ravel()
        data["shapedirs"] = chumpy.Select(
            a=chumpy.Ch(x=longer), idxs=chosen, preferred_shape=second.shapedirs.shape
        )
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    file.write_bytes(pickle.dumps(data, protocol=protocol))
    for name in ("chumpy", "chumpy.ch", "chumpy.reordering"):
        monkeypatch.delitem(sys.modules, name)
    body = load_body(file)
    assert_same(body, second)
    assert "chumpy" not in sys.modules
    assert (body.gender, body.is_builtin) == ("neutral", False)


def test_python_2_names_are_understood(tmp_path):
    """Protocol 0 as Python 2 wrote it: copy_reg, __builtin__, numpy.core and bytes as text."""
    raw = np.arange(3, dtype="<f8").tobytes().decode("latin1")
    text = raw.encode("unicode_escape").decode("ascii").replace("'", "\\'")
    written = (
        "(dp0\nS'x'\np1\nccopy_reg\n_reconstructor\np2\n(cchumpy.ch\nCh\np3\nc__builtin__\nobject\n"
        "p4\nNtp5\nRp6\n(dp7\nS'x'\np8\ncnumpy.core.multiarray\n_reconstruct\np9\n(cnumpy\nndarray\n"
        "p10\n(I0\ntp11\nS'b'\np12\ntp13\nRp14\n(I1\n(I3\ntp15\ncnumpy\ndtype\np16\n(S'f8'\np17\nI0\n"
        "I1\ntp18\nRp19\n(I3\nS'<'\np20\nNNNI-1\nI-1\nI0\ntp21\nbI00\n"
        f"S'{text}'\np22\ntp23\nbsbs."
    )
    file = tmp_path / "old.pkl"
    file.write_bytes(written.encode("ascii"))
    loaded = load_pickle(file)["x"]
    assert loaded.origin == "chumpy.ch.Ch"
    assert to_array(loaded).tolist() == [0, 1, 2]


class Evil:
    def __init__(self, call, *args):
        self.call, self.args = call, args

    def __reduce__(self):
        return self.call, self.args


def evil_calls():
    import os
    import subprocess

    yield Evil(os.system, "touch {mark}")
    yield Evil(eval, "open('{mark}', 'w')")
    yield Evil(exec, "open('{mark}', 'w')")
    yield Evil(getattr, dict, "fromkeys")
    yield Evil(subprocess.check_output, ["touch", "{mark}"])
    yield Evil(__import__, "os")
    yield Evil(open, "{mark}", "w")
    yield Evil(np.load, "{mark}")
    yield Evil(np.fromfile, "{mark}")
    yield Evil(pickle.loads, b"cos\nsystem\n.")
    yield Evil(torch.load, "{mark}")


@pytest.mark.parametrize("protocol", range(6))
def test_malicious_pickles_are_refused(tmp_path, protocol, second):
    mark = tmp_path / "was_here"
    for number, evil in enumerate(evil_calls()):
        evil.args = tuple(
            arg.replace("{mark}", str(mark)) if isinstance(arg, str) else arg for arg in evil.args
        )
        file = tmp_path / f"SMPL_{number}.pkl"
        file.write_bytes(pickle.dumps({"v_template": evil}, protocol=protocol))
        with pytest.raises(RefusedPickleError):
            load_pickle(file)
        with pytest.raises(BodyFileError, match="for safety"):
            load_body(file)
        assert not mark.exists()


@pytest.mark.parametrize(
    "written",
    [
        b"\x80\x04\x8c\x05numpy\x8c\x0dndarray.dumps\x93.",
        b"\x80\x04\x8c\x06chumpy\x8c\x0bch.os.system\x93.",
        b"cchumpy.ch\n__import__('os')\n.",
        b"cscipy.sparse\n_compressed\n.",
        b"Psomewhere\n.",
        b"\x80\x02\x82\x01.",
        b"(S'touch x'\nios\nsystem\n.",
    ],
)
def test_handwritten_tricks_are_refused(tmp_path, written):
    file = tmp_path / "trick.pkl"
    file.write_bytes(written)
    with pytest.raises((RefusedPickleError, ValueError)):
        load_pickle(file)
    with pytest.raises(BodyFileError):
        load_body(file)


@pytest.mark.parametrize(
    "array",
    [
        np.array([(1, None)], dtype=[("a", "i4"), ("b", object)]),
        np.arange(3).view(np.recarray),
        np.array(["2020-01-01"], dtype="M8[D]"),
    ],
)
def test_dtypes_with_parts_are_refused(tmp_path, array):
    """numpy's own unpickling follows pointers that a forged dtype takes from the file."""
    file = tmp_path / "forged.pkl"
    file.write_bytes(pickle.dumps({"x": array}, protocol=2))
    with pytest.raises(RefusedPickleError):
        load_pickle(file)


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_of_all_kinds_survive(tmp_path, protocol):
    arrays = {
        "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        "big_endian": np.arange(5, dtype=">i4"),
        "flags": np.array([True, False]),
        "empty": np.zeros((0, 3), np.float32),
        "number": np.float32(2.5),
        "zero_d": np.array(7, np.uint8),
    }
    file = tmp_path / "all.pkl"
    file.write_bytes(pickle.dumps(arrays, protocol=protocol))
    read = load_pickle(file)
    for name, array in arrays.items():
        back = to_array(read[name])
        assert back.shape == np.shape(array)
        assert back.dtype == array.dtype
        assert np.array_equal(back, array), name


def test_damaged_pickles_never_get_through(tmp_path, second):
    """Whatever a flipped byte does, the answer is a body or a BodyFileError."""
    rng = np.random.default_rng(0)
    small = {key: value for key, value in stored(second).items() if key in ("f", "bs_style")}
    small["shapedirs"] = sparse.csc_matrix(np.eye(4))
    clean = pickle.dumps(small, protocol=2)
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    for place in rng.integers(0, 400, 200):
        broken = bytearray(clean)
        broken[place] = rng.integers(0, 256)
        file.write_bytes(broken)
        with pytest.raises(BodyFileError):
            load_body(file)


def test_sparse_matrices_beyond_any_body_are_refused(tmp_path, second):
    """A few bytes of a sparse matrix can stand for terabytes."""
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    data = stored(second) | {"J_regressor": sparse.csc_matrix((2**15, 2**15))}
    file.write_bytes(pickle.dumps(data, protocol=2))
    with pytest.raises(BodyFileError, match=r"J_regressor .*32768 x 32768 is no regressor"):
        load_body(file)


@pytest.mark.parametrize("state", [{"x": 1}, {"a": 1}, None, [1], ({"data": 0}, {})])
def test_foreign_objects_without_an_array_are_explained(tmp_path, chumpy, second, state):
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    odd = chumpy.Ch()
    type(odd).__getstate__ = lambda _: state
    file.write_bytes(pickle.dumps(stored(second) | {"v_template": odd}, protocol=2))
    with pytest.raises(BodyFileError, match="v_template"):
        load_body(file)


def test_small_body_files_stay_small(tmp_path):
    """A far memo index, a long bytearray, and lists of the same list again and again."""
    nested = [1.0, 1.0]
    for _ in range(60):
        nested = [nested, nested]
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    for written in (
        b"\x80\x02}r\x00\x00\x00\x80.",
        b"\x80\x02cbuiltins\nlist\n(cbuiltins\nbytearray\n(L100000000000L\ntRtR.",
        pickle.dumps({"v_template": nested}),
    ):
        file.write_bytes(written)
        tracemalloc.start()
        with pytest.raises(BodyFileError):
            load_body(file)
        assert tracemalloc.get_traced_memory()[1] < 2**22
        tracemalloc.stop()


def test_buffers_outside_the_file_are_not_followed(tmp_path):
    """Protocol 5 can refer to them."""
    buffers = []
    written = pickle.dumps({"x": np.arange(3.0)}, protocol=5, buffer_callback=buffers.append)
    assert buffers
    file = tmp_path / "five.pkl"
    file.write_bytes(written)
    with pytest.raises(ValueError, match="not a readable pickle"):
        load_pickle(file)
