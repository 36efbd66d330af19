"""Keypoint files: every detector's form, damaged files, and hostile pickles."""

import json
import pickle
import shutil
import struct
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import tables

from infer_multiview_triangulation.multiview_files import (
    Detections,
    check_inside,
    read_cameras,
    read_detections,
    safe_pickle,
)
from infer_multiview_triangulation.multiview_files.paths import frame_number, natural_key
from infer_multiview_triangulation.multiview_geometry.camera import Camera
from infer_multiview_triangulation.multiview_geometry.skeletons import skeleton_of

BALANCING = "data/pose2sim_demo_single/S00_P00_T01_BalancingTrial"


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def bodies(rng, *shape, joints=17):
    """Keypoints (*shape, joints, 3) that are all there."""
    keypoints = rng.uniform(10, 900, (*shape, joints, 3))
    keypoints[..., 2] = rng.uniform(0.2, 1, (*shape, joints))
    return keypoints


def openpose_frame(*people):
    return {"people": [{"pose_keypoints_2d": np.ravel(p).tolist()} for p in people]}


def write_openpose(folder, keypoints, name="{view}_{frame:012d}_keypoints.json"):
    """Files of keypoints (V, F, J, 3), one person a frame."""
    for v, view in enumerate(keypoints):
        sub = folder / f"cam{v + 1}"
        sub.mkdir(parents=True)
        for f, person in enumerate(view):
            file = sub / name.format(view=sub.name, frame=f)
            file.write_text(json.dumps(openpose_frame(person)))
    return folder


def frame_file(folder, view, frame):
    return folder / f"cam{view}" / f"cam{view}_{frame:012d}_keypoints.json"


# Names


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


# OpenPose


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
    cameras = read_cameras(shared / "data/pose2sim_demo_single/Calib_qualisys.toml")
    check_inside(detections, cameras)


def test_keypoints_of_another_resolution_are_an_error(tmp_path, rng):
    detections = read_detections(write_openpose(tmp_path, bodies(rng, 2, 3)))
    small, unknown = (
        Camera(name, size, np.diag([500.0, 500, 1]), np.zeros(5), np.zeros(3), np.zeros(3))
        for name, size in (("small", (640, 480)), ("unknown", None))
    )
    check_inside(detections, [unknown, unknown])
    with pytest.raises(ValueError, match="view cam2 lie outside of camera small's 640x480"):
        check_inside(detections, [unknown, small])


# Results files


def write_results(folder, views):
    folder.mkdir(exist_ok=True)
    for v, content in enumerate(views):
        (folder / f"cam{v + 1}.json").write_text(json.dumps(content))
    return folder


def coco(keypoints, name="{}"):
    return [
        {"image_id": name.format(f) if name else f, "keypoints": p.ravel().tolist(), "score": 0.7}
        for f, p in enumerate(keypoints)
    ]


@pytest.mark.parametrize("name", ["", "{}.jpg", "cam1_{:06d}.png", "frames/{}.jpg"])
def test_coco_and_alphapose_results(tmp_path, rng, name):
    keypoints = bodies(rng, 2, 4)
    write_results(tmp_path, [coco(view, name) for view in keypoints])
    detections = read_detections(tmp_path)
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], keypoints)
    assert (detections.scores == 0.7).all()
    assert detections.views == ("cam1", "cam2")


def test_results_keep_frames_without_people(tmp_path, rng):
    keypoints = bodies(rng, 2, 6)
    entries = [coco(view) for view in keypoints]
    for view in entries:
        del view[3]
    entries[0].append(entries[0][0])
    detections = read_detections(write_results(tmp_path, entries))
    assert detections.timestamps.tolist() == list(range(6))
    assert np.isnan(detections.keypoints2d[:, 3]).all()
    assert detections.keypoints2d.shape[2] == 2


def test_listed_files_keep_their_order(tmp_path, rng):
    keypoints = bodies(rng, 2, 3)
    write_results(tmp_path, [coco(view) for view in keypoints])
    detections = read_detections([tmp_path / "cam2.json", str(tmp_path / "cam1.json")])
    assert detections.views == ("cam2", "cam1")
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], keypoints[::-1])


@pytest.mark.parametrize("wrapped", [True, False])
def test_mmpose_results(tmp_path, rng, wrapped):
    keypoints = bodies(rng, 2, 3)
    views = []
    for view in keypoints:
        frames = [
            {
                "frame_id": f,
                "instances": [
                    {"keypoints": p[:, :2].tolist(), "keypoint_scores": p[:, 2].tolist()}
                ],
            }
            for f, p in enumerate(view)
        ]
        frames[1]["instances"] = []
        views.append({"meta_info": {}, "instance_info": frames} if wrapped else frames)
    detections = read_detections(write_results(tmp_path, views))
    np.testing.assert_array_equal(detections.keypoints2d[:, ::2, 0], keypoints[:, ::2])
    assert np.isnan(detections.keypoints2d[:, 1]).all()


def test_faulty_results(tmp_path, rng):
    entries = [coco(view) for view in bodies(rng, 2, 5)]
    entries[1][2]["keypoints"] = [1.0] * 50
    entries[0][4]["keypoints"] = [1.0] * 30
    detections = read_detections(write_results(tmp_path, entries))
    assert np.isnan(detections.keypoints2d[1, 2]).all()
    assert np.isnan(detections.keypoints2d[0, 4]).all()
    assert len(detections.warnings) == 2
    assert any("entry 2" in warning and "cam2.json" in warning for warning in detections.warnings)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": 1}, "cam1.json is not a list of"),
        ([{"image_id": "front.jpg", "keypoints": []}], "no frame number in 'front.jpg'"),
        ([{"image_id": None}], "no frame number in None"),
        ([{"image_id": 1.5}], "no frame number in 1.5"),
        (openpose_frame(np.ones((17, 3))), "put each view's frames into a sub-folder"),
    ],
)
def test_unknown_results_are_an_error(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read_detections(write_results(tmp_path, [content, content]))


def test_truncated_results_are_an_error(tmp_path, rng):
    write_results(tmp_path, [coco(view) for view in bodies(rng, 2, 5)])
    file = tmp_path / "cam2.json"
    file.write_text(file.read_text()[:-20])
    with pytest.raises(ValueError, match=r"cam2.json is not valid JSON"):
        read_detections(tmp_path)


# DeepLabCut

PARTS = ["snout", "ear", "tail"]


def dlc_table(keypoints, individuals=None):
    """DeepLabCut's table of keypoints (F, J, 3) or (F, P, J, 3)."""
    levels = [["scorer"], PARTS, ["x", "y", "likelihood"]]
    names = ["scorer", "bodyparts", "coords"]
    if individuals:
        levels.insert(1, individuals)
        names.insert(1, "individuals")
    columns = pd.MultiIndex.from_product(levels, names=names)
    return pd.DataFrame(keypoints.reshape(len(keypoints), -1), columns=columns)


def write_table(table, file):
    if file.suffix == ".csv":
        table.to_csv(file)
    else:
        table.to_hdf(file, key="df_with_missing", format="table", mode="w")


@pytest.mark.parametrize("suffix", [".csv", ".h5"])
@pytest.mark.parametrize("individuals", [None, ["one", "two"]])
def test_deeplabcut(tmp_path, rng, suffix, individuals):
    keypoints = bodies(rng, 2, 5, *([2] if individuals else []), joints=3)
    for v, view in enumerate(keypoints):
        write_table(dlc_table(view, individuals), tmp_path / f"cam{v}{suffix}")
    detections = read_detections(tmp_path)
    expected = keypoints if individuals else keypoints[:, :, None]
    np.testing.assert_allclose(detections.keypoints2d, expected, rtol=1e-12)
    assert detections.views == ("cam0", "cam1")


def test_deeplabcut_s_two_files_are_one_view(tmp_path, rng):
    for name in ("cam1", "cam2"):
        table = dlc_table(bodies(rng, 5, joints=3))
        for suffix in (".csv", ".h5"):
            write_table(table, tmp_path / f"{name}{suffix}")
    assert read_detections(tmp_path).views == ("cam1", "cam2")


def test_deeplabcut_fixed_h5(tmp_path, rng):
    keypoints = bodies(rng, 2, 4, joints=3)
    for v, view in enumerate(keypoints):
        dlc_table(view).to_hdf(tmp_path / f"{v}.h5", key="tracks", format="fixed", mode="w")
    np.testing.assert_array_equal(read_detections(tmp_path).keypoints2d[:, :, 0], keypoints)


def test_deeplabcut_gaps_and_other_order(tmp_path, rng):
    keypoints = bodies(rng, 2, 5, joints=3)
    keypoints[0, 2] = np.nan
    write_table(dlc_table(keypoints[0]), tmp_path / "a.csv")
    other = dlc_table(keypoints[1]).reindex(columns=PARTS[::-1], level="bodyparts")
    write_table(other, tmp_path / "b.csv")
    detections = read_detections(tmp_path)
    np.testing.assert_allclose(detections.keypoints2d[:, :, 0], keypoints)


def test_deeplabcut_labels_made_by_hand(tmp_path):
    (tmp_path / "a.csv").write_text(
        "scorer,,,me,me,me,me\nbodyparts,,,snout,snout,tail,tail\ncoords,,,x,y,x,y\n"
        "labeled-data,video,img1.png,1.5,2,,\nlabeled-data,video,img2.png,3,4,5,6\n"
    )
    keypoints = read_detections(tmp_path / "a.csv").keypoints2d[0, :, 0]
    assert keypoints[1].tolist() == [[3, 4, 1], [5, 6, 1]]
    assert keypoints[0, 0].tolist() == [1.5, 2, 1] and np.isnan(keypoints[0, 1]).all()


def test_deeplabcut_lengths(tmp_path, rng):
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file, frames in zip(files, (20, 19), strict=True):
        write_table(dlc_table(bodies(rng, frames, joints=3)), file)
    detections = read_detections(tmp_path)
    assert detections.keypoints2d.shape[1] == 19
    assert any("a 20, b 19" in warning for warning in detections.warnings)
    write_table(dlc_table(bodies(rng, 17, joints=3)), files[1])
    with pytest.raises(ValueError, match=r"more than 10 % \(a 20, b 17\)"):
        read_detections(tmp_path)
    assert read_detections(tmp_path, allow_uneven=True).keypoints2d.shape[1] == 17


def test_deeplabcut_other_parts_or_no_table(tmp_path, rng):
    table = dlc_table(bodies(rng, 3, joints=3))
    write_table(table, tmp_path / "a.csv")
    write_table(table.rename(columns={"ear": "nose"}), tmp_path / "b.csv")
    with pytest.raises(ValueError, match=r"b.csv has the body parts"):
        read_detections(tmp_path)
    three = dlc_table(bodies(rng, 3, joints=3)).rename(columns={"likelihood": "z"})
    write_table(three, tmp_path / "e.csv")
    with pytest.raises(ValueError, match=r"e.csv has the coords \['x', 'y', 'z'\]"):
        read_detections([tmp_path / "e.csv"])
    for name, content in (("c.csv", "1,2\n3,4\n"), ("d.h5", "no table")):
        (tmp_path / name).write_text(content)
        with pytest.raises(ValueError, match=f"{name} is not a table of DeepLabCut"):
            read_detections([tmp_path / name])


# Arrays


def test_npz(tmp_path, rng):
    keypoints = bodies(rng, 2, 4).astype(np.float32)
    file = tmp_path / "a.npz"
    np.savez(
        file,
        keypoints2d=keypoints,
        skeleton="coco17",
        fps=50.0,
        timestamps=np.arange(4) * 20,
        views=["left", "right"],
        sizes=[[1920, 1080], [640, 480]],
    )
    detections = read_detections(file)
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], keypoints)
    assert detections.keypoints2d.dtype == np.float64
    assert (detections.skeleton, detections.fps) == ("coco17", 50)
    assert detections.views == ("left", "right")
    assert detections.sizes == ((1920, 1080), (640, 480))
    assert detections.timestamps.tolist() == [0, 20, 40, 60]


def test_npy_with_people_and_missing(tmp_path, rng):
    keypoints = bodies(rng, 2, 4, 3)
    keypoints[0, 0, 0, 0] = 0
    np.save(tmp_path / "a.npy", keypoints)
    detections = read_detections(tmp_path / "a.npy", skeleton="coco17")
    assert detections.keypoints2d.shape == keypoints.shape
    assert np.isnan(detections.keypoints2d[0, 0, 0, 0]).all()
    assert detections.views == ("view_0", "view_1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": np.zeros(3)}, "holds a: name the keypoints keypoints2d"),
        ({"keypoints2d": np.zeros((2, 3, 17, 2))}, r"shape \(2, 3, 17, 2\)"),
        ({"keypoints2d": np.zeros((0, 3, 17, 3))}, r"shape \(0, 3, 17, 3\)"),
        ({"keypoints2d": np.full((2, 1, 1, 3), "x")}, "are not numbers"),
        ({"keypoints2d": np.array([{}])}, "holds objects"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "timestamps": [1, 2]}, r"timestamps .* \(2,\)"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "timestamps": [1, 3, 2]}, "increase"),
        ({"keypoints2d": np.zeros((2, 3, 4, 3))}, "no view of .* has a person"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "views": ["a", "a"]}, "2 different names"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "fps": 0}, "fps .* above 0"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "skeleton": "coco17"}, "17 keypoints"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "skeleton": "x"}, "is not one of auto"),
    ],
)
def test_npz_of_another_kind(tmp_path, content, message):
    np.savez(tmp_path / "a.npz", **content)
    with pytest.raises(ValueError, match=message):
        read_detections(tmp_path / "a.npz")


def test_damaged_arrays(tmp_path, rng):
    file = tmp_path / "a.npz"
    np.savez(file, keypoints2d=bodies(rng, 2, 4))
    for content in (file.read_bytes()[:-40], b"PK\x03\x04", b"", b"text"):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"a.npz is damaged"):
            read_detections(file)


def test_objects_in_npy_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([Evil()]), allow_pickle=True)
    with pytest.raises(ValueError, match="holds objects"):
        read_detections(tmp_path / "a.npy", allow_pickle=True)
    assert not ran


def test_an_empty_view_of_an_array_is_reported(tmp_path, rng):
    keypoints = bodies(rng, 3, 4)
    keypoints[1], keypoints[2, 3] = 0, np.nan
    file = tmp_path / "a.npz"
    np.savez(file, keypoints2d=keypoints, scores=np.ones((3, 4)))
    detections = read_detections(file)
    (warning,) = detections.warnings
    assert "a.npz: view view_1 has no detection" in warning
    assert np.isfinite(detections.scores[..., 0]).tolist() == [[1] * 4, [0] * 4, [1, 1, 1, 0]]


def test_unknown_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_detections(tmp_path / "nothing")
    with pytest.raises(ValueError, match="holds no keypoints: give"):
        read_detections(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(ValueError, match=r"a.txt has no known form \(.txt\): give"):
        read_detections(tmp_path / "a.txt")
    with pytest.raises(ValueError, match="list of files is empty"):
        read_detections([])


# Pickles

ran = []


def run(*_):
    ran.append(True)
    return np.zeros((2, 3, 17, 3))


class Evil:
    def __reduce__(self):
        return run, ("x",)


class EvilState:
    def __reduce__(self):
        return set, ([],), {"x": Evil()}


def aist_content(rng):
    keypoints = bodies(rng, 3, 4).astype(np.float32)
    return {
        "keypoints2d": keypoints,
        "det_scores": np.asfortranarray(rng.uniform(0, 1, (3, 4))),
        "timestamps": np.arange(4) * 17,
    }


@pytest.mark.parametrize("core", [b"numpy.core", b"numpy._core"])
@pytest.mark.parametrize("protocol", range(6))
def test_aist_pickle(tmp_path, rng, protocol, core):
    content = aist_content(rng)
    data = pickle.dumps(content, protocol=protocol)
    if core == b"numpy.core":
        # From protocol 4 on names have their length before them.
        for module in (b".multiarray", b".numeric"):
            new, old = b"numpy._core" + module, core + module
            data = data.replace(bytes([len(new)]) + new, bytes([len(old)]) + old)
            data = data.replace(b"c" + new, b"c" + old)
        if protocol >= 4:
            data = unframed(data)
        assert b"numpy._core" not in data
    file = tmp_path / "a.pkl"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"a.pkl is a pickle, .* set allow_pickle"):
        read_detections(file)
    detections = read_detections(file, allow_pickle=True)
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], content["keypoints2d"])
    np.testing.assert_array_equal(detections.scores[..., 0], content["det_scores"])
    assert detections.timestamps.tolist() == [0, 17, 34, 51]


def unframed(data):
    """A pickle of protocol 4 or 5 without its frames, whose lengths no longer hold."""
    out, rest = bytearray(data[:2]), data[2:]
    while rest[:1] == b"\x95":
        length = struct.unpack("<Q", rest[1:9])[0]
        out += rest[9 : 9 + length] if length < len(rest) else rest[9:]
        rest = rest[9 + length :] if length < len(rest) else b""
    return bytes(out + rest)


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_survive(protocol):
    values = {
        "a": [1, 2.5, None, True, "ä", b"bytes", b""],
        "b": ({1, 2}, frozenset([3]), 1 + 2j),
        "c": np.float32(3.5),
        "d": np.array(["x", "yz"]),
        "e": np.array([["a", 1], [None, 2.0]], dtype=object),
        "f": np.arange(6, dtype=">i2").reshape(2, 3),
        "g": np.zeros((0, 3)),
        "h": np.array(5.0),
        "i": np.arange(24.0).reshape(2, 3, 4)[:, ::2].transpose(2, 0, 1),
    }
    read = safe_pickle.loads(pickle.dumps(values, protocol=protocol))
    assert read.keys() == values.keys()
    for key in "ab":
        assert read[key] == values[key]
    for key in "cdefghi":
        np.testing.assert_array_equal(read[key], values[key])
        assert read[key].dtype == values[key].dtype


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [
        Evil(),
        EvilState(),
        run,
        eval,
        np.load,
        np.dtype([("a", "f4")]),
        np.zeros(2, dtype=[("a", "f4")]),
        np.array([Evil()], dtype=object),
        np.ma.zeros(3),
        pd.Series([1.0]),
        range(3),
        Camera,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused(tmp_path, value, protocol):
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps({"keypoints2d": value}, protocol=protocol))
    with pytest.raises(ValueError, match=r"a.pkl is not a pickle of numpy arrays and containers"):
        read_detections(file, allow_pickle=True)
    assert not ran


def forged(*parts):
    return b"\x80\x02" + b"".join(parts) + b"."


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"(S'true'\nios\nsystem\n.",
        b"cbuiltins\nexec\n(S'x=1'\ntR.",
        b"cbuiltins\ngetattr\n.",
        forged(b"cnumpy\nload\n"),
        forged(b"cnumpy.core.multiarray\nfromfile\n"),
        forged(b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x0a\x00\x00\x00zlib_codect", b"R"),
        forged(b"cbuiltins\nbytes\nJ\xff\xff\xff\x7f\x85R"),
        forged(b"\x82\x01"),
        forged(b"X\x01\x00\x00\x00aQ"),
        # An object data type under another name, and an array that claims more than it has.
        forged(b"cnumpy\ndtype\nX\x02\x00\x00\x00V8\x85R"),
        forged(
            b"cnumpy.core.multiarray\n_reconstruct\n)R(K\x01(J\xff\xff\xff\x7ft",
            b"cnumpy\ndtype\nX\x02\x00\x00\x00f8\x85R\x89U\x08abcdefghtb",
        ),
        # A function's attributes, a container in itself, a memo index of 2 thousand million.
        forged(b"cbuiltins\nset\n}U\x01aK\x01sb"),
        b"\x80\x02]q\x00h\x00a.",
        b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"",
        b"\x80\x09.",
        b"not a pickle",
    ],
)
def test_forged_pickles_are_refused(tmp_path, data):
    file = tmp_path / "a.pkl"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"a.pkl is not a pickle of numpy arrays"):
        read_detections(file, allow_pickle=True)


def test_small_pickles_stay_small():
    """Neither a far memo index nor lists of lists of the same list take memory or time."""
    assert safe_pickle.loads(b"\x80\x02K\x01r\xff\xff\xff\x7f.") == 1
    tracemalloc.start()
    far = b"\x80\x05\x96" + struct.pack("<Q", 2**30) + b"short"
    with pytest.raises(pickle.UnpicklingError):
        safe_pickle.loads(far)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    nested = []
    for _ in range(60):
        nested = [nested, nested]
    assert len(safe_pickle.loads(pickle.dumps(nested))) == 2


def test_large_pickles_are_refused(tmp_path, monkeypatch, rng):
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps(aist_content(rng)))
    monkeypatch.setattr(safe_pickle, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="more than the 100"):
        read_detections(file, allow_pickle=True)


@pytest.mark.parametrize("where", ["attribute", "object"])
def test_pickles_inside_h5_are_refused(tmp_path, rng, where):
    file = tmp_path / "a.h5"
    if where == "attribute":
        write_table(dlc_table(bodies(rng, 4, joints=3)), file)
        with tables.open_file(str(file), "a") as handle:
            handle.root.df_with_missing._v_attrs.info = Evil()
    else:
        table = dlc_table(bodies(rng, 4, joints=3))
        table.index = pd.Index([Evil() for _ in range(4)])
        with pytest.warns():
            table.to_hdf(file, key="x", format="fixed", mode="w")
    with pytest.raises(ValueError, match=r"a.h5 is not a table of DeepLabCut"):
        read_detections([file])
    assert not ran
