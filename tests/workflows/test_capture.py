"""A capture: an EasyVolcap root out of synchronous videos, read back by that layout's rules."""

import json

import av
import cv2
import numpy as np
import pytest

from development.synthetic.people import place, room
from infer_multiview_triangulation.multiview_files import read_cameras, write_cameras_json
from infer_multiview_triangulation.multiview_geometry import Camera
from tests.plugin_kit.test_video import write
from workflows.capture.command import main, parse_arguments
from workflows.capture.run import run_capture

FRAMES, SIZE = 4, (240, 320)
CAMERAS = ("cam1", "cam2")


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    for shift, name in enumerate(CAMERAS):
        frames = [room(SIZE[1], SIZE[0]) for _ in range(FRAMES)]
        for index, frame in enumerate(frames):
            place(frame, 50 + 30 * shift + 8 * index, 300, 240)
        write(folder / f"{name}.mkv", frames)
    (folder / "cam3.mkv").write_bytes(b"no video")
    cameras = [
        Camera(name, SIZE, [[400, 0, 120], [0, 400, 160], [0, 0, 1]], [0], [0, angle, 0], [0, 0, 3])
        for name, angle in zip(CAMERAS, (0, 0.2), strict=True)
    ]
    write_cameras_json(folder.parent / "cameras.json", cameras)
    return folder


@pytest.fixture(scope="module")
def root(videos, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    arguments = [str(videos), "--cameras", str(videos.parent / "cameras.json")]
    arguments += ["--matte", "people", "--no-motion", "--quiet", "--output", str(root)]
    # Of three cameras one is broken: the others are whole, and the code says that it is missing.
    assert main(arguments) == 1
    return root


def test_the_root_is_what_its_layout_says(root):
    for camera in CAMERAS:
        images = sorted((root / "images" / camera).iterdir())
        masks = sorted((root / "mask" / camera).iterdir())
        assert [path.name for path in images] == [f"{i:06d}.jpg" for i in range(FRAMES)]
        assert [path.stem for path in masks] == [path.stem for path in images]
        picture = cv2.imread(str(images[0]))
        mask = cv2.imread(str(masks[0]), cv2.IMREAD_UNCHANGED)
        assert picture.shape[:2] == mask.shape == SIZE[::-1]
        assert 0.03 < (mask > 127).mean() < 0.3
        plate = cv2.imread(str(root / "bkgd" / f"{camera}.png"), cv2.IMREAD_UNCHANGED)
        assert plate.shape == (*SIZE[::-1], 4)
        with av.open(str(root / "alpha" / f"{camera}.mkv")) as video:
            alphas = [frame.to_ndarray(format="gray") for frame in video.decode(video=0)]
        np.testing.assert_array_equal(alphas[0], mask)
        assert len(alphas) == FRAMES
    assert [camera.name for camera in read_cameras(root)] == list(CAMERAS)
    assert not (root / "images" / "cam3").exists()
    assert not list(root.glob(".*"))
    keypoints = np.load(root / "keypoints2d.npz")
    assert keypoints["keypoints2d"].shape == (2, FRAMES, 1, 17, 3)


def test_the_broken_camera_is_named(root):
    report = json.loads((root / "report.json").read_text())
    assert list(report["failures"]) == ["cam3"]
    assert "cam3.mkv cannot be read as a video" in report["failures"]["cam3"]
    assert (report["matte"], report["frames"]) == ("people", 2 * FRAMES)


def test_finished_cameras_are_kept(videos, root):
    def times(camera):
        return {path: path.stat().st_mtime_ns for path in root.glob(f"images/{camera}/*")}

    options = ["--cameras", str(videos.parent / "cameras.json"), "--matte", "people"]
    given = [str(videos), *options, "--no-motion", "--quiet", "--output", str(root)]
    before = [times(camera) for camera in CAMERAS]
    assert run_capture(parse_arguments(given)).kept == list(CAMERAS)
    assert [times(camera) for camera in CAMERAS] == before
    (root / "mask" / "cam2" / "000000.png").unlink()
    assert run_capture(parse_arguments(given)).kept == ["cam1"]
    assert times("cam1") == before[0] and times("cam2") != before[1]
    assert len(list((root / "mask" / "cam2").iterdir())) == FRAMES


def test_pictures_of_others_are_not_replaced(videos, tmp_path, capsys):
    (tmp_path / "images" / "cam1").mkdir(parents=True)
    assert main([str(videos), "--output", str(tmp_path), "--matte", "people"]) == 1
    assert "was not made by this command" in capsys.readouterr().err


def test_no_camera_at_all_is_refused(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mp4").write_bytes(b"x")
    assert main([str(tmp_path / "in"), "--output", str(tmp_path / "out")]) == 1
    assert "no video can be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("motion", "told"),
    [
        (["--", "--bogus"], "-- --bogus is refused by the motion command"),
        (["--", "--body", "nowhere.npz"], "--body: there is no nowhere.npz"),
        (["--no-motion", "--", "--person", "all"], "would do nothing with --no-motion"),
    ],
)
def test_options_of_the_motion_are_tried_before_the_work(videos, tmp_path, capsys, motion, told):
    assert main([str(videos), "--output", str(tmp_path / "root"), *motion]) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "root").exists()
