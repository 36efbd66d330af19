"""AIST++'s pickles, and hostile ones."""

import pickle
import struct

import numpy as np
import pandas as pd
import pytest

from infer_multiview_triangulation.infer_multiview_triangulation_kit import safe_pickle
from infer_multiview_triangulation.multiview_files import read_detections
from infer_multiview_triangulation.multiview_geometry import Camera
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


@pytest.mark.parametrize(
    "data", [b"cos\nsystem\n(S'true'\ntR.", b"]q\x00h\x00a.", b"", b"not a pickle"]
)
def test_forged_pickles_are_refused(tmp_path, data):
    file = tmp_path / "a.pkl"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"a.pkl is not a pickle of numpy arrays"):
        read_detections(file, allow_pickle=True)


@pytest.mark.parametrize("key", ["keypoints2d", "views", "sizes", "skeleton"])
def test_shared_lists_do_not_unfold(tmp_path, rng, key):
    nested = [1.0, 1.0]
    for _ in range(60):
        nested = [nested, nested]
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps(aist_content(rng) | {key: nested}))
    with pytest.raises(ValueError, match=r"a.pkl is not a pickle .*its lists unfold to"):
        read_detections(file, allow_pickle=True)


def test_large_pickles_are_refused(tmp_path, monkeypatch, rng):
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps(aist_content(rng)))
    monkeypatch.setattr(safe_pickle, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="more than the 100"):
        read_detections(file, allow_pickle=True)
