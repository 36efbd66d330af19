"""The table of skeletons, and the words for units."""

import pytest

from plugin_kit.keypoints.skeletons import (
    DETECTED,
    OLD_SPELLINGS,
    SKELETONS,
    skeleton_name,
    skeleton_of,
)
from plugin_kit.keypoints.trajectories import UNITS_PER_METRE, unit_of_word

COUNTS = {
    "coco17": 17,
    "coco18": 18,
    "body25": 25,
    "body25b": 25,
    "halpe26": 26,
    "body25_hands": 29,
    "wholebody133": 27,
    "mediapipe33": 25,
    "smpl24": 24,
    "smpl22": 22,
    "h36m17": 17,
}


def test_counts_and_names():
    assert {name: len(skeleton.joints) for name, skeleton in SKELETONS.items()} == COUNTS
    for name, skeleton in SKELETONS.items():
        assert skeleton.name == name
        assert len(set(skeleton.joints)) == len(skeleton.joints)


@pytest.mark.parametrize("name", SKELETONS)
def test_bones_of_one_side_are_those_of_the_other(name):
    skeleton = SKELETONS[name]
    bones = {frozenset(bone) for bone in skeleton.bones}
    assert len(bones) == len(skeleton.bones)
    assert {frozenset(skeleton.mirrored[joint] for joint in bone) for bone in bones} == bones
    assert {joint for bone in bones for joint in bone} == set(range(len(skeleton.joints)))


@pytest.mark.parametrize("name", SKELETONS)
def test_left_and_right_are_exchanged(name):
    skeleton = SKELETONS[name]
    for joint, other in zip(skeleton.joints, skeleton.mirrored, strict=True):
        exchanged = joint.replace("left_", "?").replace("right_", "left_").replace("?", "right_")
        assert skeleton.joints[other] == exchanged
    assert skeleton.index(skeleton.joints[3]) == 3
    assert skeleton.index("tail") is None


@pytest.mark.parametrize("word", ["openpose25", "body_25", "BODY_25", " Body25 ", "body25"])
def test_old_spellings_of_body25(word):
    assert skeleton_name(word) == "body25"
    assert skeleton_of(word, 25) is SKELETONS["body25"]


def test_old_spellings_lead_to_skeletons():
    assert set(OLD_SPELLINGS.values()) <= set(SKELETONS)
    assert not set(OLD_SPELLINGS) & set(SKELETONS)


def test_a_count_tells_where_only_one_detector_has_it():
    assert skeleton_of("auto", 17).name == "coco17"
    assert skeleton_of("auto", 18).name == "coco18"
    assert skeleton_of("auto", 24).joints[-1] == "joint_23"
    assert skeleton_of("auto", 27).bones == ()
    with pytest.raises(ValueError, match="25 keypoints may be body25 or body25b: set skeleton"):
        skeleton_of("auto", 25)


@pytest.mark.parametrize(
    ("name", "points", "places"),
    [
        ("halpe26", 26, {"head_top": 17, "upper_neck": 18, "mid_hip": 19, "right_heel": 25}),
        ("wholebody133", 133, {"left_hip": 11, "left_small_toe": 18, "right_heel": 22}),
        ("mediapipe33", 33, {"nose": 0, "right_eye": 5, "left_shoulder": 11, "right_ankle": 28}),
        ("mediapipe33", 33, {"left_heel": 29, "right_heel": 30, "left_big_toe": 31}),
    ],
)
def test_of_detectors_that_find_hands_and_faces_the_body_is_taken(name, points, places):
    skeleton = skeleton_of("auto", points)
    assert skeleton is SKELETONS[name] is skeleton_of(name, points)
    assert skeleton is skeleton_of(name, len(skeleton.joints))
    columns = skeleton.columns or tuple(range(points))
    assert len(columns) == len(skeleton.joints)
    for joint, place in places.items():
        assert columns[skeleton.joints.index(joint)] == place
    with pytest.raises(ValueError, match=f"{name} has {points} keypoints, the data have 20"):
        skeleton_of(name, 20)


@pytest.mark.parametrize("name", ["smpl24", "h36m17", "tail"])
def test_what_no_detector_writes_is_refused(name):
    with pytest.raises(ValueError, match=f"skeleton '{name}' is not one of auto, coco17"):
        skeleton_of(name, 17)
    assert name not in DETECTED


def test_another_count_is_refused():
    with pytest.raises(ValueError, match="skeleton body25 has 25 keypoints, the data have 17"):
        skeleton_of("openpose25", 17)


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("m", "m"),
        ("Metres", "m"),
        (" CM ", "cm"),
        ("centimeters", "cm"),
        ("millimetre", "mm"),
        ("inch", None),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_words_for_units(word, unit):
    assert unit_of_word(word) == unit
    assert unit is None or unit in UNITS_PER_METRE
