"""Frames of a camera that moves, registered: against homographies that are known."""

import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from extract_background.plate_estimation import FrameStore, PlateOptions, estimate_plate
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
