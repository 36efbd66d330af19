"""People in drawn pictures, whose places and pixels are known."""

import numpy as np
import pytest

from development.synthetic.people import BLUE, COCO_JOINTS, GREEN, RED, place, room
from infer_people.people_finding import Choice, FinderOptions, FramePeople, PeopleFinder, choose
from plugin_kit.keypoints.skeletons import SKELETONS

OPTIONS = {"threads": 1, "device": "cpu", "input_size": 320}


@pytest.fixture(scope="module")
def finder():
    return PeopleFinder(FinderOptions(threads=1, device="cpu"))


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def test_a_person_has_box_keypoints_and_mask(finder):
    picture = room(720, 1280)
    truth, joints = place(picture, 500, 690, 480)
    kept = picture.copy()
    finder.reset()
    people = finder(picture)
    assert len(people) == 1 and people.identities.tolist() == [0] and people.scores[0] > 0.6
    assert np.array_equal(picture, kept)
    rows, columns = np.nonzero(truth)
    around = [columns.min(), rows.min(), columns.max(), rows.max()]
    assert np.abs(people.boxes[0] - around).max() < 0.12 * 480
    # SMPL's joints lie inside of the body, COCO's on it.
    found = people.keypoints[0, list(COCO_JOINTS)]
    assert (found[:, 2] > 0.2).all()
    assert np.median(np.linalg.norm(found[:, :2] - joints, axis=1)) < 0.04 * 480
    assert people.masks.dtype == np.uint8 and people.masks.shape == (1, 720, 1280)
    assert overlap(people.mask() > 127, truth) > 0.9
    assert people.mask()[:, :400].max() == 0


def test_a_portrait_and_a_picture_many_times_larger(finder):
    for height, width, tall in ((1280, 720, 420), (1900, 2900, 1100)):
        picture = room(height, width)
        truth, joints = place(picture, width // 3, height - 40, tall)
        finder.reset()
        people = finder(picture)
        assert len(people) == 1
        gaps = np.linalg.norm(people.keypoints[0, list(COCO_JOINTS), :2] - joints, axis=1)
        assert np.median(gaps) < 0.04 * tall
        assert overlap(people.mask() > 127, truth) > 0.88


@pytest.mark.parametrize("size", [(1, 1), (2, 500), (37, 9), (90, 3000)])
def test_pictures_without_room_for_people(finder, size):
    finder.reset()
    people = finder(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8))
    assert people.masks.shape[1:] == size and people.keypoints.shape[1:] == (17, 3)
    assert people.mask().shape == size


def test_nobody_is_an_empty_frame(finder):
    finder.reset()
    people = finder(room(360, 640))
    assert len(people) == 0
    assert people.boxes.shape == (0, 4) and people.keypoints.shape == (0, 17, 3)
    assert people.mask().shape == (360, 640) and not people.mask().any()


def test_many_people_are_found_and_numbered_by_size():
    finder = PeopleFinder(FinderOptions(masks=False, max_people=6, **OPTIONS))
    picture = room(900, 1900)
    for i in range(6):
        place(picture, 20 + 310 * i, 880, 250 + 60 * i, (BLUE, RED, GREEN)[i % 3])
    people = finder(picture)
    assert sorted(people.identities.tolist()) == list(range(6)) and people.masks is None
    order = np.argsort(people.identities)
    middles = (people.boxes[order, 0] + people.boxes[order, 2]) / 2
    assert (np.diff(middles) < 0).all()
    assert len(PeopleFinder(FinderOptions(masks=False, max_people=2, **OPTIONS))(picture)) == 2


def test_two_who_stand_close_have_masks_of_their_own(finder):
    picture = room(720, 1280)
    behind, _ = place(picture, 470, 640, 460, RED)
    front, _ = place(picture, 590, 690, 520, BLUE)
    finder.reset()
    people = finder(picture)
    assert len(people) == 2
    nearer = people.masks[people.identities == 0][0] > 127
    farther = people.masks[people.identities == 1][0] > 127
    assert overlap(nearer, front) > 0.84 and overlap(farther, behind & ~front) > 0.8
    # No seam where they touch.
    assert overlap(people.mask() > 127, front | behind) > 0.88
    with pytest.raises(ValueError, match="no masks"):
        FramePeople.nobody("coco17", None).mask()


def test_body25_has_neck_and_middle_of_the_hips_and_no_feet():
    finder = PeopleFinder(FinderOptions(masks=False, skeleton="body25", **OPTIONS))
    picture = room(720, 1280)
    place(picture, 500, 690, 480)
    people = finder(picture)
    found = dict(zip(SKELETONS["body25"].joints, people.keypoints[0], strict=True))
    middle = (found["left_hip"] + found["right_hip"]) / 2
    assert np.allclose(found["mid_hip"][:2], middle[:2], atol=1e-3)
    assert found["neck"][2] > 0.2
    assert not found["left_heel"].any() and not found["right_big_toe"].any()


def test_boxes_of_another_detector_say_where_to_look(finder):
    picture = room(720, 1280)
    place(picture, 200, 690, 480, RED)
    place(picture, 800, 690, 480, BLUE)
    finder.reset()
    people = finder(picture, boxes=np.array([[790, 200, 1060, 700]]))
    assert len(people) == 1 and people.boxes[0, 0] > 700
    finder.reset()
    assert len(finder(picture, boxes=np.zeros((0, 4)))) == 0
    # Far out there is no memory for a crop, nor anybody.
    beside = [[1e9, 1e9, 1e9 + 50, 1e9 + 90], [-500, 10, -400, 90]]
    assert len(finder(picture, boxes=np.array(beside))) == 0
    assert len(finder(picture, boxes=np.array([[-1e9, -1e9, 1e9, 1e9]]))) <= 1
    with pytest.raises(ValueError, match="its end is before its begin"):
        finder(picture, boxes=np.array([[50, 50, 20, 90]]))
    with pytest.raises(ValueError, match="finite"):
        finder(picture, boxes=np.array([[0, 0, np.nan, 5]]))


def test_a_second_look_and_no_tracked_crops_find_the_same():
    picture = room(720, 1280)
    place(picture, 500, 690, 480)
    plain, other = (
        PeopleFinder(FinderOptions(masks=False, flip=flip, track_crops=not flip, **OPTIONS))
        for flip in (False, True)
    )
    one, two = plain(picture).keypoints[0], other(picture).keypoints[0]
    known = np.minimum(one[:, 2], two[:, 2]) > 0.3
    assert np.linalg.norm(one[known, :2] - two[known, :2], axis=1).max() < 0.05 * 480


@pytest.mark.parametrize(
    "colours", [(RED, BLUE), (RED, BLUE, GREEN)], ids=["two people", "three people"]
)
def test_people_who_cross_keep_their_numbers(colours):
    finder = PeopleFinder(FinderOptions(masks=False, **OPTIONS))
    first, last = {}, {}
    starts = (40, 640, 340)
    for t in range(0, 21, 3):
        picture = room(480, 960)
        shifts = [s + (30 * t if i == 0 else -30 * t if i == 1 else t)
                  for i, s in enumerate(starts[: len(colours)])]  # fmt: skip
        for i in reversed(range(len(colours))):
            place(picture, shifts[i], 440 + 12 * (2 - i), 330, colours[i])
        people = finder(picture)
        for row, identity in enumerate(people.identities):
            middle = people.boxes[row, ::2].mean()
            seen = last if t == 18 else first if t == 0 else None
            if seen is not None:
                seen[int(identity)] = int(np.argmin([abs(s + 115 - middle) for s in shifts]))
    assert sorted(first.values()) == list(range(len(colours)))
    assert last == first


def test_who_is_wanted_in_a_stream():
    picture = room(480, 960)
    place(picture, 60, 460, 300, RED)
    place(picture, 560, 470, 400, BLUE)
    for person, left in (("largest", 500), ("1", 0), ("700,300,1", 500)):
        chosen = PeopleFinder(FinderOptions(masks=False, person=person, **OPTIONS))
        frames = [chosen(picture) for _ in range(2)]
        assert len(frames[0]) == (0 if person.endswith(",1") else 1)
        assert len(frames[1]) == 1 and left <= frames[1].boxes[0, 0] < left + 400


def frame_of(*people):
    """(identity, x) each, 40 wide and 100 high."""
    return FramePeople(
        "coco17",
        np.array([[x, 0, x + 40, 100] for _, x in people], np.float32).reshape(-1, 4),
        np.ones(len(people), np.float32),
        np.array([identity for identity, _ in people], np.int64),
        np.ones((len(people), 17, 3), np.float32),
        None,
    )


def test_who_is_wanted_of_a_whole_video():
    frames = [frame_of((0, 10), (3, 200)), frame_of(), frame_of((3, 210)), frame_of((3, 230))]

    def identities(text):
        return [frame.identities.tolist() for frame in choose(frames, Choice.parse(text))]

    assert identities("all") == [[0, 3], [], [3], [3]]
    assert identities("largest") == [[3], [], [3], [3]]
    assert identities("0") == [[0], [], [], []]
    assert identities("30,50") == [[0], [], [], []]
    assert identities("220,50,2") == [[3], [], [3], [3]]
    for text, message in (
        ("2", "there: 0, 3"),
        ("5,5,9", "has 4 frames"),
        ("500,50", "nobody is at"),
        ("1,2,3,4", "none of"),
        ("nan,2", "none of"),
        ("-1", "none of"),
    ):
        with pytest.raises(ValueError, match=message):
            choose(frames, Choice.parse(text))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"backend": "yolo"}, "backend 'yolo' is not one of embedded"),
        ({"skeleton": "body135"}, "skeleton"),
        ({"input_size": 4000}, "input_size 4000"),
        ({"score": 1.5}, "score 1.5"),
        ({"max_people": 0}, "max_people 0"),
        ({"person": "somebody"}, "person 'somebody'"),
    ],
)
def test_odd_options_are_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        PeopleFinder(FinderOptions(**asked))


def test_files_that_are_no_networks_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.onnx"):
        PeopleFinder(FinderOptions(mask_file=str(tmp_path / "none.onnx")))
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(ValueError, match=r"text\.onnx is not a network"):
        PeopleFinder(FinderOptions(detector_file=str(tmp_path / "text.onnx")))


def test_odd_pictures_are_refused(finder):
    for picture in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)):
        with pytest.raises(ValueError, match="RGB uint8"):
            finder(picture)
