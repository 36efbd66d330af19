"""The command that finds everybody in videos."""

import json

import cv2
import numpy as np
import pytest

from development.synthetic.people import place, room
from tests.plugin_kit.test_video import write
from workflows.keypoints.command import main
from workflows.keypoints.run import _show


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Two cameras, of which the second sees nobody."""
    folder = tmp_path_factory.mktemp("videos")
    empty = room(320, 240)
    seen = []
    for frame in range(4):
        seen.append(empty.copy())
        place(seen[-1], 60 + 4 * frame, 300, 240)
    for name, frames in (("cam1", seen), ("cam2", [empty] * 4)):
        write(folder / f"{name}.mkv", frames)
    return folder


def test_everybody_is_found_and_written(videos, tmp_path, capsys):
    arguments = [str(videos), "--output", str(tmp_path), "--masks", "png"]
    assert main(arguments) == 0
    arrays = np.load(tmp_path / "keypoints2d.npz")
    assert arrays["keypoints2d"].shape == (2, 4, 1, 17, 3)
    assert np.isnan(arrays["keypoints2d"][1]).all()
    hips = arrays["keypoints2d"][0, :, 0, 11:13, 0].mean(axis=1)
    assert np.diff(hips) == pytest.approx([4, 4, 4], abs=3)
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["frames"], report["people_a_frame"]) == (8, 0.5)
    assert report["views"]["cam2"]["frames_without_people"] == 4
    assert len(list((tmp_path / "openpose" / "cam1").iterdir())) == 4
    mask = cv2.imread(str(tmp_path / "masks" / "cam1" / "000000.png"), cv2.IMREAD_GRAYSCALE)
    assert 0.03 < (mask > 127).mean() < 0.3
    assert "cam1" in capsys.readouterr().out
    record = tmp_path / "views" / "cam1.npz"
    before = record.stat().st_mtime_ns
    assert main([*arguments, "--quiet"]) == 0
    assert record.stat().st_mtime_ns == before


def test_two_videos_of_one_name_are_refused(videos, tmp_path, capsys):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "cam1.mkv").write_bytes((videos / "cam1.mkv").read_bytes())
    given = [str(videos / "cam1.mkv"), str(tmp_path / "b" / "cam1.mkv")]
    assert main([*given, "--output", str(tmp_path / "out")]) == 1
    assert "two videos are called cam1" in capsys.readouterr().err


def test_names_are_no_markup(tmp_path, capsys):
    folder = tmp_path / "take [final] :cat:"
    seen = {"people": [], "frames": 1, "frames_without_people": 1, "keypoint_score": None}
    report = {"frames": 1, "views": {"cam [old]": seen}, "warnings": ["a[/b].mp4 breaks off"]}
    _show(report, folder)
    told = capsys.readouterr().out.replace("\n", "")
    for text in ("cam [old]", "take [final] :cat:", "warning: a[/b].mp4 breaks off"):
        assert text in told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "VIDEO|FOLDER {folder} holds no video"),
        (["--input-size", "8"], "--input-size 8 is outside"),
    ],
)
def test_errors_speak_of_the_options(tmp_path, capsys, given, told):
    (tmp_path / "empty").mkdir()
    command = [str(tmp_path / "empty"), "--output", str(tmp_path / "out"), *given]
    assert main(command) == 1
    assert told.format(folder=tmp_path / "empty") in capsys.readouterr().err
