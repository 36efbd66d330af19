"""AIST++'s pickles, and hostile ones."""

import pickle
import struct
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from infer_multiview_triangulation.multiview_files import read_detections, safe_pickle
from infer_multiview_triangulation.multiview_geometry.camera import Camera
from tests.infer_multiview_triangulation.detection_files import Evil, bodies, ran, run


class EvilState:
    def __reduce__(self):
        return set, ([],), {"x": Evil()}


def aist_content(rng):
    keypoints = bodies(rng, 3, 4).astype(np.float32)
    return {
        "keypoints2d": keypoints,
        "det_scores": np.asfortranarray(rng.uniform(0, 1, (3, 4))),
        "timestamps": np.arange(4) * 17,
    }


@pytest.mark.parametrize("core", [b"numpy.core", b"numpy._core"])
@pytest.mark.parametrize("protocol", range(6))
def test_aist_pickle(tmp_path, rng, protocol, core):
    content = aist_content(rng)
    data = pickle.dumps(content, protocol=protocol)
    if core == b"numpy.core":
        # From protocol 4 on names have their length before them.
        for module in (b".multiarray", b".numeric"):
            new, old = b"numpy._core" + module, core + module
            data = data.replace(bytes([len(new)]) + new, bytes([len(old)]) + old)
            data = data.replace(b"c" + new, b"c" + old)
        if protocol >= 4:
            data = unframed(data)
        assert b"numpy._core" not in data
    file = tmp_path / "a.pkl"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"a.pkl is a pickle, .* set allow_pickle"):
        read_detections(file)
    detections = read_detections(file, allow_pickle=True)
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], content["keypoints2d"])
    np.testing.assert_array_equal(detections.scores[..., 0], content["det_scores"])
    assert detections.timestamps.tolist() == [0, 17, 34, 51]


def unframed(data):
    """A pickle of protocol 4 or 5 without its frames, whose lengths no longer hold."""
    out, rest = bytearray(data[:2]), data[2:]
    while rest[:1] == b"\x95":
        length = struct.unpack("<Q", rest[1:9])[0]
        out += rest[9 : 9 + length] if length < len(rest) else rest[9:]
        rest = rest[9 + length :] if length < len(rest) else b""
    return bytes(out + rest)


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_survive(protocol):
    values = {
        "a": [1, 2.5, None, True, "ä", b"bytes", b""],
        "b": ({1, 2}, frozenset([3]), 1 + 2j),
        "c": np.float32(3.5),
        "d": np.array(["x", "yz"]),
        "e": np.array([["a", 1], [None, 2.0]], dtype=object),
        "f": np.arange(6, dtype=">i2").reshape(2, 3),
        "g": np.zeros((0, 3)),
        "h": np.array(5.0),
        "i": np.arange(24.0).reshape(2, 3, 4)[:, ::2].transpose(2, 0, 1),
    }
    read = safe_pickle.loads(pickle.dumps(values, protocol=protocol))
    assert read.keys() == values.keys()
    for key in "ab":
        assert read[key] == values[key]
    for key in "cdefghi":
        np.testing.assert_array_equal(read[key], values[key])
        assert read[key].dtype == values[key].dtype


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [
        Evil(),
        EvilState(),
        run,
        eval,
        np.load,
        np.dtype([("a", "f4")]),
        np.zeros(2, dtype=[("a", "f4")]),
        np.array([Evil()], dtype=object),
        np.ma.zeros(3),
        pd.Series([1.0]),
        range(3),
        Camera,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused(tmp_path, value, protocol):
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps({"keypoints2d": value}, protocol=protocol))
    with pytest.raises(ValueError, match=r"a.pkl is not a pickle of numpy arrays and containers"):
        read_detections(file, allow_pickle=True)
    assert not ran


def forged(*parts):
    return b"\x80\x02" + b"".join(parts) + b"."


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
        forged(b"\x82\x01"),
        forged(b"X\x01\x00\x00\x00aQ"),
        # An object data type under another name, and an array that claims more than it has.
        forged(b"cnumpy\ndtype\nX\x02\x00\x00\x00V8\x85R"),
        forged(
            b"cnumpy.core.multiarray\n_reconstruct\n)R(K\x01(J\xff\xff\xff\x7ft",
            b"cnumpy\ndtype\nX\x02\x00\x00\x00f8\x85R\x89U\x08abcdefghtb",
        ),
        # A function's attributes, a container in itself, a memo index of 2 thousand million.
        forged(b"cbuiltins\nset\n}U\x01aK\x01sb"),
        b"\x80\x02]q\x00h\x00a.",
        b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"",
        b"\x80\x09.",
        b"not a pickle",
    ],
)
def test_forged_pickles_are_refused(tmp_path, data):
    file = tmp_path / "a.pkl"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"a.pkl is not a pickle of numpy arrays"):
        read_detections(file, allow_pickle=True)


def test_small_pickles_stay_small():
    """Neither a far memo index nor lists of lists of the same list take memory or time."""
    assert safe_pickle.loads(b"\x80\x02K\x01r\xff\xff\xff\x7f.") == 1
    tracemalloc.start()
    far = b"\x80\x05\x96" + struct.pack("<Q", 2**30) + b"short"
    with pytest.raises(pickle.UnpicklingError):
        safe_pickle.loads(far)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    nested = []
    for _ in range(60):
        nested = [nested, nested]
    assert len(safe_pickle.loads(pickle.dumps(nested))) == 2


def test_large_pickles_are_refused(tmp_path, monkeypatch, rng):
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps(aist_content(rng)))
    monkeypatch.setattr(safe_pickle, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="more than the 100"):
        read_detections(file, allow_pickle=True)
