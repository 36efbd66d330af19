"""A drawn board, from pictures and videos to cameras: the detector, the task, the command."""

import json
from dataclasses import replace
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from development.synthetic.board_videos import (
    BoardPainter,
    drawn,
    lens_cameras,
    waved,
    write_videos,
)
from development.synthetic.clip import write_frames
from infer_multiview_triangulation.board_calibration import Board, find_footage, footage_of
from infer_multiview_triangulation.board_calibration.detector import BoardDetector
from infer_multiview_triangulation.board_calibration.extent import is_regular, pattern_size
from infer_multiview_triangulation.board_calibration.footage import usual_stride
from infer_multiview_triangulation.board_calibration.sightings import find_sightings
from infer_multiview_triangulation.multiview_files import read_cameras, write_cameras_toml
from infer_multiview_triangulation.ports import Output
from plugin_kit.picture_files import write_picture
from workflows.calibrate.command import main
from workflows.calibrate.options import in_options

NAME = "infer_multiview_triangulation"
SIZE = (640, 480)
TEXT = "charuco:5x4:110mm:85mm"
CHECKERBOARD = "checkerboard:6x5:90mm"


@pytest.fixture(scope="module")
def take():
    return waved(Board.parse(TEXT), lens_cameras(2, SIZE, seed=8), 24, seed=8)


@pytest.fixture(scope="module")
def pictures(take, tmp_path_factory):
    """A folder of pictures a camera, and the videos of the same in another folder."""
    folder = tmp_path_factory.mktemp("board")
    for camera, greys in zip(take.cameras, drawn(take, seed=8), strict=True):
        for number, grey in enumerate(greys):
            write_picture(folder / camera.name / f"{number:03d}.png", grey)
    return folder


@pytest.mark.parametrize("text", [TEXT, CHECKERBOARD])
def test_corners_are_found_where_they_are(text):
    board, (camera,) = Board.parse(text), lens_cameras(1, SIZE, seed=2)
    take = waved(board, [camera], 8, seed=2)
    painter, detector = BoardPainter(board, camera), BoardDetector(board)
    rng, errors = np.random.default_rng(0), []
    for rotation, translation in zip(take.rotations, take.translations, strict=True):
        found = detector.find(painter.draw(rotation, translation, rng))
        truth = camera.project(board.corners @ rotation.T + translation)
        errors.append(np.linalg.norm(found - truth, axis=1))
    errors = np.concatenate(errors)
    known = errors[np.isfinite(errors)]
    assert len(known) > 0.3 * len(errors)
    assert np.median(known) < 0.12
    assert np.quantile(known, 0.98) < 1


def shown(text, frames):
    """A view as the footage gives it, of some frames of a board that is waved before one camera."""
    size, board = (400, 300), Board.parse(text)
    cameras = lens_cameras(1, size, seed=2)
    take = waved(board, cameras, max(frames) + 1, seed=2)
    chosen = replace(take, rotations=take.rotations[frames], translations=take.translations[frames])
    (greys,) = drawn(chosen, seed=2)
    return SimpleNamespace(
        name="cam1", path="cam1.mp4", size=size, pictures=lambda stride: enumerate(greys)
    )


def test_a_part_of_a_larger_board_is_told():
    board, (camera,) = Board.parse(CHECKERBOARD), lens_cameras(1, SIZE, seed=2)
    take = waved(board, [camera], 1, seed=2)
    ((grey,),) = drawn(take, seed=2)
    corners = camera.project(board.corners @ take.rotations[0].T + take.translations[0])
    grid = corners.reshape(*board.shape, 2)
    assert pattern_size(grey, grid) == (6, 5)
    assert pattern_size(grey, grid[1:, :-1]) == (6, 5)
    assert pattern_size(grey, grid[:-1, 1:-1]) == (6, 5)
    assert is_regular(grey, grid) and is_regular(grey, grid[1:, :-1])
    # A row that was left out, and a corner that is none.
    assert not is_regular(grey, grid[[0, 1, 3]])
    grid[0, 0] += (grid[1, 1] - grid[0, 0]) / 2
    assert not is_regular(grey, grid[:-1, :-1])


def test_another_count_of_squares_is_told():
    view = shown(CHECKERBOARD, [5, 6, 7])
    assert find_sightings([view], Board.parse(CHECKERBOARD), 1).warnings == ()
    with pytest.raises(ValueError, match=r"cam1\.mp4: .* 5x4 squares.* 6x5 "):
        find_sightings([view], Board.parse("checkerboard:5x4:90mm"), 1)
    view = shown(TEXT, [2, 3, 6, 7, 9, 12])
    assert find_sightings([view], Board.parse(TEXT), 1).warnings == ()
    fewer_rows = find_sightings([view], Board.parse("charuco:5x3:110mm:85mm"), 1)
    assert "of number 9 is seen" in fewer_rows.warnings[0]
    assert "5x3 squares has 0 to 6" in fewer_rows.warnings[0]
    with pytest.raises(ValueError, match=r"in none of 6 .*number 9 is seen.*has 0 to 5"):
        find_sightings([view], Board.parse("charuco:4x3:110mm:85mm"), 1)


def test_the_task_calibrates(workflow_of, pictures, take, tmp_path):
    workflow, (task,) = workflow_of(NAME)
    task.set_parameters(
        {
            "mode": "calibrate_board",
            "boards_path": str(pictures),
            "board": TEXT,
            "output_folder": str(tmp_path),
            "units": "cm",
        }
    )
    workflow.connect_tasks(workflow.root(), task)
    workflow.run()
    report = task.get_output(Output.REPORT).data
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["units"] == "cm"
    for camera, truth in zip(report["cameras"], take.cameras, strict=True):
        assert camera["name"] == truth.name
        assert camera["matrix"][0][0] == pytest.approx(truth.matrix[0, 0], rel=0.01)
    written = read_cameras(tmp_path / "cameras.toml")
    apart = np.linalg.norm(written[0].centre - written[1].centre)
    truth = np.linalg.norm(take.cameras[0].centre - take.cameras[1].centre)
    assert apart == pytest.approx(100 * truth, abs=2)
    assert {p.name for p in tmp_path.iterdir()} == {
        "cameras.json", "cameras.toml", "calibration.json",
    }  # fmt: skip
    assert task.get_output(Output.KEYPOINTS3D).get_array().size == 0
    assert task.get_output(Output.PICTURE).get_image().std() > 10


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"boards_path": ""}, "needs boards_path"),
        ({"board": "charuco:5x4"}, "is not of the form"),
        ({"boards_path": "nowhere"}, "there is no file or folder nowhere"),
    ],
)
def test_the_task_refuses(workflow_of, pictures, given, told):
    _, (task,) = workflow_of(NAME)
    usual = {"mode": "calibrate_board", "boards_path": str(pictures), "board": TEXT}
    with pytest.raises((ValueError, FileNotFoundError, RuntimeError), match=told):
        task.set_parameters({**usual, **given})
        task.run()


def test_the_command_tells_another_board(pictures, tmp_path, capsys):
    asked = [str(pictures), "--output", str(tmp_path), "--quiet", "--board"]
    assert main([*asked, "charuco:5x4:110mm:85mm:5x5_50"]) == 1
    told = capsys.readouterr().err
    assert "cam1" in told and "end --board by :4x4_50" in told
    assert not list(tmp_path.glob("cameras.*"))


def test_the_command_reads_videos(tmp_path, capsys):
    board = Board.parse(CHECKERBOARD)
    take = waved(board, lens_cameras(1, SIZE, seed=5), 14, seed=5)
    write_videos(tmp_path / "videos", take)
    asked = [str(tmp_path / "videos"), "--output", str(tmp_path / "out"), "--board", CHECKERBOARD]
    assert main(asked) == 0
    (camera,) = read_cameras(tmp_path / "out" / "cameras.json")
    assert camera.matrix[0, 0] == pytest.approx(take.cameras[0].matrix[0, 0], rel=0.02)
    assert "cam1" in capsys.readouterr().out
    assert main([*asked[:-1], "checkerboard:7x6:90mm"]) == 1
    assert "squares are counted, not inner corners" in capsys.readouterr().err


def test_lenses_are_not_replaced(pictures, tmp_path, capsys):
    write_cameras_toml(tmp_path / "cameras.toml", lens_cameras(2, SIZE))
    before = (tmp_path / "cameras.toml").read_bytes()
    asked = [str(pictures), "--board", TEXT, "--lenses", str(tmp_path / "cameras.toml")]
    assert main([*asked, "--output", str(tmp_path)]) == 1
    assert "would be replaced by the output" in capsys.readouterr().err
    assert (tmp_path / "cameras.toml").read_bytes() == before


def test_the_command_speaks_of_its_options(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    asked = ["--board", TEXT, "--output", str(tmp_path / "out")]
    assert main([str(tmp_path / "empty"), *asked]) == 1
    assert f"VIDEOS {tmp_path / 'empty'} holds neither" in capsys.readouterr().err
    told = "whether the board is as board says, leave cameras_path empty"
    assert in_options(told) == "whether the board is as --board says, leave --lenses out"


def test_a_video_that_promises_no_count_is_not_looked_at_whole(tmp_path):
    # A folder of a name that no line could hold.
    folder = tmp_path / "take\u2028 1 "
    folder.mkdir()
    with av.open(str(folder / "cam1.ts"), "w") as container:
        stream = container.add_stream("mpeg2video", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for value in range(600):
            grey = np.full((48, 64, 3), value % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey)))
        container.mux(stream.encode())
    (view,) = footage_of([folder])
    assert view.info.frame_count == 0
    assert view.length == 600
    assert usual_stride([view]) == 3


def test_footage_of_two_kinds_is_refused(tmp_path):
    grey = np.zeros((40, 40), np.uint8)
    write_picture(tmp_path / "a" / "board.png", grey)
    write_frames(tmp_path / "a" / "cam1.mp4", [np.zeros((48, 64, 3), np.uint8)], 10)
    with pytest.raises(ValueError, match=r"mixes videos and folders.*cam1\.mp4.*leave one kind"):
        footage_of([tmp_path / "a"])
    (tmp_path / "a" / "board.png").unlink()
    for camera in "12":
        write_picture(tmp_path / f"cam{camera}" / f"cam{camera}_001.png", grey)
    folders = [tmp_path / "cam1", tmp_path / "cam2"]
    with pytest.raises(ValueError, match=r"no picture in .*cam1.*pictures of one moment"):
        footage_of(folders)
    write_picture(tmp_path / "cam2" / "cam1_001.jpg", grey)
    assert [view.length for view in footage_of(folders)] == [2, 2]


def test_footage_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="holds neither videos"):
        find_footage(str(tmp_path / "empty"))
    for name, side in (("a", 40), ("b", 48)):
        write_picture(tmp_path / "cam1" / f"{name}.png", np.zeros((side, 40), np.uint8))
    (view,) = find_footage(str(tmp_path))
    with pytest.raises(ValueError, match=r"b\.png has 40x48 pixels"):
        list(view.pictures(1))
    (tmp_path / "other" / "cam1").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "other" / "cam1" / "a.png"), np.zeros((40, 40), np.uint8))
    with pytest.raises(ValueError, match="would both be the view cam1"):
        find_footage(f"{tmp_path / 'cam1'}\n{tmp_path / 'other' / 'cam1'}")
