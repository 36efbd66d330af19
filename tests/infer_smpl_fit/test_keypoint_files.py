"""Files of 3D keypoints: every form, and what a user is told of a bad one."""

import logging
import pickle

import numpy as np
import pytest

from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.multiview_geometry.skeletons import SKELETONS
from infer_smpl_fit.keypoint_files import read_keypoints
from infer_smpl_fit.keypoint_names import Keypoints3D, resolved
from infer_smpl_fit.smpl_body.builtin import builtin_body
from infer_smpl_fit.smpl_body.conventions import CONVENTIONS
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.research_files import write_trc as write_body_trc

POSE2SIM = "data/pose2sim_demo_single/S00_P00_T00_StaticTrial/pose-3d"
POINTS = np.random.default_rng(1).normal(0, 1, (4, 17, 3)).round(4)
POINTS[1, 3] = np.nan
COCO = CONVENTIONS["coco17"].keypoints
WRITERS = {".trc": files.write_trc, ".c3d": files.write_c3d, ".csv": files.write_csv}
text_forms = pytest.mark.parametrize("suffix", WRITERS)


def read(path, allow_pickle=False, convention="auto"):
    given = read_keypoints(str(path), allow_pickle)
    keypoints, found = resolved(given, convention)
    return given, keypoints.points, found


def named(names, points=None, skeleton=None):
    if points is None:
        points = np.arange(3.0 * len(names)).reshape(1, -1, 3)
    return Keypoints3D(points, tuple(names), skeleton, None, None, "input 0")


# What this suite writes


def npz_of(path, **changed):
    data = {
        "keypoints3d": POINTS + 1,
        "keypoints3d_optim": POINTS,
        "fps": np.float64(50),
        "skeleton": np.str_("coco17"),
        "joints": np.array(COCO),
        "units": np.str_("cm"),
    }
    files.write_npz(path, {k: v for k, v in (data | changed).items() if v is not None})
    return path


def test_npz_of_the_triangulation(tmp_path):
    given, points, convention = read(npz_of(tmp_path / "a.npz"))
    np.testing.assert_array_equal(points, POINTS)
    assert (convention, given.units, given.fps) == ("coco17", "cm", 50)


def test_npz_with_next_to_nothing(tmp_path):
    nothing = dict.fromkeys(("keypoints3d_optim", "fps", "skeleton", "joints", "units"))
    given, points, convention = read(npz_of(tmp_path / "a.npz", **nothing), convention="h36m17")
    np.testing.assert_array_equal(points, POINTS + 1)
    assert (convention, given.units, given.fps) == ("h36m17", None, None)


def test_npz_whose_timestamps_are_seconds_tells_its_rate(tmp_path):
    stamps = 2.0 + 0.02 * np.arange(len(POINTS))
    given, _, _ = read(npz_of(tmp_path / "a.npz", fps=None, timestamps=stamps))
    assert (given.fps, given.first_frame) == (pytest.approx(50), 100)


def test_npz_of_18_points_goes_by_names(tmp_path):
    joints = SKELETONS["coco18"].joints
    points = np.random.default_rng(2).normal(0, 1, (3, 18, 3))
    path = npz_of(
        tmp_path / "a.npz", keypoints3d_optim=points, skeleton="coco18", joints=np.array(joints)
    )
    _, found, convention = read(path)
    assert convention == "body25"
    keypoints = CONVENTIONS[convention].keypoints
    for name in joints:
        np.testing.assert_array_equal(
            found[:, keypoints.index(name)], points[:, joints.index(name)]
        )
    assert np.isnan(found[:, keypoints.index("left_heel")]).all()


@text_forms
def test_files_of_the_triangulation(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, files.Trajectories(POINTS, COCO, 29.97, "mm"))
    given, points, convention = read(path)
    np.testing.assert_allclose(points, POINTS, rtol=1e-6)
    assert (convention, given.units) == ("coco17", "mm")
    assert given.fps == pytest.approx(29.97, abs=1e-3)


@text_forms
def test_one_frame(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, files.Trajectories(POINTS[:1], COCO, 50, "m"))
    given, points, _ = read(path)
    np.testing.assert_allclose(points, POINTS[:1], rtol=1e-6)
    assert given.fps in (50, None)


@text_forms
@pytest.mark.parametrize("name", ["body25", "body25b"])
def test_two_skeletons_of_25_are_told_apart_by_names(tmp_path, suffix, name):
    points = np.random.default_rng(3).normal(0, 1, (2, 25, 3))
    given = files.Trajectories(points, SKELETONS[name].joints, 50, "m")
    WRITERS[suffix](tmp_path / f"a{suffix}", given)
    _, found, convention = read(tmp_path / f"a{suffix}")
    assert convention == name
    np.testing.assert_allclose(found, points, rtol=1e-6)


def test_fits_own_trc_comes_back_whole(tmp_path):
    model = builtin_body()
    motion = BodyMotion(np.zeros((2, 24, 3)), np.zeros((2, 3)), np.zeros(10))
    write_body_trc(tmp_path / "motion.trc", motion, model)
    given, points, convention = read(tmp_path / "motion.trc")
    assert (convention, given.units) == ("smpl24", "mm")
    np.testing.assert_allclose(points, 1000 * motion.joint_places(model), atol=1e-5)


# What others write


@pytest.mark.parametrize("pickled", [files.write_aist_pickle, None])
def test_pickle_of_aist_is_read_when_allowed(tmp_path, pickled):
    path = tmp_path / "gBR.pkl"
    if pickled:
        pickled(path, POINTS + 1, POINTS)
    else:
        path.write_bytes(pickle.dumps({"keypoints3d": POINTS}, protocol=5))
    given, points, convention = read(path, allow_pickle=True, convention="coco17")
    np.testing.assert_array_equal(points, POINTS)
    assert (convention, given.units, given.fps) == ("coco17", None, None)


def test_pickle_is_refused_unless_allowed(tmp_path):
    files.write_aist_pickle(tmp_path / "a.pkl", POINTS, POINTS)
    with pytest.raises(ValueError, match=r"a\.pkl is a pickle: set allow_pickle to True"):
        read(tmp_path / "a.pkl")


class Malicious:
    def __reduce__(self):
        return print, ("it ran",)


def test_pickle_that_runs_something_is_refused(tmp_path, capsys):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"keypoints3d": Malicious()}))
    with pytest.raises(ValueError, match=r"a\.pkl was not read, for safety.*builtins\.print"):
        read(tmp_path / "a.pkl", allow_pickle=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("ending", ["0-12", "0-12_filt_butterworth", "0-12_filt_butterworth_LSTM"])
def test_trc_of_pose2sim(shared, ending):
    given, points, convention = read(shared / POSE2SIM / f"S00_P00_T00_StaticTrial_{ending}.trc")
    assert (convention, given.units, given.fps) == ("body25b", "m", 60)
    keypoints = CONVENTIONS["body25b"].keypoints
    assert points.shape == (12, 25, 3)
    unseen = {k for i, k in enumerate(keypoints) if np.isnan(points[:, i]).all()}
    assert unseen == {"left_eye", "right_eye", "left_ear", "right_ear"}
    ankle, knee = (points[:, keypoints.index(f"left_{name}")] for name in ("ankle", "knee"))
    assert 0.3 < np.linalg.norm(ankle - knee, axis=1).mean() < 0.5


def test_csv_of_a_spreadsheet(tmp_path):
    columns = [f"{name}_{axis}" for name in COCO for axis in "XYZ"]
    rows = [",".join(columns)] + [",".join(map(str, row)) for row in POINTS.reshape(4, -1)]
    text = "# made by hand\n" + "\n".join(rows).replace("nan", "") + "\n\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8-sig")
    given, points, convention = read(tmp_path / "a.csv")
    np.testing.assert_array_equal(points, POINTS)
    assert (convention, given.units, given.fps) == ("coco17", None, None)


def test_unit_of_another_world_is_guessed_and_said(tmp_path, caplog):
    path = tmp_path / "a.trc"
    files.write_trc(path, files.Trajectories(POINTS, COCO, 50, "m"))
    path.write_text(path.read_text().replace("\t17\tm\t", "\t17\tinches\t"))
    with caplog.at_level(logging.WARNING):
        assert read(path)[0].units is None
    assert "a.trc is in 'inches'" in caplog.text


# Bad files


def test_missing_file_and_unknown_ending(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*a\.npz: keypoints_path takes .*\.trc"):
        read_keypoints(str(tmp_path / "a.npz"), False)
    (tmp_path / "a.bvh").write_text("HIERARCHY")
    with pytest.raises(ValueError, match=r"a\.bvh ends in '\.bvh'; .*\.npz, \.pkl, \.trc"):
        read_keypoints(str(tmp_path / "a.bvh"), False)


@pytest.mark.parametrize("suffix", [".npz", ".pkl", ".trc", ".c3d", ".csv"])
@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04nonsense\n\n\n\n" * 200, b"PK\x03\x04", b"1" * 200_000]
)
def test_nonsense_is_named(tmp_path, suffix, content):
    (tmp_path / f"a{suffix}").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\{suffix} .*: export it again"):
        read_keypoints(str(tmp_path / f"a{suffix}"), True)


def test_npy_under_another_name(tmp_path):
    with (tmp_path / "a.npz").open("wb") as handle:
        np.save(handle, POINTS)
    with pytest.raises(ValueError, match="one array without a name"):
        read_keypoints(str(tmp_path / "a.npz"), False)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"keypoints3d": None, "keypoints3d_optim": None}, "holds fps, .*keypoints3d is needed"),
        ({"keypoints3d_optim": POINTS[0]}, r"keypoints3d_optim is \(17, 3\); \(F, J, 3\)"),
        ({"keypoints3d_optim": POINTS[:0]}, "holds no frames"),
    ],
)
def test_npz_without_trajectories(tmp_path, changed, text):
    with pytest.raises(ValueError, match=text):
        read_keypoints(str(npz_of(tmp_path / "a.npz", **changed)), False)


@pytest.mark.parametrize("suffix", [".trc", ".c3d"])
def test_cut_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, files.Trajectories(np.tile(POINTS, (20, 1, 1)), COCO, 50, "m"))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.6)])
    with pytest.raises(ValueError, match=f"a{suffix} is not a whole {suffix} file"):
        read_keypoints(str(path), False)


def test_trc_with_a_nameless_marker_is_refused(tmp_path):
    path = tmp_path / "a.trc"
    files.write_trc(path, files.Trajectories(POINTS, COCO, 50, "m"))
    path.write_text(path.read_text().replace("left_eye", "", 1))
    with pytest.raises(ValueError, match="17 markers are announced, 16 are named"):
        read_keypoints(str(path), False)


@pytest.mark.parametrize(
    "header", ["nose,left_eye,right_eye", "nose_x,left_eye_x,nose_y,left_eye_y,nose_z,left_eye_z"]
)
def test_csv_of_another_form_is_refused(tmp_path, header):
    (tmp_path / "a.csv").write_text(f"{header}\n1,2,3,4,5,6\n")
    with pytest.raises(ValueError, match=r"a\.csv is not .*NAME_x, NAME_y, NAME_z"):
        read_keypoints(str(tmp_path / "a.csv"), False)
