"""People who lie, or hang upside down."""

import numpy as np
import pytest

from development.synthetic.people import BLUE, COCO_JOINTS, place, room
from infer_people.people_finding import FinderOptions, PeopleFinder
from infer_people.people_finding.detection import Detection
from infer_people.people_finding.turning import quarter_turns, turned_person, turned_points


@pytest.fixture(scope="module")
def finder():
    return PeopleFinder(FinderOptions(threads=1, device="cpu"))


@pytest.fixture(scope="module")
def standing():
    picture = room(720, 900)
    truth, joints = place(picture, 300, 690, 520, BLUE)
    return picture, truth, joints


def test_points_turn_as_the_picture_does():
    picture = np.zeros((5, 9), int)
    picture[1, 6] = 1
    points = np.array([[6.0, 1.0, 0.5]])
    for turns in (-1, 0, 1, 2, 3):
        turned = np.rot90(picture, turns)
        x, y, score = turned_points(points, turns, 5, 9)[0]
        assert turned[int(y), int(x)] == 1 and score == 0.5
        assert np.array_equal(
            turned_points(turned_points(points, turns, 5, 9), -turns, *turned.shape), points
        )


def test_how_far_to_turn_is_what_most_of_the_body_says(finder, standing):
    picture, _, _ = standing
    found = finder(picture)
    upright = Detection(found.boxes[0], 0.9, found.keypoints[0])
    for turns in range(4):
        person = turned_person(upright, turns, 720, 900)
        assert quarter_turns(person) == -turns % 4
        assert (person.box[2:] > person.box[:2]).all()
    # A portrait whose feet were guessed beside it.
    guess = upright.keypoints.copy()
    guess[7:, 2] = 0.05
    guess[[13, 14, 15, 16]] = [found.boxes[0, 0] - 200, guess[5, 1], 0.25]
    assert quarter_turns(Detection(found.boxes[0], 0.5, guess)) == 0
    assert quarter_turns(Detection(found.boxes[0], 0.5, np.zeros((17, 3)))) == 0


@pytest.mark.parametrize("turns", [1, 3])
def test_who_lies_is_known_as_well_as_who_stands(finder, standing, turns):
    picture, truth, joints = standing
    lying = np.ascontiguousarray(np.rot90(picture, turns))
    finder.reset()
    people = finder(lying)
    assert len(people) == 1 and people.scores[0] > 0.65
    there = turned_points(np.c_[joints, np.ones(8)], turns, 720, 900)
    gaps = np.linalg.norm((people.keypoints[0, list(COCO_JOINTS)] - there)[:, :2], axis=1)
    assert np.median(gaps) < 0.04 * 520
    mask, wanted = people.mask() > 127, np.rot90(truth, turns)
    assert (mask & wanted).sum() / (mask | wanted).sum() > 0.85
