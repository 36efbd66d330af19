"""COLMAP's text model."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from infer_multiview_triangulation.multiview_files import read_cameras
from infer_multiview_triangulation.multiview_geometry import Camera
from tests.infer_multiview_triangulation.calibration_files import make_cameras


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
