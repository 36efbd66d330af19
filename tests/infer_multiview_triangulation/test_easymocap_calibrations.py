"""EasyMocap's intri.yml and extri.yml."""

import cv2
import numpy as np
import pytest

from infer_multiview_triangulation.multiview_files import read_cameras, write_cameras_yml
from infer_multiview_triangulation.multiview_geometry import Camera
from tests.infer_multiview_triangulation.calibration_files import assert_same, make_cameras


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


def test_cameras_are_written_as_opencv_and_this_reader_read_them(tmp_path):
    cameras = [
        Camera("01", (640, 480), np.diag([500.0, 510, 1]), [0.1, 0, 0, 0], [0.1, 2, 0], [1, 2, 3]),
        Camera("cam-2", None, np.diag([300.0, 300, 1]), np.arange(8) / 100, np.zeros(3), [0, 0, 1]),
    ]
    write_cameras_yml(tmp_path, cameras)
    for one, again in zip(cameras, read_cameras(tmp_path), strict=True):
        assert (one.name, one.size) == (again.name, again.size)
        for key in ("matrix", "distortions", "rotation", "translation"):
            np.testing.assert_allclose(getattr(again, key), getattr(one, key), atol=1e-12)
    extrinsics = cv2.FileStorage(str(tmp_path / "extri.yml"), cv2.FILE_STORAGE_READ)
    turn = extrinsics.getNode("Rot_01").mat()
    np.testing.assert_allclose(turn, cameras[0].rotation_matrix, atol=1e-12)
    names = extrinsics.getNode("names")
    assert [names.at(index).string() for index in range(names.size())] == ["01", "cam-2"]
    intrinsics = cv2.FileStorage(str(tmp_path / "intri.yml"), cv2.FILE_STORAGE_READ)
    np.testing.assert_array_equal(intrinsics.getNode("K_01").mat(), cameras[0].matrix)
    assert intrinsics.getNode("H_01").real() == 480


def test_names_that_are_no_keys_are_refused(tmp_path):
    camera = Camera("the first", None, np.eye(3), [0], np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"'the first' cannot be named in intri\.yml"):
        write_cameras_yml(tmp_path, [camera])
    assert not list(tmp_path.iterdir())
