"""Whatever is wrong with a file, its reader ends in one kind of error that names it."""

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from infer_multiview_triangulation.multiview_files import (
    detections_of,
    read_cameras,
    read_detections,
    write_cameras_json,
)
from tests.infer_multiview_triangulation.calibration_files import make_cameras
from tests.infer_multiview_triangulation.detection_files import bodies, write_openpose


@pytest.fixture
def cameras(tmp_path):
    write_cameras_json(tmp_path / "a.json", make_cameras(2))
    return json.loads((tmp_path / "a.json").read_text())


def refused(read, path, text=None):
    """See that a reader refuses a file in one sentence that names it."""
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert ": " in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"size": "x"},
        {"size": [10**400, 2]},
        {"size": [float("inf"), 2]},
        {"size": [1e300, 2]},
        {"size": 5},
        {"size": {"a": 1, "b": 2}},
        {"matrix": 3},
        {"matrix": [[10**400, 0, 1], [0, 1, 1], [0, 0, 1]]},
        {"matrix": [[1e200, 0, 1], [0, 1e200, 1], [0, 0, 1]]},
        {"matrix": [[2, 3, 1], [3, 2, 1], [0, 0, 1]]},
        {"matrix": [[float("nan"), 0, 1], [0, 1, 1], [0, 0, 1]]},
        {"rotation": {}},
        {"rotation": [1e300, 0, 0]},
        {"rotation": [[1e200, 0, 0], [0, 1, 0], [0, 0, 1]]},
        {"distortions": [1e300, 0, 0, 0]},
        {"distortions": [float("inf")]},
        {"translation": [1, 2]},
        {"translation": [float("-inf"), 0, 0]},
        {"translation": [1e13, 0, 0]},
    ],
)
def test_numbers_that_no_camera_has(cameras, tmp_path, change):
    refused(read_cameras, tmp_path / "b.json", json.dumps([cameras[0], {**cameras[1], **change}]))


def test_coordinates_of_a_survey_are_no_such_numbers(cameras, tmp_path):
    cameras[0]["translation"] = [448_262_300.5, 5_411_932_700.5, 35_200.25]
    (tmp_path / "b.json").write_text(json.dumps(cameras))
    assert read_cameras(tmp_path / "b.json")[0].translation[1] == 5_411_932_700.5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "[" * 100_000 + "]" * 100_000),
        ("a.json", b"\xff\xfe\x00"),
        ("a.toml", "a = " + "[" * 5_000),
        ("a.toml", b"\xff\xfe"),
        ("a.toml", "[cam_" + "9" * 5_000 + "]\nmatrix = 1\n[cam_1]\nmatrix = 1\n"),
        ("a.yml", b"\xff" * 100),
        ("a.yml", 'names:\n  - "1"\nK_1: !!opencv-matrix\n  rows: 9999999999\n  cols: 1\n'),
        ("a.xml", b"\x00" * 50),
        ("a.xml", '<?xml version="1.0" encoding="utf-16"?><a/>'),
        ("a.qca.txt", "<calibration"),
        ("cameras.txt", "1 PINHOLE 2 2 1 1 1 1"),
    ],
)
def test_calibrations_that_are_none(tmp_path, name, text):
    if name == "cameras.txt":
        (tmp_path / "images.txt").write_text("1 1 0 0 0 0 0 0 1 /\n\n")
        (tmp_path / name).write_text(text)
        with pytest.raises(ValueError, match=r"cannot be read"):
            read_cameras(tmp_path / name)
    else:
        refused(read_cameras, tmp_path / name, text)


BOMB = """<?xml version="1.0" encoding="utf-16"?>
<!DOCTYPE a [<!ENTITY b "{long}"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]>
<a>&d;</a>"""
OUTSIDE = (
    """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>"""
)
CAMERA = """<?xml version="1.0" encoding="utf-16"?><calibration><cameras><camera serial="7">
<fov_video left="0" top="0" right="1919" bottom="1079"/>
<intrinsic focalLengthU="96000" focalLengthV="96000" centerPointU="61440" centerPointV="34560"
radialDistortion1="0" radialDistortion2="0" tangentalDistortion1="0" tangentalDistortion2="0"/>
<transform r11="1" r12="0" r13="0" r21="0" r22="1" r23="0" r31="0" r32="0" r33="1"
x="0" y="0" z="1000"/></camera></cameras></calibration>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_document_types_are_refused_in_every_encoding(tmp_path, encoding):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    told = "utf-8" if encoding == "utf-8" else "utf-16"
    for text in (BOMB.replace("{long}", "x" * 1_000), OUTSIDE):
        content = mark + text.replace("utf-16", told).encode(encoding)
        for name in ("a.xml", "a.qca.txt"):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(ValueError, match=rf"{name} .*declares a document type"):
                read_cameras(tmp_path / name)


@pytest.mark.parametrize("name", ["a.xml", "a.qca.txt"])
def test_xml_in_utf16_is_read(tmp_path, name):
    (tmp_path / name).write_bytes(CAMERA.encode("utf-16"))
    (camera,) = read_cameras(tmp_path / name)
    assert (camera.name, camera.size) == ("7", (1920, 1080))


def with_zip_field(data, local, central, value):
    """The archive with a field of both of its headers of the first member changed."""
    changed = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = changed.find(signature) + offset
        changed[at : at + 2] = struct.pack("<H", value)
    return bytes(changed)


def test_damaged_archives(tmp_path, rng):
    whole = io.BytesIO()
    np.savez_compressed(whole, keypoints2d=bodies(rng, 2, 3))
    data = whole.getvalue()
    broken = bytearray(data)
    at = 30 + broken[26] + broken[28] + 20
    broken[at : at + 40] = b"\xff" * 40
    header = io.BytesIO()
    with zipfile.ZipFile(header, "w") as archive:
        lines = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3"
        archive.writestr("keypoints2d.npy", b"\x93NUMPY\x01\x00\x76\x00" + lines.ljust(117) + b"\n")
    for content in (
        with_zip_field(data, 8, 10, 99),
        with_zip_field(data, 6, 8, 1),
        bytes(broken),
        header.getvalue(),
    ):
        refused(read_detections, tmp_path / "a.npz", content)


@pytest.mark.parametrize(
    "change",
    [
        {"sizes": 5},
        {"sizes": [[1e300, 2], [1, 1]]},
        {"sizes": [[float("nan"), 2], [1, 1]]},
        {"fps": float("nan")},
        {"fps": 1e300},
        {"fps": [25, 30]},
        {"timestamps": [0, float("inf"), 1]},
        {"views": [["a"], ["a"]]},
        {"keypoints2d": [[10**400]]},
    ],
)
def test_values_that_no_detector_writes(rng, change):
    with pytest.raises(ValueError, match="inputs 0 and 1"):
        detections_of({"keypoints2d": bodies(rng, 2, 3), **change}, "inputs 0 and 1")


def test_numbers_beyond_any_picture_are_missing(rng):
    keypoints = bodies(rng, 2, 3)
    keypoints[0, 0, 0, 0], keypoints[0, 0, 1, 1] = 1e300, -1e7
    read = detections_of({"keypoints2d": keypoints}, "input 0").keypoints2d
    assert np.isnan(read[0, 0, 0, :2]).all()
    assert np.isfinite(read).all(axis=-1).sum() == keypoints[..., 0].size - 2


@pytest.mark.parametrize(
    "entry",
    [{"image_id": 10**30}, {"image_id": 1e300}, {"frame_id": -(10**25), "instances": []}],
)
def test_frame_numbers_that_count_nothing(tmp_path, entry):
    person = {"keypoints": [1.0, 2.0, 0.5] * 17, "score": 1}
    refused(read_detections, tmp_path / "a.json", json.dumps([{**person, **entry}]))


def test_crowds_are_frame_numbers_that_went_wrong(tmp_path):
    person = {"image_id": 7, "keypoints": [1.0, 2.0, 0.5], "score": 1}
    (tmp_path / "a.json").write_text(json.dumps([person] * 501))
    with pytest.raises(ValueError, match="shows 501 people in frame 7, 500 at most"):
        read_detections(tmp_path / "a.json")


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".json", ".csv", ".h5", ".pkl"])
def test_noise_for_a_file(tmp_path, suffix, rng):
    for size in (0, 1, 300):
        content = rng.integers(0, 256, size, dtype=np.uint8).tobytes()
        refused(lambda path: read_detections(path, "auto", True), tmp_path / f"a{suffix}", content)


def test_a_file_that_may_not_be_read_is_named(tmp_path, rng, monkeypatch):
    folder = write_openpose(tmp_path / "pose", bodies(rng, 2, 2))
    file = next((folder / "cam1").iterdir())
    real = Path.read_bytes

    def denied(path):
        if path == file:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(ValueError, match=r"cannot be read .*Permission denied"):
        read_detections(folder)
