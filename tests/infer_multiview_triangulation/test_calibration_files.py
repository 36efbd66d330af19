"""Calibration files: each tool's form, the real ones, and what is refused."""

import json

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from infer_multiview_triangulation.multiview_files import (
    read_cameras,
    write_cameras_json,
    write_cameras_toml,
)
from infer_multiview_triangulation.multiview_geometry.camera import Camera

DEMO = "data/pose2sim_demo_single"


def make_cameras(count=3, distortions=5):
    """Cameras of which every number differs."""
    rng = np.random.default_rng(count)
    return [
        Camera(
            name=f"cam{c + 1}",
            size=(1920, 1080 + c),
            matrix=np.array(
                [[1600 + c, 0, 950.5 + c], [0, 1610.25 - c, 540 - c / 3], [0, 0, 1]], np.float64
            ),
            distortions=rng.normal(0, 0.05, distortions),
            rotation=rng.uniform(-1, 1, 3),
            translation=rng.normal(0, 3, 3),
        )
        for c in range(count)
    ]


def assert_same(cameras, expected, tolerance=0.0):
    assert [camera.name for camera in cameras] == [camera.name for camera in expected]
    for camera, other in zip(cameras, expected, strict=True):
        assert camera.size == other.size
        for key in ("matrix", "distortions", "rotation", "translation"):
            np.testing.assert_allclose(
                getattr(camera, key), getattr(other, key), rtol=0, atol=tolerance, err_msg=key
            )


# Round trips


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


# Real files


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


# anipose, Pose2Sim, caliscope

TABLE = """
[{key}]
{extra}size = [1920, 1080]
matrix = [[1600.0, 0.0, 960.0], [0.0, 1600.0, 540.0], [0.0, 0.0, 1.0]]
distortions = [0.1, 0.0, 0.0, 0.0, 0.0]
rotation = {rotation}
translation = [{number}, 0.0, 3.0]
"""


def table(number, key="cam_{}", extra="", rotation="[0.0, 0.0, 0.0]"):
    return TABLE.format(key=key.format(number), extra=extra, number=number, rotation=rotation)


def test_toml_cameras_come_in_natural_order(tmp_path):
    text = "".join(table(number) for number in (10, 0, 1, 11, 2))
    (tmp_path / "a.toml").write_text("[metadata]\nadjusted = false\n" + text)
    cameras = read_cameras(tmp_path / "a.toml")
    assert [camera.name for camera in cameras] == ["cam_0", "cam_1", "cam_2", "cam_10", "cam_11"]
    assert [camera.translation[0] for camera in cameras] == [0, 1, 2, 10, 11]


def test_caliscope(tmp_path):
    turn = Rotation.from_rotvec([0.1, -0.7, 2])
    matrix = str(turn.as_matrix().tolist())
    text = "CreationDate = 2024-01-01\n[charuco]\ncolumns = 4\n"
    text += table(1, rotation=matrix) + table(2, extra="ignore = true\n")
    (tmp_path / "a.toml").write_text(text)
    (camera,) = read_cameras(tmp_path / "a.toml")
    np.testing.assert_allclose(camera.rotation, turn.as_rotvec())
    text = table(1, "cameras.{}") + table(2, "cameras.{}")
    (tmp_path / "a.toml").write_text(text)
    assert [camera.name for camera in read_cameras(tmp_path / "a.toml")] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[cam_0", "a.toml is not valid TOML"),
        ("[metadata]\nerror = 0.0\n", "a.toml holds no camera"),
        ("[cam_0]\nsize = [1, 1]\n", r"cam_0 of .*a.toml has no matrix, rotation, translation"),
        (table(0, extra="fisheye = true\n"), r"cam_0 of .*a.toml is fisheye"),
        (table(0, extra='name = "a"\n') + table(1, extra='name = "a"\n'), "2 cameras called a"),
        (table(0, rotation="[0.0, nan, 0.0]"), r"cam_0 of .*a.toml is not usable"),
        (table(0, rotation="[0.0, 1.0]"), r"cam_0 of .*a.toml is not usable"),
        (table(0, rotation='["a", 1.0]'), r"cam_0 of .*a.toml is not usable"),
        (table(0, rotation=str((2 * np.eye(3)).tolist())), "is not a rotation"),
        (table(0).replace("1600.0, 0.0, 960", "-1600.0, 0.0, 960"), "positive fx and fy"),
        (table(0).replace("[0.1,", f"[{'0.1, ' * 9}"), "at most 8 are known"),
        (table(0).replace("[1920,", "[0,"), "size .* is not positive"),
        (table(0).replace("[1920, 1080]", "[1920]"), r"cam_0 of .*a.toml is not usable"),
    ],
)
def test_unusable_toml(tmp_path, text, message):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_cameras(tmp_path / "a.toml")


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


# EasyMocap


def write_easymocap(folder, cameras, rotation="R", size=True):
    """intri.yml and extri.yml as OpenCV itself writes them."""
    intri, extri = (
        cv2.FileStorage(str(folder / f"{kind}.yml"), cv2.FILE_STORAGE_WRITE)
        for kind in ("intri", "extri")
    )
    for storage in (intri, extri):
        storage.startWriteStruct("names", cv2.FileNode_SEQ)
        for camera in cameras:
            storage.write("", camera.name)
        storage.endWriteStruct()
    for camera in cameras:
        intri.write(f"K_{camera.name}", camera.matrix)
        intri.write(f"dist_{camera.name}", camera.distortions[None])
        if size:
            intri.write(f"W_{camera.name}", camera.size[0])
            intri.write(f"H_{camera.name}", camera.size[1])
        if rotation == "R":
            extri.write(f"R_{camera.name}", camera.rotation[:, None])
        extri.write(f"Rot_{camera.name}", camera.rotation_matrix)
        extri.write(f"T_{camera.name}", camera.translation[:, None])
    intri.release()
    extri.release()


@pytest.mark.parametrize("rotation", ["R", "Rot"])
@pytest.mark.parametrize("given", ["", "intri.yml", "extri.yml"])
def test_easymocap(tmp_path, rotation, given):
    cameras = make_cameras(11)
    write_easymocap(tmp_path, cameras, rotation)
    read = read_cameras(tmp_path / given)
    assert_same(read, cameras, 1e-12)


def test_easymocap_s_own_writer(tmp_path):
    """EasyMocap writes its files by hand, with names as text and no picture size."""
    (tmp_path / "intri.yml").write_text(
        '%YAML:1.0\r\n---\r\nnames:\n  - "01"\n  - "02"\n'
        + "".join(
            f"K_{name}: !!opencv-matrix\n  rows: 3\n  cols: 3\n  dt: d\n"
            "  data: [1000.5, 0.0, 500.0,\n     0.0, 1.001e3, 400.0, 0.0, 0.0, 1.0]\n"
            f"dist_{name}: !!opencv-matrix\n  rows: 1\n  cols: 5\n  dt: d\n"
            "  data: [-0.1, 0.2, 0.0, 0.0, 0.0]\n"
            for name in ("01", "02")
        )
    )
    (tmp_path / "extri.yml").write_text(
        'names: [ "01", "02" ]\n'
        + "".join(
            f"{key}_{name}: !!opencv-matrix\n  rows: 3\n  cols: 1\n  dt: d\n  data: [0.1, -2, 3.]\n"
            for name in ("01", "02")
            for key in ("R", "T")
        )
    )
    cameras = read_cameras(tmp_path)
    assert [camera.name for camera in cameras] == ["01", "02"]
    assert cameras[0].size is None
    assert cameras[1].matrix.tolist() == [[1000.5, 0, 500], [0, 1001, 400], [0, 0, 1]]
    assert cameras[1].distortions.tolist() == [-0.1, 0.2, 0, 0, 0]
    assert cameras[1].translation.tolist() == [0.1, -2, 3]


def test_unusable_easymocap(tmp_path):
    write_easymocap(tmp_path, make_cameras(2))
    extri = tmp_path / "extri.yml"
    text = extri.read_text()
    extri.write_text(text.replace("T_cam2", "X_cam2"))
    with pytest.raises(ValueError, match="has T_cam2"):
        read_cameras(tmp_path)
    extri.write_text(text.replace("rows: 3", "rows: 4"))
    with pytest.raises(ValueError, match=r"of .*extri.yml is not a whole matrix"):
        read_cameras(tmp_path)
    extri.unlink()
    with pytest.raises(FileNotFoundError, match=r"extri.yml is not there"):
        read_cameras(tmp_path)
    (tmp_path / "a.yml").write_text("x: 1\n")
    with pytest.raises(ValueError, match=r"a.yml has no list of names"):
        read_cameras(tmp_path / "a.yml")


# COLMAP


def write_colmap(folder, cameras, models):
    """The text model, with points below some images and an empty line below the others."""
    lenses, images = ["# Camera list"], ["# Image list", "# two lines each"]
    for number, (camera, model) in enumerate(zip(cameras, models, strict=True), 1):
        fx, fy = camera.matrix[0, 0], camera.matrix[1, 1]
        cx, cy = camera.matrix[:2, 2] + 0.5
        k1, k2, p1, p2, k3, k4, k5, k6 = np.pad(
            camera.distortions, (0, 8 - len(camera.distortions))
        )
        values = {
            "SIMPLE_PINHOLE": (fx, cx, cy),
            "PINHOLE": (fx, fy, cx, cy),
            "SIMPLE_RADIAL": (fx, cx, cy, k1),
            "RADIAL": (fx, cx, cy, k1, k2),
            "OPENCV": (fx, fy, cx, cy, k1, k2, p1, p2),
            "FULL_OPENCV": (fx, fy, cx, cy, k1, k2, p1, p2, k3, k4, k5, k6),
        }[model]
        width, height = camera.size
        lenses.append(" ".join(map(str, (number, model, width, height, *map(float, values)))))
        x, y, z, w = Rotation.from_rotvec(camera.rotation).as_quat()
        pose = (number, w, x, y, z, *camera.translation, number, f"{camera.name}.png")
        images.append(" ".join(str(value) for value in pose))
        images.append("" if number % 2 else "12.5 3.25 -1 1e3 4.0 7")
    folder.mkdir(exist_ok=True)
    (folder / "cameras.txt").write_text("\n".join(lenses) + "\n")
    (folder / "images.txt").write_text("\n".join(images) + "\n")


KEPT = {
    "SIMPLE_PINHOLE": 0,
    "PINHOLE": 0,
    "SIMPLE_RADIAL": 1,
    "RADIAL": 2,
    "OPENCV": 4,
    "FULL_OPENCV": 8,
}


@pytest.mark.parametrize("model", KEPT)
def test_colmap(tmp_path, model):
    cameras = []
    for camera in make_cameras(3, 8):
        matrix = camera.matrix.copy()
        if model in ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL"):
            matrix[1, 1] = matrix[0, 0]
        distortions = camera.distortions[: KEPT[model]]
        cameras.append(
            Camera(
                camera.name, camera.size, matrix, distortions, camera.rotation, camera.translation
            )
        )
    write_colmap(tmp_path, cameras, [model] * 3)
    for given in (tmp_path, tmp_path / "images.txt", tmp_path / "cameras.txt"):
        read = read_cameras(given)
        assert [camera.name for camera in read] == ["cam1", "cam2", "cam3"]
        points = np.array([[0.1, 0.2, 1.5], [-0.3, 0.1, 2.0]])
        for camera, other in zip(read, cameras, strict=True):
            points_there = (points - other.translation) @ other.rotation_matrix
            np.testing.assert_allclose(
                camera.project(points_there), other.project(points_there), atol=1e-6
            )
            np.testing.assert_allclose(camera.matrix, other.matrix, atol=1e-9)


def test_colmap_order_and_names(tmp_path):
    cameras = make_cameras(12)
    write_colmap(tmp_path, cameras[::-1], ["OPENCV"] * 12)
    assert [c.name for c in read_cameras(tmp_path)] == [c.name for c in cameras]
    text = (tmp_path / "images.txt").read_text().replace("cam3.png", "rig a/cam 3.png")
    (tmp_path / "images.txt").write_text(text)
    assert "rig a/cam 3" in [c.name for c in read_cameras(tmp_path)]


def test_unusable_colmap(tmp_path):
    write_colmap(tmp_path, make_cameras(2), ["OPENCV"] * 2)
    lenses, images = tmp_path / "cameras.txt", tmp_path / "images.txt"
    texts = lenses.read_text(), images.read_text()
    lenses.write_text(texts[0].replace("OPENCV", "OPENCV_FISHEYE"))
    with pytest.raises(ValueError, match="has the model OPENCV_FISHEYE"):
        read_cameras(tmp_path)
    lenses.write_text(texts[0].replace("1920", "x"))
    with pytest.raises(ValueError, match=r"cameras.txt has an unusable line"):
        read_cameras(tmp_path)
    lenses.write_text("1\n")
    with pytest.raises(ValueError, match=r"camera 1 of .*cameras.txt has the model"):
        read_cameras(tmp_path)
    lenses.write_text(texts[0])
    images.write_text("\n".join(line for line in texts[1].splitlines() if line))
    with pytest.raises(ValueError, match="keep the empty lines"):
        read_cameras(tmp_path)
    images.write_text("1 2 3\n\n")
    with pytest.raises(ValueError, match=r"images.txt has an unusable line '1 2 3'"):
        read_cameras(tmp_path)
    images.unlink()
    with pytest.raises(FileNotFoundError, match=r"images.txt is not there"):
        read_cameras(tmp_path)


# Anything else


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
