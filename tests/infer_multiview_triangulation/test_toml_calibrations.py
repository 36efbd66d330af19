"""TOML calibrations of anipose, Pose2Sim and caliscope."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from infer_multiview_triangulation.multiview_files import read_cameras

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


def test_a_camera_that_caliscope_could_not_place_is_left_out(tmp_path, caplog):
    lost = table(9, rotation='"null"').replace("[9, 0.0, 3.0]", '"null"')
    (tmp_path / "a.toml").write_text(table(1) + lost + table(2))
    assert [camera.name for camera in read_cameras(tmp_path / "a.toml")] == ["cam_1", "cam_2"]
    assert "cam_9" in caplog.text and "was not placed" in caplog.text
    (tmp_path / "a.toml").write_text(lost)
    with pytest.raises(ValueError, match="holds no camera"):
        read_cameras(tmp_path / "a.toml")


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
