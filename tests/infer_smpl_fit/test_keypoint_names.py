"""What keypoints are: by their names, by their source's word, or not to be told."""

from dataclasses import replace

import numpy as np
import pytest

from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.multiview_geometry.skeletons import SKELETONS
from infer_smpl_fit import keypoint_names
from infer_smpl_fit.keypoint_files import read_keypoints
from infer_smpl_fit.keypoint_names import Keypoints3D, joined, plain_name
from infer_smpl_fit.smpl_body.conventions import CONVENTIONS, SMPL_JOINTS

POSE2SIM = "data/pose2sim_demo_single/S00_P00_T00_StaticTrial/pose-3d"
POINTS = np.random.default_rng(1).normal(0, 1, (4, 17, 3)).round(4)
POINTS[1, 3] = np.nan
COCO = CONVENTIONS["coco17"].keypoints
WRITERS = {".trc": files.write_trc, ".c3d": files.write_c3d, ".csv": files.write_csv}
text_forms = pytest.mark.parametrize("suffix", WRITERS)


def resolved(given, convention):
    keypoints, found = keypoint_names.resolved(given, convention)
    return keypoints.points, found


def read(path, allow_pickle=False, convention="auto"):
    given = read_keypoints(str(path), allow_pickle)
    return given, *resolved(given, convention)


def named(names, points=None, skeleton=None):
    if points is None:
        points = np.arange(3.0 * len(names)).reshape(1, -1, 3)
    return Keypoints3D(points, tuple(names), skeleton, None, None, "input 0")


# Names


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("LBigToe", "left_big_toe"),
        ("left big toe", "left_big_toe"),
        ("Right_Shoulder", "right_shoulder"),
        ("R_Heel", "right_heel"),
        ("RHip", "right_hip"),
        ("Hip", "mid_hip"),
        ("CHip", "mid_hip"),
        ("Neck", "upper_neck"),
        ("Head", "head_top"),
        ("Lumbar", "lumbar"),
        ("left-knee", "left_knee"),
    ],
)
def test_names_are_understood(given, plain):
    assert plain_name(given) == plain


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_each_conventions_own_names_lead_to_it(convention):
    keypoints = CONVENTIONS[convention].keypoints
    assert [joined(name) for name in keypoints] == list(keypoints)
    given = named(keypoints[::-1])
    points, found = resolved(given, "auto")
    assert found == convention
    np.testing.assert_array_equal(points, given.points[:, ::-1])


def test_pose2sims_names_of_body_25():
    sides = ("Hip", "Knee", "Ankle", "BigToe", "SmallToe", "Heel", "Shoulder", "Elbow", "Wrist")
    names = ["CHip", "Neck", "Nose", *(f"{side}{name}" for side in "RL" for name in sides)]
    points, convention = resolved(named(names), "auto")
    assert convention == "body25"
    assert np.isfinite(points[0]).all(axis=1).sum() == 21


def test_subjects_before_a_colon_are_no_part_of_a_name():
    plain = named([*COCO, "table"])
    prefixed = replace(plain, names=(*(f"P01:{name}" for name in COCO), "*1"))
    points, convention = resolved(prefixed, "auto")
    assert convention == "coco17"
    np.testing.assert_array_equal(points, resolved(plain, "auto")[0])


@pytest.mark.parametrize(
    ("name", "points"), [("halpe26", 26), ("wholebody133", 133), ("mediapipe33", 33)]
)
@pytest.mark.parametrize("told", ["count", "source", "parameter"])
def test_hands_and_faces_are_left_out(name, points, told):
    given = Keypoints3D(
        np.random.default_rng(0).normal(0, 1, (2, points, 3)),
        None,
        name if told == "source" else None,
        None,
        None,
        "input 0",
    )
    found, convention = resolved(given, name if told == "parameter" else "auto")
    assert convention == name
    columns = list(SKELETONS[name].columns) or slice(None)
    np.testing.assert_array_equal(found, given.points[:, columns])


def test_names_win_over_the_order_of_a_convention_that_was_set():
    # body25b has as many keypoints: by their order alone, feet would be taken for arms.
    given = named(SKELETONS["body25b"].joints, skeleton="body25b")
    points, convention = resolved(given, "body25")
    assert convention == "body25"
    for name in ("nose", "left_wrist", "right_heel"):
        column = CONVENTIONS["body25"].keypoints.index(name)
        index = SKELETONS["body25b"].joints.index(name)
        np.testing.assert_array_equal(points[:, column], given.points[:, index])


def test_names_win_over_the_order_of_the_sources_convention():
    given = named(COCO[::-1], skeleton="coco17")
    np.testing.assert_array_equal(resolved(given, "auto")[0], given.points[:, ::-1])


def test_sources_convention_stands_where_a_name_is_unknown():
    given = named(["the nose", *COCO[1:]], skeleton="coco17")
    np.testing.assert_array_equal(resolved(given, "auto")[0], given.points)


@pytest.mark.parametrize(
    ("skeleton", "convention"),
    [
        ("COCO17", "coco17"),
        ("BODY_25B", "body25b"),
        ("BODY_25", "body25"),
        (" body25", "body25"),
        ("openpose25", "body25"),
    ],
)
def test_words_for_a_skeleton(skeleton, convention):
    count = 17 if "17" in skeleton else 25
    given = Keypoints3D(np.zeros((1, count, 3)), None, skeleton, None, None, "input 0")
    assert resolved(given, "auto")[1] == convention


def test_empty_word_for_a_skeleton_is_none():
    given = Keypoints3D(np.zeros((1, 24, 3)), None, "", None, None, "input 0")
    assert resolved(given, "auto")[1] == "smpl24"


def test_convention_that_was_set_wins_over_unknown_names():
    given = named([f"joint_{n}" for n in range(17)], skeleton="unknown")
    points, convention = resolved(given, "coco17")
    assert convention == "coco17"
    np.testing.assert_array_equal(points, given.points)


def test_smpls_22_joints():
    assert resolved(named(SMPL_JOINTS[:22]), "auto")[1] == "smpl22"
    unnamed = Keypoints3D(np.zeros((1, 22, 3)), None, None, None, None, "input 0")
    assert resolved(unnamed, "auto")[1] == resolved(unnamed, "smpl24")[1] == "smpl22"


# What cannot be told


@pytest.mark.parametrize(
    ("given", "convention", "text"),
    [
        (
            Keypoints3D(np.zeros((1, 17, 3)), None, None, None, None, "a.pkl"),
            "auto",
            r"17 points of a\.pkl may be coco17 or h36m17: set convention",
        ),
        (
            Keypoints3D(np.zeros((1, 25, 3)), None, None, None, None, "input 0"),
            "auto",
            "body25 or body25b: set convention",
        ),
        (
            Keypoints3D(np.zeros((1, 19, 3)), None, None, None, None, "input 0"),
            "auto",
            r"input 0 holds 19 points, which is no known convention: coco17 \(17\), .*Name the",
        ),
        (
            Keypoints3D(np.zeros((1, 19, 3)), None, None, None, None, "input 0"),
            "coco17",
            "coco17 has 17 keypoints, the data have 19",
        ),
        (
            Keypoints3D(np.zeros((1, 27, 3)), None, "lion27", None, None, "input 0"),
            "auto",
            r"27 points of input 0 .*lion27.*not at all.*set convention to coco17, .*smpl24, h36m",
        ),
        (
            named([f"joint_{n}" for n in range(24)]),
            "auto",
            r"24 points of input 0 .*not told, points named joint_0, .*\.\.\.\): name them",
        ),
        (
            Keypoints3D(np.zeros((1, 17, 3)), COCO[:16], None, None, None, "a.npz"),
            "auto",
            r"a\.npz names 16 points and holds 17",
        ),
    ],
)
def test_what_cannot_be_told_is_asked_for(given, convention, text):
    with pytest.raises(ValueError, match=text):
        resolved(given, convention)


def test_names_of_several_subjects_are_several_people():
    """The second lacks a point, a ball has none of a person's."""
    names = [f"P01:{name}" for name in COCO] + [f"P02:{name}" for name in COCO[1:]] + ["ball:top"]
    points = np.arange(len(names) * 3.0).reshape(1, -1, 3)
    given = Keypoints3D(points, tuple(names), None, None, None, "a.c3d")
    keypoints, convention = keypoint_names.resolved(given, "auto")
    assert (convention, keypoints.people) == ("coco17", ("P01", "P02"))
    np.testing.assert_array_equal(keypoints.points[0, 0], points[0, :17])
    np.testing.assert_array_equal(keypoints.points[1, 0, 1:], points[0, 17:33])
    assert np.isnan(keypoints.points[1, 0, 0]).all()
