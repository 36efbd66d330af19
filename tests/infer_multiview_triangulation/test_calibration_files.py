"""Calibration files: round trips, the real ones, and what is no calibration."""

import json

import numpy as np
import pytest

from infer_multiview_triangulation.multiview_files import (
    read_cameras,
    write_cameras_json,
    write_cameras_toml,
)
from infer_multiview_triangulation.multiview_geometry import Camera
from tests.infer_multiview_triangulation.calibration_files import assert_same, make_cameras

DEMO = "data/pose2sim_demo_single"


@pytest.mark.parametrize("distortions", [5, 8])
@pytest.mark.parametrize("write", [write_cameras_json, write_cameras_toml])
def test_round_trip(tmp_path, write, distortions):
    file = tmp_path / "new" / f"cameras.{write.__name__[-4:]}"
    cameras = make_cameras(12, distortions)
    write(file, cameras)
    assert_same(read_cameras(file), cameras)
    write(file, cameras[:2])
    assert_same(read_cameras(str(file)), cameras[:2])
    assert [f.name for f in file.parent.iterdir()] == [file.name]
    assert_same(read_cameras(file.parent), cameras[:2])


@pytest.mark.parametrize("write", [write_cameras_json, write_cameras_toml])
def test_unknown_size_stays_unknown(tmp_path, write):
    camera = Camera("a", None, np.diag([500.0, 500, 1]), np.zeros(4), np.ones(3), np.ones(3))
    file = tmp_path / f"cameras.{write.__name__[-4:]}"
    write(file, [camera])
    assert_same(read_cameras(file), [camera])


def test_a_failed_write_leaves_the_old_file(tmp_path):
    file = tmp_path / "cameras.json"
    cameras = make_cameras(2)
    write_cameras_json(file, cameras)
    with pytest.raises(AttributeError):
        write_cameras_json(file, [*cameras, None])
    assert_same(read_cameras(file), cameras)
    assert len(list(tmp_path.iterdir())) == 1


def test_the_json_is_aist_s_form(tmp_path):
    write_cameras_json(tmp_path / "a.json", make_cameras(1))
    (entry,) = json.loads((tmp_path / "a.json").read_text())
    assert list(entry) == ["name", "size", "matrix", "distortions", "rotation", "translation"]


def test_real_toml(shared):
    cameras = read_cameras(shared / DEMO / "Calib_qualisys.toml")
    assert [camera.name for camera in cameras] == ["cam_01", "cam_02", "cam_03", "cam_04"]
    assert all(camera.size == (1088, 1920) for camera in cameras)
    assert cameras[2].matrix[0, 2] == 513.20837403125
    assert cameras[3].translation.tolist() == [
        0.5030217200000007,
        0.04894934000000107,
        4.406564460000002,
    ]


def test_real_qualisys_is_what_pose2sim_makes_of_it(shared):
    converted = read_cameras(shared / DEMO / "Calib_qualisys.toml")
    assert_same(read_cameras(shared / DEMO / "Calib.qca.txt"), converted, 1e-9)


def test_real_qualisys_as_xml_among_marker_cameras(shared, tmp_path):
    text = (shared / DEMO / "Calib.qca.txt").read_text()
    one, two = text.split('<camera active="1"', 1)
    marker = two.split("</camera>")[0].replace("none", "Arqus A5").replace("cam_01", "marker")
    cameras = two.replace('model="none"', 'model="Miqus Video"')
    cameras = cameras.replace(
        'model="Miqus Video"', 'model="Miqus Video" video_resolution="540p"', 1
    )
    (tmp_path / "a.xml").write_text(
        f'{one}<camera active="1"{marker}</camera><camera active="1"{cameras}'
    )
    read = read_cameras(tmp_path / "a.xml")
    whole = read_cameras(shared / DEMO / "Calib_qualisys.toml")
    assert_same(read[1:], whole[1:], 1e-9)
    assert read[0].size == (544, 960)
    np.testing.assert_allclose(read[0].matrix[:2], whole[0].matrix[:2] / 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{", "a.json is not valid JSON"),
        ("{}", "is not AIST.*list of cameras"),
        ("[]", "a.json holds no camera"),
        ('[{"name": "c01"}]', r"c01 of .* has no matrix, rotation, translation"),
    ],
)
def test_unusable_json(tmp_path, text, message):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_cameras(tmp_path / "a.json")


def test_json_keeps_its_order(tmp_path):
    cameras = make_cameras(3)[::-1]
    write_cameras_json(tmp_path / "a.json", cameras)
    assert_same(read_cameras(tmp_path / "a.json"), cameras)


def test_unknown_calibrations(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_cameras(tmp_path / "nothing")
    with pytest.raises(ValueError, match="must hold one calibration, found none"):
        read_cameras(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ValueError, match=r"notes.txt is no known calibration: give"):
        read_cameras(tmp_path / "notes.txt")
    for name in ("a.json", "b.toml"):
        (tmp_path / name).write_text("")
    with pytest.raises(ValueError, match=r"found a.json, b.toml: give the file"):
        read_cameras(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<calibration>", "is not valid XML"),
        ('<?xml version="1.0" encoding="other"?><calibration/>', "is not valid XML"),
        ("<calibration/>", "holds no camera"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><calibration/>', "declares a document type"),
        ('<c><cameras><camera serial="7"/></cameras></c>', "camera 7 of .*no usable 'fov_video'"),
    ],
)
def test_unusable_xml(tmp_path, text, message):
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_cameras(tmp_path / "a.xml")
