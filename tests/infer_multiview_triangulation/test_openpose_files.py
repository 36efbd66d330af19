"""Folders of one JSON file a frame: OpenPose's and AIST++'s, whole and damaged."""

import json
import shutil

import numpy as np
import pytest

from infer_multiview_triangulation.multiview_files import (
    Detections,
    read_detections,
)
from infer_multiview_triangulation.multiview_files.openpose import HAND_KEYS
from infer_multiview_triangulation.multiview_files.view_frames import frame_number
from infer_multiview_triangulation.multiview_geometry import skeleton_of
from plugin_kit.files import natural_key
from tests.infer_multiview_triangulation.detection_files import (
    bodies,
    frame_file,
    openpose_frame,
    write_openpose,
)

BALANCING = "data/pose2sim_demo_single/S00_P00_T01_BalancingTrial"


@pytest.mark.parametrize(
    ("stem", "number"),
    [
        ("cam1_000000000012_keypoints", 12),
        ("cam02.0080", 80),
        ("frame12", 12),
        ("cam_1_frame12", 12),
        ("000012_pose2d", 12),
        ("12", 12),
        ("front", None),
        ("0" * 30 + "7", 7),
        ("9" * 30, None),
    ],
)
def test_the_last_number_of_a_name_is_the_frame(stem, number):
    assert frame_number(stem) == number


def test_natural_order():
    names = ["cam10", "cam2", "Cam1", "a", "2", "cam02b"]
    assert sorted(names, key=natural_key) == ["2", "a", "Cam1", "cam2", "cam02b", "cam10"]


def test_openpose_folders(tmp_path, rng):
    keypoints = bodies(rng, 3, 5)
    detections = read_detections(write_openpose(tmp_path, keypoints))
    assert isinstance(detections, Detections)
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], keypoints)
    np.testing.assert_allclose(detections.scores[..., 0], keypoints[..., 2].mean(-1))
    assert detections.views == ("cam1", "cam2", "cam3")
    assert detections.skeleton == "auto"
    assert detections.timestamps.tolist() == [0, 1, 2, 3, 4]
    assert detections.sizes == (None,) * 3
    assert detections.warnings == ()


def test_frames_that_no_view_has_are_empty(tmp_path, rng):
    keypoints = bodies(rng, 2, 9)
    write_openpose(tmp_path, keypoints)
    for view in (1, 2):
        for frame in (4, 5):
            frame_file(tmp_path, view, frame).unlink()
    detections = read_detections(tmp_path)
    assert detections.timestamps.tolist() == list(range(9))
    np.testing.assert_array_equal(detections.keypoints2d[:, 6:, 0], keypoints[:, 6:])
    assert np.isnan(detections.keypoints2d[:, 4:6]).all()
    (warning,) = detections.warnings
    assert "has the frames 4 to 5: nobody is seen there" in warning


def test_numbers_that_jump_far_are_told(tmp_path, rng):
    keypoints = bodies(rng, 2, 6)
    write_openpose(tmp_path, keypoints)
    for view in (1, 2):
        path = frame_file(tmp_path, view, 5)
        path.rename(path.with_name(path.name.replace("5_keypoints", "500_keypoints")))
    detections = read_detections(tmp_path)
    assert detections.timestamps.tolist() == [0, 1, 2, 3, 4, 500]
    assert "frames 5 to 499: the next ones are taken to follow" in detections.warnings[0]


def test_every_second_frame_is_taken_as_it_is(tmp_path, rng):
    write_openpose(tmp_path, bodies(rng, 2, 9))
    for view in (1, 2):
        for frame in range(1, 9, 2):
            frame_file(tmp_path, view, frame).unlink()
    detections = read_detections(tmp_path)
    assert detections.timestamps.tolist() == [0, 2, 4, 6, 8] and detections.warnings == ()


def test_more_than_ten_cameras_stay_in_natural_order(tmp_path, rng):
    keypoints = bodies(rng, 12, 2)
    detections = read_detections(write_openpose(tmp_path, keypoints))
    assert detections.views == tuple(f"cam{v}" for v in range(1, 13))
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], keypoints)


def test_several_people(tmp_path, rng):
    keypoints = bodies(rng, 2, 3)
    write_openpose(tmp_path, keypoints)
    others = bodies(rng, 2)
    frame_file(tmp_path, 2, 1).write_text(json.dumps(openpose_frame(*others)))
    detections = read_detections(tmp_path)
    assert detections.keypoints2d.shape == (2, 3, 2, 17, 3)
    np.testing.assert_array_equal(detections.keypoints2d[1, 1], others)
    assert np.isnan(detections.keypoints2d[0, :, 1]).all()
    assert np.isfinite(detections.scores).sum() == 7


@pytest.mark.parametrize(
    "content",
    [
        {"people": []},
        {},
        {"people": None},
        {"people": [{}]},
        {"people": [{"pose_keypoints_2d": []}]},
        {"people": [{"pose_keypoints_2d": [0.0] * 51}]},
    ],
)
def test_a_frame_without_people_is_missing_without_a_warning(tmp_path, rng, content):
    write_openpose(tmp_path, bodies(rng, 2, 4))
    frame_file(tmp_path, 1, 2).write_text(json.dumps(content))
    detections = read_detections(tmp_path)
    assert np.isnan(detections.keypoints2d[0, 2]).all()
    assert np.isfinite(np.delete(detections.keypoints2d[0], 2, axis=0)).all()
    assert detections.warnings == ()


@pytest.mark.parametrize(
    "content",
    [
        '{"people": [{"pose_keyp',
        "",
        "\x00\x01",
        "[1, 2]",
        "[" * 100_000,
        json.dumps({"people": 3}),
        json.dumps({"people": ["x"]}),
        json.dumps({"people": [{"pose_keypoints_2d": ["a"] * 51}]}),
        json.dumps({"people": [{"pose_keypoints_2d": [1.0] * 50}]}),
        json.dumps({"people": [{"pose_keypoints_2d": [10**400] * 51}]}),
        json.dumps({"people": [{"pose_keypoints_2d": [1.0] * 75}]}),
        json.dumps({"people": [{"pose_keypoints_2d": [[1.0], [1.0, 2.0]]}]}),
    ],
)
def test_a_damaged_frame_is_missing_with_a_warning(tmp_path, rng, content):
    write_openpose(tmp_path, bodies(rng, 2, 4))
    frame_file(tmp_path, 1, 2).write_text(content)
    detections = read_detections(tmp_path)
    assert np.isnan(detections.keypoints2d[0, 2]).all()
    assert np.isfinite(np.delete(detections.keypoints2d[0], 2, axis=0)).all()
    (warning,) = detections.warnings
    assert "cam1" in warning and ("000000000002" in warning or "frame 2" in warning)


def test_many_damaged_frames_are_counted(tmp_path, rng):
    write_openpose(tmp_path, bodies(rng, 2, 20))
    for frame in range(9):
        frame_file(tmp_path, 1, frame).write_text("{")
    warnings = read_detections(tmp_path).warnings
    assert len(warnings) == 6 and "4 more frames of view cam1" in warnings[-1]


def test_over_half_of_a_view_damaged_is_an_error(tmp_path, rng):
    write_openpose(tmp_path, bodies(rng, 2, 4))
    for frame in range(2):
        frame_file(tmp_path, 2, frame).write_text("{")
    assert len(read_detections(tmp_path).warnings) == 2
    frame_file(tmp_path, 2, 2).write_text("{")
    with pytest.raises(ValueError, match="3 of the 4 frames of view cam2"):
        read_detections(tmp_path)


def test_mixed_skeletons_are_an_error(tmp_path, rng):
    write_openpose(tmp_path / "a", bodies(rng, 1, 3))
    write_openpose(tmp_path / "b", bodies(rng, 1, 3, joints=25))
    shutil.move(tmp_path / "b" / "cam1", tmp_path / "a" / "cam2")
    with pytest.raises(ValueError, match="cam1 17, cam2 25"):
        read_detections(tmp_path / "a")


def test_missing_keypoints_become_nan(tmp_path, rng):
    keypoints = bodies(rng, 2, 2)
    keypoints[0, 0, 0] = 0
    keypoints[0, 0, 1] = (0, 0, 0.9)
    keypoints[0, 0, 2, 2] = 0
    keypoints[0, 0, 3, 0] = np.nan
    keypoints[0, 0, 4, 1] = np.inf
    keypoints[0, 0, 5, 0] = 0
    detections = read_detections(write_openpose(tmp_path, keypoints))
    read = detections.keypoints2d[0, 0, 0]
    assert np.isnan(read[:5]).all() and np.isfinite(read[5:]).all()


def test_frames_align_by_their_numbers(tmp_path, rng):
    keypoints = bodies(rng, 3, 6)
    write_openpose(tmp_path, keypoints)
    frame_file(tmp_path, 1, 0).unlink()
    frame_file(tmp_path, 1, 3).unlink()
    frame_file(tmp_path, 2, 5).unlink()
    detections = read_detections(tmp_path)
    assert detections.timestamps.tolist() == list(range(6))
    there = np.isfinite(detections.keypoints2d[:, :, 0]).all(axis=(2, 3))
    np.testing.assert_array_equal(
        there, [[0, 1, 1, 0, 1, 1], [1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]]
    )
    np.testing.assert_array_equal(detections.keypoints2d[there, 0], keypoints[there])
    assert any("cam1 4, cam2 5, cam3 6" in warning for warning in detections.warnings)


def test_an_empty_view_keeps_its_place(tmp_path, rng):
    write_openpose(tmp_path, bodies(rng, 3, 2))
    for file in (tmp_path / "cam2").iterdir():
        file.unlink()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(b"")
    detections = read_detections(tmp_path)
    assert detections.views == ("cam1", "cam2", "cam3")
    assert np.isnan(detections.keypoints2d[1]).all()
    assert any("cam2 has no detection" in warning for warning in detections.warnings)
    assert any("videos" in warning for warning in detections.warnings)


def test_views_without_a_common_frame_are_an_error(tmp_path, rng):
    write_openpose(tmp_path, bodies(rng, 2, 2))
    for frame in range(2):
        frame_file(tmp_path, 2, frame).rename(frame_file(tmp_path, 2, frame + 500))
    with pytest.raises(ValueError, match=r"cam1.*frames 0 to 1"):
        read_detections(tmp_path)
    assert read_detections(tmp_path, allow_uneven=True).keypoints2d.shape[1] == 4


def test_names_that_do_not_tell_the_frame_are_an_error(tmp_path, rng):
    write_openpose(tmp_path / "a", bodies(rng, 2, 1), name="front.json")
    with pytest.raises(ValueError, match=r"front.json has no frame number"):
        read_detections(tmp_path / "a")
    write_openpose(tmp_path / "b", bodies(rng, 2, 2), name="{frame:03d}_1.json")
    with pytest.raises(ValueError, match="are both frame 1 of view cam1"):
        read_detections(tmp_path / "b")


def test_nobody_anywhere_is_an_error(tmp_path):
    for view in ("a", "b"):
        (tmp_path / view).mkdir()
        (tmp_path / view / "0.json").write_text('{"people": []}')
    with pytest.raises(ValueError, match=r"no view of .* has a person"):
        read_detections(tmp_path)


def test_one_view_and_one_frame_are_read(tmp_path, rng):
    assert read_detections(write_openpose(tmp_path, bodies(rng, 1, 1))).keypoints2d.shape == (
        (1, 1, 1, 17, 3)
    )


def test_skeleton_is_checked(tmp_path, rng):
    write_openpose(tmp_path, bodies(rng, 2, 2, joints=25))
    assert read_detections(tmp_path, "body25b").skeleton == "body25b"
    with pytest.raises(ValueError, match="coco17 has 17 keypoints, the data have 25"):
        read_detections(tmp_path, "coco17")
    with pytest.raises(ValueError, match="body25 or body25b"):
        skeleton_of(read_detections(tmp_path).skeleton, 25)


def test_hands_are_read_where_they_are_asked_for(tmp_path, rng):
    keypoints = bodies(rng, 2, 3, joints=67)
    write_openpose(tmp_path, keypoints[:, :, :25])
    with pytest.raises(ValueError, match=r"has no hands.*--hand.*skeleton=body25"):
        read_detections(tmp_path, "body25_hands")
    for view, frame in ((1, 0), (1, 2), (2, 1)):
        file = frame_file(tmp_path, view, frame)
        content = json.loads(file.read_text())
        hands = keypoints[view - 1, frame, 25:].reshape(2, 21, 3)
        for key, hand in zip(HAND_KEYS, hands, strict=True):
            content["people"][0][key] = hand.ravel().tolist()
        file.write_text(json.dumps(content))
    found = read_detections(tmp_path, "body25_hands")
    assert (found.skeleton, found.keypoints2d.shape) == ("body25_hands", (2, 3, 1, 67, 3))
    np.testing.assert_allclose(found.keypoints2d[0, 2, 0], keypoints[0, 2])
    np.testing.assert_allclose(found.keypoints2d[0, 1, 0, :25], keypoints[0, 1, :25])
    assert np.isnan(found.keypoints2d[0, 1, 0, 25:]).all()
    body_only = read_detections(tmp_path, "body25")
    assert body_only.keypoints2d.shape[3] == 25
    np.testing.assert_allclose(body_only.scores, found.scores)
    content["people"][0][HAND_KEYS[0]] = [1.0, 2.0, 0.5]
    file.write_text(json.dumps(content))
    assert "hand_left_keypoints_2d has 1 points, not 21" in str(
        read_detections(tmp_path, "body25_hands").warnings
    )


def test_aist_frames(tmp_path, rng):
    keypoints = bodies(rng, 2, 3, 2)
    for v, view in enumerate(keypoints):
        sub = tmp_path / f"gBR_sBM_c0{v + 1}_d04"
        sub.mkdir()
        for f, people in enumerate(view):
            content = {
                "keypoints": people.reshape(2, -1).tolist(),
                "detection_scores": [0.9, 0.5],
            }
            (sub / f"{f * 17:08d}.json").write_text(json.dumps(content))
    empty = {"keypoints": [], "detection_scores": []}
    (tmp_path / "gBR_sBM_c01_d04" / "00000017.json").write_text(json.dumps(empty))
    detections = read_detections(tmp_path)
    assert detections.timestamps.tolist() == [0, 17, 34]
    assert np.isnan(detections.keypoints2d[0, 1]).all()
    np.testing.assert_array_equal(detections.keypoints2d[1], keypoints[1])
    assert detections.scores[1, 2].tolist() == [0.9, 0.5]


@pytest.mark.parametrize("folder", ["pose", "pose-associated"])
def test_real_openpose_folders(shared, folder):
    detections = read_detections(shared / BALANCING / folder)
    assert detections.views == ("cam01", "cam02", "cam03", "cam04")
    people = 3 if folder == "pose" else 1
    assert detections.keypoints2d.shape == (4, 100, people, 25, 3)
    file = shared / BALANCING / folder / "cam02_json" / "cam02.0080.json"
    flat = json.loads(file.read_text())["people"][0]["pose_keypoints_2d"]
    np.testing.assert_array_equal(detections.keypoints2d[1, 80, 0].ravel(), flat)
    assert detections.warnings == ()
