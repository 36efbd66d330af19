"""Named arrays in .npz files and in pickles for numpy 1, whole and damaged."""

import io
import pickle
import struct
import warnings
import zipfile

import numpy as np
import pytest

from plugin_kit.array_files import read_arrays, write_npz, write_pickle
from plugin_kit.files import FileError
from plugin_kit.safe_pickle import load_pickle

NAMES = ("nose", "left_hip", "right_big_toe")


@pytest.fixture
def points():
    return np.random.default_rng(3).normal(0, 1, (6, 3, 3))


def test_npz(tmp_path, points):
    write_npz(tmp_path / "a.npz", {"points": points, "names": NAMES, "fps": 60.0})
    with np.load(tmp_path / "a.npz", allow_pickle=False) as back:
        np.testing.assert_array_equal(back["points"], points)
        assert tuple(back["names"]) == NAMES
        assert back["fps"] == 60
    with pytest.raises(ValueError, match=r"names of .* holds objects"):
        write_npz(tmp_path / "b.npz", {"names": np.array([None])})
    assert not (tmp_path / "b.npz").exists()
    assert read_arrays(tmp_path / "a.npz").keys() == {"points", "names", "fps"}


def test_a_failed_write_leaves_the_old_file(tmp_path, points, monkeypatch):
    file = tmp_path / "a.npz"
    write_npz(file, {"points": points})
    monkeypatch.setattr(np, "savez_compressed", lambda handle, **_: handle.write(b"x") / 0)
    with pytest.raises(ZeroDivisionError):
        write_npz(file, {"points": points + 1})
    with np.load(file) as back:
        np.testing.assert_array_equal(back["points"], points)
    assert len(list(tmp_path.iterdir())) == 1


def test_only_what_is_wanted_is_read(tmp_path, points):
    """Others may be objects, which would raise an error."""
    np.savez(tmp_path / "a.npz", points=points, notes=np.array([None]))
    read = read_arrays(tmp_path / "a.npz", ("points", "gender"))
    assert list(read) == ["points"]
    np.testing.assert_array_equal(read["points"], points)
    with pytest.raises(ValueError, match=r"a\.npz is damaged or holds objects"):
        read_arrays(tmp_path / "a.npz")


def test_one_array_without_a_name(tmp_path, points):
    np.save(tmp_path / "a.npy", points)
    np.testing.assert_array_equal(read_arrays(tmp_path / "a.npy", unnamed="x")["x"], points)
    with pytest.raises(ValueError, match=r"a\.npy holds one array without a name"):
        read_arrays(tmp_path / "a.npy")


def compressed(points):
    content = io.BytesIO()
    np.savez_compressed(content, points=points)
    return content.getvalue()


def patched(data, *, local, central, value):
    """The archive with a field of its headers, at these places of them, set to ``value``."""
    data = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = data.find(signature) + offset
        data[at : at + 2] = struct.pack("<H", value)
    return bytes(data)


def broken_stream(data):
    data = bytearray(data)
    start = 30 + data[26] + data[28] + 20
    data[start : start + 40] = b"\xff" * 40
    return bytes(data)


def with_header(text):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        header = text.ljust(117) + b"\n"
        archive.writestr("points.npy", b"\x93NUMPY\x01\x00\x76\x00" + header)
    return content.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"PK\x03\x04 broken",
        lambda data: data[:-40],
        lambda data: patched(data, local=8, central=10, value=99),
        lambda data: patched(data, local=6, central=8, value=1),
        broken_stream,
        lambda data: with_header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3"),
        lambda data: with_header(
            b"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 99999), }"
        ),
    ],
    ids=["empty", "head", "cut", "method", "encrypted", "stream", "header", "huge"],
)
def test_damaged_files_are_named(tmp_path, points, damage):
    file = tmp_path / "a.npz"
    file.write_bytes(damage(compressed(points)))
    with pytest.raises(ValueError, match=r"a\.npz is damaged"):
        read_arrays(file)


def test_pickles_are_those_of_numpy_1(tmp_path, points):
    content = {"scaling": np.float32([[92.5]]), "points": points[::2], "loss": 1.25}
    data = write_pickle(tmp_path / "a.pkl", content).read_bytes()
    assert b"numpy._core" not in data and b"numpy.core" in data
    assert data[:2] == b"\x80\x02"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = pickle.loads(data)
    for stored in (read, load_pickle(tmp_path / "a.pkl")):
        assert list(stored) == list(content)
        assert stored["loss"] == 1.25
        np.testing.assert_array_equal(stored["points"], points[::2])
        assert stored["scaling"].dtype == np.float32


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path):
    """A megabyte of it would be a gigabyte."""
    file = tmp_path / "a.npz"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as x:
        for _ in range(17):
            x.write(bytes(2**24))
    with pytest.raises(FileError, match=r"a\.npz is damaged .*unpacks to 285212672 bytes.*: export"):
        read_arrays(file)
