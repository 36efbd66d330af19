"""Frames of a camera that moves, registered: against homographies that are known."""

import re

import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from development.synthetic.scenes import make_scene, metrics
from extract_background.plate_estimation import FrameStore, PlateOptions, estimate_plate
from extract_background.plate_estimation.holes import doubtful, fill_holes, smoothly_filled
from extract_background.plate_estimation.registration import register_frames

WIDTH, HEIGHT = 320, 240
MARGIN = 100


def pan(index):
    move = np.eye(3)
    move[:2] = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 0.8 * index, 1 + 0.02 * index)
    move[:2, 2] += (12 * index - MARGIN, 3 * index - MARGIN)
    return move


@pytest.fixture(scope="module")
def room():
    return SyntheticClip(width=WIDTH + 2 * MARGIN, height=HEIGHT + 2 * MARGIN, seed=4).background


@pytest.fixture(scope="module")
def clip(room):
    """Five frames of a pan, a person's matte in each, and the true homographies."""
    truth = np.stack([pan(index) for index in range(-2, 3)])
    empty = [cv2.warpPerspective(room, move, (WIDTH, HEIGHT)) for move in truth]
    mattes, frames = np.zeros((5, HEIGHT, WIDTH), np.uint8), []
    pattern = np.random.default_rng(2).integers(0, 255, (140, 60, 3), np.uint8)
    for index, (matte, picture) in enumerate(zip(mattes, empty, strict=True)):
        box = np.s_[100:, 40 + 45 * index : 100 + 45 * index]
        matte[box] = 255
        frame = picture.copy()
        frame[box] = pattern
        frames.append(frame)
    return frames, mattes, truth, empty


def distances(registration, truth):
    """How far each frame's corners land from where they belong, in pixels: (N, 4)."""
    corners = np.array([[[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]]], np.float64)
    middle = len(truth) // 2
    found = np.linalg.inv(registration.onto_canvas[middle]) @ registration.onto_canvas
    wanted = truth[middle] @ np.linalg.inv(truth)
    moved = [
        [cv2.perspectiveTransform(corners, each)[0] for each in way] for way in (found, wanted)
    ]
    return np.linalg.norm(np.subtract(*moved), axis=-1)


def test_frames_are_found_where_they_are(clip):
    frames, mattes, truth, _ = clip
    registration = register_frames(frames, mattes)
    assert registration.is_found.all()
    assert distances(registration, truth).max() < 1
    assert registration.residuals[2] == 0 and registration.residuals.max() < 1
    assert 24 < registration.largest_motion < 45


def test_the_canvas_holds_every_frame_and_the_plate_comes_back(clip):
    frames, mattes, _, empty = clip
    registration = register_frames(frames, mattes)
    store = FrameStore()
    for index, (frame, matte) in enumerate(zip(frames, mattes, strict=True)):
        picture, hidden = registration.to_canvas(index, frame, matte)
        assert picture.shape[1::-1] == registration.canvas_size == hidden.shape[::-1]
        assert (hidden < 255).sum() > 0.9 * (matte < 255).sum()
        store.add(picture, hidden)
    plate = estimate_plate(store, PlateOptions(gain_alignment=False))
    for index, picture in enumerate(empty):
        behind, coverage = registration.from_canvas(index, plate.background, plate.coverage)
        difference = np.abs(behind.astype(int) - picture).mean(axis=-1)
        seen = coverage > 0
        assert seen.mean() > 0.95
        assert difference[seen].mean() < 3


def test_people_do_not_lead_it_astray(clip):
    frames, mattes, truth, _ = clip
    still = [frame.copy() for frame in frames]
    mattes = np.zeros_like(mattes)
    pattern = np.random.default_rng(5).integers(0, 255, (160, 90, 3), np.uint8)
    for frame, matte in zip(still, mattes, strict=True):
        frame[80:, 120:210], matte[80:, 120:210] = pattern, 255
    assert distances(register_frames(still, mattes), truth).max() < 1.5


def test_what_has_nothing_in_common_is_left_out(clip):
    frames, mattes, truth, _ = clip
    other = [*frames[:4], np.full_like(frames[0], 90)]
    registration = register_frames(other, mattes)
    assert registration.is_found.tolist() == [True] * 4 + [False]
    assert np.isnan(registration.onto_canvas[4]).all()
    assert distances(registration, truth)[:4].max() < 1


def test_a_far_frame_goes_by_its_neighbour(room):
    steps = [np.eye(3) for _ in range(7)]
    for index, step in enumerate(steps):
        step[:2, 2] = (-(index - 3) * 70.0 - 100, -MARGIN)
    wide = cv2.copyMakeBorder(room, 0, 0, 260, 260, cv2.BORDER_REFLECT_101)
    wide = cv2.add(wide, np.random.default_rng(0).integers(0, 20, wide.shape, np.uint8))
    truth = np.stack(steps)
    truth[:, 0, 2] -= 130
    frames = [cv2.warpPerspective(wide, step, (160, HEIGHT)) for step in truth]
    registration = register_frames(frames)
    assert registration.is_found.all()
    assert np.abs(distances(registration, truth)).max() < 4
    assert registration.canvas_size[0] > 500


def test_no_frame_is_refused():
    with pytest.raises(ValueError, match="no frame"):
        register_frames([])


def age(found, truth):
    return np.abs(found.astype(float) - truth).mean()


def store_of(frames, mattes):
    store = FrameStore()
    for frame, matte in zip(frames, mattes, strict=True):
        store.add(frame, matte)
    return store


def test_auto_registers_what_moves_and_brings_the_plate_back(clip):
    frames, mattes, _, empty = clip
    fixed = estimate_plate(store_of(frames, mattes))
    plate = estimate_plate(store_of(frames, mattes), PlateOptions(registration="auto"))
    assert fixed.moving is None and not fixed.fits
    assert plate.moving is not None and plate.fits
    assert plate.report["registration"]["frames_registered"] == 5
    assert plate.background.shape == frames[0].shape
    assert len(plate.report["unlike_by_frame"]) == 5
    for index, (frame, matte, truth) in enumerate(zip(frames, mattes, empty, strict=True)):
        view = plate.behind(index, frame, matte)
        seen = view.coverage > 0.1
        assert seen.mean() > 0.8
        assert age(view.background[seen], truth[seen]) < 3 < age(fixed.background, truth)


def test_a_frame_between_those_that_were_used_is_found_too(clip, room):
    frames, mattes, _, _ = clip
    plate = estimate_plate(store_of(frames, mattes), PlateOptions(registration="on"))
    between = cv2.warpPerspective(room, pan(0.5), (WIDTH, HEIGHT))
    view = plate.moving.find_behind(between, near=2)
    seen = view.coverage > 0.1
    assert age(view.background[seen], between[seen]) < 3
    noise = np.random.default_rng(0).integers(0, 255, between.shape, np.uint8)
    assert plate.moving.find_behind(noise, near=2) is None


def test_a_fixed_camera_is_left_alone(clip):
    _, mattes, _, empty = clip
    frames = [np.where(matte[..., None] > 0, np.uint8(9), empty[2]) for matte in mattes]
    plate = estimate_plate(store_of(frames, mattes), PlateOptions(registration="auto"))
    assert plate.moving is None
    assert "registration" not in plate.report
    assert plate.behind(3, frames[3]).background is plate.background


def test_a_camera_that_travels_has_no_plate(room):
    """What is near passes before the wall: the plate fits the frames in the middle alone."""
    pillar = np.random.default_rng(3).integers(0, 255, (HEIGHT, 14, 3), np.uint8)
    pillar = cv2.resize(cv2.resize(pillar, (9, 60)), (14, HEIGHT))
    frames = []
    for index in range(-6, 7):
        frame = room[MARGIN : MARGIN + HEIGHT, MARGIN + 4 * index :][:, :WIDTH].copy()
        left = 140 - 4 * index - (index * abs(index)) // 2
        frame[:, left : left + 14] = pillar
        frames.append(frame)
    mattes = np.zeros((13, HEIGHT, WIDTH), np.uint8)
    mattes[:, :20, :20] = 255
    plate = estimate_plate(store_of(frames, mattes), PlateOptions(registration="auto"))
    assert plate.moving is None
    told = plate.report["registration"]
    share = re.fullmatch(r"none: (.*)% of the background would look unlike .*", told)
    assert share and 3 < float(share[1]) < 7


def test_what_cannot_be_registered_is_told(clip):
    rng = np.random.default_rng(1)
    frames = [rng.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(4)]
    mattes = np.zeros((4, HEIGHT, WIDTH), np.uint8)
    mattes[:, :20] = 255
    plate = estimate_plate(store_of(frames, mattes), PlateOptions(registration="auto"))
    assert plate.moving is None
    assert plate.report["registration"].startswith("none: only 1 of 4")
    with pytest.raises(ValueError, match=r"registration=on: only 1 of 4.*registration=auto"):
        estimate_plate(store_of(frames, mattes), PlateOptions(registration="on"))


def test_holes_are_filled_with_the_plates_own_texture():
    """Bricks go on behind the hole, whose rim shows no step."""
    y, x = np.mgrid[:240, :320]
    is_joint = (y % 24 < 3) | ((x + 20 * (y // 24 % 2)) % 40 < 3)
    wall = np.where(is_joint[..., None], (200, 200, 195), (150, 70, 50)).astype(np.uint8)
    wall = (wall * np.linspace(1, 0.7, 320)[None, :, None]).astype(np.uint8)
    holes = np.zeros((240, 320), bool)
    holes[70:190, 130:200] = True
    broken = np.where(holes[..., None], np.uint8(0), wall)
    filled = fill_holes(broken, holes)
    np.testing.assert_array_equal(filled[~holes], wall[~holes])
    assert age(filled[holes], wall[holes]) < 8
    smooth = smoothly_filled(broken.astype(np.float32), ~holes)
    assert age(filled[holes], wall[holes]) < 0.4 * age(smooth[holes], wall[holes])


def test_a_shade_goes_on_smoothly_where_no_shift_helps():
    ramp = np.repeat(np.linspace(0, 250, 320)[None, :, None], 240, axis=0).repeat(3, axis=2)
    holes = np.zeros((240, 320), bool)
    holes[60:180, 100:220] = True
    filled = fill_holes(np.where(holes[..., None], 0, ramp).astype(np.uint8), holes)
    assert np.abs(filled.astype(float) - ramp)[holes].mean() < 12


def test_what_few_frames_show_beside_a_hole_is_filled_with_it():
    holes = np.zeros((200, 300), bool)
    holes[80:120, 100:150] = True
    coverage = np.where(holes, 0, 1).astype(np.float32)
    coverage[80:120, 150:153] = 0.2
    coverage[0:5, 0:5] = 0.1
    found = doubtful(holes, coverage)
    assert found[100, 151] and not found[2, 2] and not found[100, 156]
    assert found.sum() == holes.sum() + 3 * 40


def test_frames_without_mattes_are_bootstrapped_once_they_are_registered():
    scene = make_scene("moving", seed=12, moments=range(0, 150, 18))
    rng = np.random.default_rng(12)
    shifts = rng.uniform(-6, 6, (len(scene.frames), 2))
    shifts[len(shifts) // 2] = 0
    frames = [
        cv2.warpAffine(frame, np.array([[1, 0, x], [0, 1, y]]), (320, 240), flags=cv2.INTER_CUBIC)
        for frame, (x, y) in zip(scene.frames, shifts, strict=True)
    ]
    options = PlateOptions(registration="on")
    plate = estimate_plate(store_of(frames, [None] * len(frames)), options)
    assert plate.report["method"] == "bootstrap"
    inner = slice(8, -8), slice(8, -8)
    age, worst = metrics(plate.background[inner], scene.background[inner])
    assert age < 1.5 and worst < 0.005
    assert plate.coverage[inner].min() > 0
