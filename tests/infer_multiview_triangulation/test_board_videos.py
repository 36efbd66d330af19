"""A drawn board, from pictures and videos to cameras: the detector, the task, the command."""

import json

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
from infer_multiview_triangulation.board_calibration import Board, find_footage
from infer_multiview_triangulation.board_calibration.detector import BoardDetector
from infer_multiview_triangulation.multiview_files import read_cameras, write_cameras_toml
from infer_multiview_triangulation.ports import Output
from plugin_kit.picture_files import write_picture
from workflows.calibrate.command import main

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


def test_the_command_keeps_its_inputs_and_tells_them_by_its_own_words(pictures, tmp_path, capsys):
    write_cameras_toml(tmp_path / "cameras.toml", lens_cameras(2, SIZE, seed=8))
    before = (tmp_path / "cameras.toml").read_bytes()
    lenses = ["--lenses", str(tmp_path / "cameras.toml")]
    asked = ["--output", str(tmp_path), "--quiet", "--board", TEXT]
    assert main([str(pictures), *asked, *lenses]) == 1
    assert "--lenses" in (told := capsys.readouterr().err) and "would be replaced" in told
    assert (tmp_path / "cameras.toml").read_bytes() == before
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty"), *asked]) == 1
    assert capsys.readouterr().err.startswith("Error: VIDEOS '")


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
