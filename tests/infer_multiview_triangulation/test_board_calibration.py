"""Cameras from corners of a board whose truth is known: lenses, places, what is odd about them."""

from dataclasses import replace

import numpy as np
import pytest

from development.synthetic.board_videos import lens_cameras, lying, sightings_of, waved
from infer_multiview_triangulation.board_calibration import (
    Board,
    BoardOptions,
    calibrate_sightings,
)
from infer_multiview_triangulation.board_calibration.moments import _spread, _with_joints
from infer_multiview_triangulation.board_calibration.poses import Rigid
from infer_multiview_triangulation.board_calibration.selection import held_moments
from infer_multiview_triangulation.multiview_geometry.cameras.alignment import fit_similarity

CHARUCO = Board.parse("charuco:7x5:80mm:60mm")


def take_of(board, count=3, frames=26, seed=3):
    return waved(board, lens_cameras(count, seed=seed), frames, seed=seed)


def focal_errors(found, cameras):
    pairs = zip(found, cameras, strict=True)
    return [np.diag(a.matrix)[:2] / np.diag(b.matrix)[:2] - 1 for a, b in pairs]


def centre_errors(found, cameras):
    """Metres, after the worlds were laid upon each other, without scaling."""
    ours, truth = (np.stack([c.centre for c in each]) for each in (found, cameras))
    ours_axes, truth_axes = (
        np.concatenate([[c.centre + 3 * axis for axis in c.rotation_matrix] for c in each])
        for each in (found, cameras)
    )
    world = fit_similarity(np.vstack([ours, ours_axes]), np.vstack([truth, truth_axes]), False)
    return np.linalg.norm(world(ours) - truth, axis=1)


@pytest.mark.parametrize("text", ["charuco:7x5:80mm:60mm", "checkerboard:8x6:8cm"])
def test_lenses_and_places_are_found(text):
    take = take_of(Board.parse(text))
    found = calibrate_sightings(sightings_of(take, 0.15), BoardOptions(take.board))
    assert np.abs(focal_errors(found.cameras, take.cameras)).max() < 0.005
    assert centre_errors(found.cameras, take.cameras).max() < 0.005
    quality = found.quality
    assert quality["reprojection_median"] == pytest.approx(0.17, abs=0.04)
    assert quality["left_out_median"] < 1.0
    assert quality["distance_error_mm"] < 1.5
    assert not set(quality["frames_used"]) & set(quality["frames_held_out"])
    assert [view["name"] for view in quality["views"]] == ["cam1", "cam2", "cam3"]
    np.testing.assert_allclose(found.cameras[0].centre, 0, atol=1e-9)
    symmetric = text.startswith("checkerboard")
    assert any("looks the same upside down" in w for w in quality["warnings"]) == symmetric


def test_a_board_on_the_floor_is_the_world():
    take = lying(take_of(CHARUCO))
    options = BoardOptions(take.board, world="board_last", unit="cm")
    found = calibrate_sightings(sightings_of(take, 0.1), options, take.cameras)
    height = [camera.centre[2] for camera in found.cameras]
    # In the truth y is down and the floor is half a metre below the middle.
    truth = [100 * (0.5 - camera.centre[1]) for camera in take.cameras]
    np.testing.assert_allclose(height, truth, atol=2)
    assert found.unit == "cm"
    assert not any("let it lie" in text for text in found.quality["warnings"])


def test_given_lenses_are_kept():
    take = take_of(CHARUCO)
    lenses = [replace(camera, name="other") for camera in take.cameras]
    found = calibrate_sightings(sightings_of(take, 0.15), BoardOptions(CHARUCO), lenses)
    for camera, truth in zip(found.cameras, take.cameras, strict=True):
        np.testing.assert_array_equal(camera.matrix, truth.matrix)
        np.testing.assert_array_equal(camera.distortions, truth.distortions)
        assert camera.name == truth.name
    assert centre_errors(found.cameras, take.cameras).max() < 0.003
    assert {view["distortion_model"] for view in found.quality["views"]} == {"as given"}


def test_one_camera_alone():
    take = take_of(CHARUCO, count=1)
    found = calibrate_sightings(sightings_of(take, 0.15), BoardOptions(CHARUCO))
    assert np.abs(focal_errors(found.cameras, take.cameras)).max() < 0.005
    assert found.quality["left_out_median"] is None
    assert found.quality["views"][0]["own_held_out_rms"] < 0.4


def test_views_that_never_share_the_board_are_named():
    take = take_of(CHARUCO, count=4, frames=40)
    sightings = sightings_of(take, 0.1)
    pixels = sightings.pixels.copy()
    first = np.arange(pixels.shape[1]) < 20
    pixels[:2, ~first] = np.nan
    pixels[2:, first] = np.nan
    with pytest.raises(ValueError, match="cam3, cam4 and cam1, cam2 never see the board"):
        calibrate_sightings(replace(sightings, pixels=pixels), BoardOptions(CHARUCO))


def test_views_joined_by_held_out_moments_alone_are_adjusted_to_these():
    take = take_of(CHARUCO, count=2)
    sightings = sightings_of(take, 0.15)
    pixels = sightings.pixels.copy()
    moments = np.arange(pixels.shape[1])
    alone = ~held_moments(len(moments))
    pixels[0, alone & (moments % 2 == 0)] = np.nan
    pixels[1, alone & (moments % 2 == 1)] = np.nan
    sightings = replace(sightings, pixels=pixels)
    shared = np.flatnonzero(sightings.seen.sum(axis=0) == 2)
    found = calibrate_sightings(sightings, BoardOptions(CHARUCO), take.cameras)
    assert len(shared) and set(shared) <= set(found.quality["frames_used"])
    assert found.quality["frames_held_out"] == []
    assert found.quality["left_out_median"] is None
    assert any("none is left to judge by" in text for text in found.quality["warnings"])
    assert centre_errors(found.cameras, take.cameras).max() < 0.003


def test_a_pair_that_is_seldom_seen_is_adjusted_all_the_same():
    seen = np.zeros((3, 300), bool)
    seen[:2, :296] = True
    seen[1:, 296:] = True
    boards = Rigid(np.broadcast_to(np.eye(3), (300, 3, 3)), np.zeros((300, 3)))
    boards.translation[:296] = np.random.default_rng(0).uniform(0, 5, (296, 3))
    boards.translation[296:] = boards.translation[0]
    used = _spread(seen, boards, np.ones(seen.shape), np.ones(300, bool), 10)
    assert not set(used) & set(range(296, 300))
    assert set(range(296, 300)) <= set(_with_joints(seen, used, np.ones(300, bool)))
    # Nothing joins them where these are not allowed.
    np.testing.assert_array_equal(_with_joints(seen, used, np.arange(300) < 296), used)


def test_a_board_that_is_hardly_seen_is_refused():
    take = take_of(CHARUCO, count=2)
    sightings = sightings_of(take, 0.1)
    pixels = sightings.pixels.copy()
    pixels[1, 4:] = np.nan
    with pytest.raises(ValueError, match=r"view cam2 shows the board in \d pictures"):
        calibrate_sightings(replace(sightings, pixels=pixels), BoardOptions(CHARUCO))


def test_contradicting_sightings_are_left_out_and_told():
    take = take_of(CHARUCO, frames=40)
    sightings = sightings_of(take, 0.15)
    pixels = sightings.pixels.copy()
    pixels[1, ::5] += 60
    found = calibrate_sightings(replace(sightings, pixels=pixels), BoardOptions(CHARUCO))
    assert np.abs(focal_errors(found.cameras, take.cameras)).max() < 0.01
    assert centre_errors(found.cameras, take.cameras).max() < 0.01
    assert any("contradicts the others" in text for text in found.quality["warnings"])


def test_views_that_do_not_run_together_are_told():
    take = take_of(CHARUCO)
    sightings = sightings_of(take, 0.1)
    # Each picture of the last view is of a moment at which the board was 4 cm farther.
    moved = take.translations + take.rotations[:, :, 0] / 25
    later = sightings_of(replace(take, translations=moved), 0.1)
    pixels = np.concatenate([sightings.pixels[:2], later.pixels[2:]])
    found = calibrate_sightings(replace(sightings, pixels=pixels), BoardOptions(CHARUCO))
    told = " ".join(found.quality["warnings"])
    assert "run together" in told or "synchronous" in told or "contradicts" in told


def test_little_of_the_picture_is_told():
    take = take_of(CHARUCO, count=1)
    sightings = sightings_of(take, 0.1)
    inside = (np.abs(sightings.pixels - (480, 360)) < (240, 180)).all(axis=-1)
    pixels = np.where(inside[..., None], sightings.pixels, np.nan)
    found = calibrate_sightings(replace(sightings, pixels=pixels), BoardOptions(CHARUCO))
    assert any("hold the board into the corners" in text for text in found.quality["warnings"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("chess:7x5:4cm", "is not of the form charuco:7x5"),
        ("charuco:7x5:40mm", "is not of the form"),
        ("charuco:7:40mm:30mm", "no count of squares"),
        ("charuco:7x5:40:30mm", "no length with its unit"),
        ("charuco:7x5:30mm:40mm", "not smaller than its squares"),
        ("charuco:7x5:40mm:30mm:8x8_50", "none of 4x4_50"),
        ("charuco:20x20:40mm:30mm", "has 200 markers and 4x4_50 50"),
        ("checkerboard:3x9:25mm", "squares are counted"),
        ("checkerboard:9x6:25m", "check the unit"),
        ("", "is not of the form"),
    ],
)
def test_boards_that_cannot_be_are_refused(text, told):
    with pytest.raises(ValueError, match=told):
        Board.parse(text)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"world": "board-last"}, "world 'board-last' is none of first_camera, board_first"),
        ({"unit": "inch"}, "unit 'inch' is none of m, cm, mm"),
        ({"stride": -2}, "board_stride -2 is below 0"),
    ],
)
def test_options_that_nobody_knows_are_refused(given, told):
    with pytest.raises(ValueError, match=told):
        BoardOptions(CHARUCO, **given)


def test_a_boards_turns():
    assert len(CHARUCO.turns) == 1
    for text, count in (("9x6", 1), ("8x6", 2), ("8x8", 2), ("7x7", 4)):
        board = Board.parse(f"checkerboard:{text}:25mm")
        assert len(board.turns) == count
        colours = {tuple(np.round(c[:2] / 0.025).astype(int)): sum(np.round(c[:2] / 0.025)) % 2
                   for c in board.corners}  # fmt: skip
        assert len(colours) == len(board.corners)
        for turn in board.turns:
            assert sorted(turn) == list(range(len(board.corners)))
