"""Keypoint conventions: counts, sides, places on the body."""

import numpy as np
import pytest

from infer_smpl_fit.smpl_body.conventions import (
    CONVENTIONS,
    SMPL_JOINTS,
    SMPL_PARENTS,
    convention_of,
)
from tests.infer_smpl_fit.stand_in import keypoints_of, stand_in_body

COUNTS = {"coco17": 17, "body25": 25, "body25b": 25, "smpl24": 24, "h36m17": 17}
# AIST++'s slots for SMPL, and the list of OpenPose's keypoints that goes with them.
AIST_JOINTS = (16, 18, 20, 17, 19, 21, 1, 4, 7, 2, 5, 8)
OPENPOSE_LIMBS = (5, 6, 7, 2, 3, 4, 12, 13, 14, 9, 10, 11)


@pytest.mark.parametrize("name", COUNTS)
def test_every_keypoint_has_a_place_and_left_is_left(name):
    model = stand_in_body()
    poses = np.zeros((1, 24, 3))
    points = keypoints_of(model, name, poses, np.zeros((1, 3)))[0]
    assert np.isfinite(points).all()
    for keypoint, point in zip(CONVENTIONS[name].keypoints, points, strict=True):
        side = 1 if "left" in keypoint else -1 if "right" in keypoint else 0
        assert np.sign(np.round(point[0], 6)) == side, keypoint


@pytest.mark.parametrize("name", COUNTS)
def test_mirroring_twice_changes_nothing(name):
    mirrored = np.array(CONVENTIONS[name].mirrored)
    assert (mirrored[mirrored] == np.arange(COUNTS[name])).all()
    assert (mirrored != np.arange(COUNTS[name])).sum() >= 12


def test_openpose_uses_the_right_sides_of_aists_slots():
    openpose = convention_of("body25", 25)
    for joint, keypoint in zip(AIST_JOINTS, OPENPOSE_LIMBS, strict=True):
        assert openpose.sources[keypoint].joints == (joint,)
    landmarks = ("right_ear", "right_eye", "left_ear", "left_eye", "right_big_toe", "right_heel")
    for name, keypoint in zip(landmarks, (17, 15, 18, 16, 22, 24), strict=True):
        assert openpose.sources[keypoint].landmark == name


def test_joints_hang_on_their_parents_bones():
    for joint, source in enumerate(CONVENTIONS["smpl24"].sources):
        assert source.bone == max(SMPL_PARENTS[joint], 0)
        assert CONVENTIONS["smpl24"].of_joint(joint) == joint
    assert CONVENTIONS["coco17"].of_joint(SMPL_JOINTS.index("spine1")) is None


def test_aliases_and_the_first_22():
    assert {convention_of(old, 25).name for old in ("openpose25", "body_25", "BODY_25")} == {
        "body25"
    }
    assert convention_of("smpl24", 22).keypoints == SMPL_JOINTS[:22]


@pytest.mark.parametrize("name", COUNTS)
def test_wrong_count_lists_the_conventions(name):
    with pytest.raises(ValueError) as told:
        convention_of(name, 133)
    assert all(known in str(told.value) for known in COUNTS)


def test_unknown_name_with_17_keypoints_says_which_two_fit():
    with pytest.raises(ValueError, match="coco17 or h36m17"):
        convention_of("auto", 17)
