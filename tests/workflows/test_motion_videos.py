"""The motion command from videos: drawn people are found, and what is given is looked at first."""

import json
from fractions import Fraction

import numpy as np
import pytest

from development.synthetic.filmed import film, write_videos
from infer_multiview_triangulation.multiview_files import write_cameras_json
from infer_multiview_triangulation.multiview_geometry import Camera
from plugin_kit.keypoints.trc_files import read_trc
from workflows.media.video_writer import VideoSink
from workflows.motion import main, parse_arguments
from workflows.motion.command import options_of
from workflows.motion.footage import Footage
from workflows.motion.marker_names import opensim_names
from workflows.motion.options import MotionOptions, parsed_parameters
from workflows.motion.views import camera_videos

FRAMES, FPS = 8, 15


@pytest.fixture(scope="module")
def take(tmp_path_factory):
    """A short take of three cameras, of which the calibration knows a fourth."""
    folder = tmp_path_factory.mktemp("take")
    filmed = film(FRAMES, fps=FPS, height=480, views=3)
    write_videos(folder / "videos", filmed)
    other = Camera("cam9", (480, 480), np.eye(3), np.zeros(5), np.zeros(3), np.zeros(3))
    write_cameras_json(folder / "calibration.json", [other, *filmed.cameras[::-1]])
    return folder, filmed


@pytest.fixture(scope="module")
def finished(take, tmp_path_factory):
    """The output of the command."""
    folder, _ = take
    output = tmp_path_factory.mktemp("motion")
    arguments = [str(folder / "videos"), "--cameras", str(folder / "calibration.json")]
    given = ["--output", str(output), "--names", "opensim", "--save-masks", "--units", "cm"]
    assert main([*arguments, *given, "--set", "infer_people.track_crops=False"]) == 0
    return output


def test_people_of_videos_are_where_they_were_drawn(take, finished):
    with np.load(finished / "keypoints3d.npz") as stored:
        points, names = stored["keypoints3d_optim"], list(stored["joints"])
    errors = np.linalg.norm(points - take[1].keypoints[0], axis=2)
    assert points.shape == (FRAMES, 17, 3)
    assert np.nanmedian(errors) < 3
    hips = [names.index("left_hip"), names.index("right_hip")]
    assert np.nanmedian(errors[:, hips]) < 7


def test_what_is_found_is_kept_and_told(finished):
    report = json.loads((finished / "report.json").read_text())
    assert list(report["seconds"])[:4] == ["people", "triangulation", "body fit", "preview"]
    assert "there is no video of camera cam9: left out" in report["noticed"]
    assert [camera["name"] for camera in report["reconstruction"]["cameras"]] == [
        "cam1",
        "cam2",
        "cam3",
    ]
    with np.load(finished / "keypoints2d.npz") as stored:
        assert stored["keypoints2d"].shape[:2] == (3, FRAMES)
        assert stored["views"].tolist() == ["cam1", "cam2", "cam3"]
    assert (finished / "people" / "masks" / "cam2.mkv").is_file()
    assert {"overlay.png", "preview.mp4", "motion.glb"} <= set(report["files"])


def test_markers_bear_opensims_names(finished):
    assert read_trc(finished / "keypoints3d.trc").names[5:8] == ("LShoulder", "RShoulder", "LElbow")


def test_a_second_run_looks_for_nobody(take, finished, monkeypatch):
    def never(*_arguments):
        raise AssertionError("people were looked for again")

    monkeypatch.setattr("infer_people.people_finding.PeopleFinder.__call__", never)
    monkeypatch.setattr("workflows.motion.run.write_preview", lambda *_given, **_named: None)
    folder, _ = take
    arguments = [str(folder / "videos"), "--cameras", str(folder / "calibration.json")]
    given = ["--output", str(finished), "--save-masks", "--set", "infer_people.track_crops=False"]
    assert main([*arguments, *given]) == 0


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Videos of 64x48 whose frame n is of brightness 20 n."""
    folder = tmp_path_factory.mktemp("tiny")
    for name, frames, rate in (("take2_cam_01", 6, 10), ("take2_cam_02", 9, 10)):
        path = folder / f"{name}.mp4"
        with VideoSink(path, 64, 48, Fraction(rate), Fraction(1, rate)) as sink:
            for index in range(frames):
                sink.write(np.full((48, 64, 3), 20 * index, np.uint8), index)
    return folder


def calibration(folder, names, size=(64, 48)):
    """A calibration of so many cameras; the focal length of the n-th is 100 + n."""
    cameras = [
        Camera(name, size, np.diag([100.0 + n, 100, 1]), np.zeros(5), np.zeros(3), np.zeros(3))
        for n, name in enumerate(names)
    ]
    write_cameras_json(folder / "calibration.json", cameras)
    return folder / "calibration.json"


@pytest.mark.parametrize(
    ("names", "focal", "told"),
    [
        (["take2_cam_02", "take2_cam_01"], [101, 100], ""),
        (["cam3", "Cam2", "Cam1"], [102, 101], "no video of camera cam3"),
        (["left", "right"], [100, 101], "take2_cam_01 = left, take2_cam_02 = right"),
    ],
)
def test_videos_find_their_cameras_by_name(tiny, tmp_path, names, focal, told):
    videos = camera_videos([tiny], calibration(tmp_path, names))
    assert [camera.matrix[0, 0] for camera in videos.cameras] == focal
    assert [camera.name for camera in videos.cameras] == ["take2_cam_01", "take2_cam_02"]
    assert told in " ".join(videos.warnings)
    assert "differ in length" in videos.warnings[0]


@pytest.mark.parametrize(
    ("names", "size", "text"),
    [
        (["cam1", "cam3"], (64, 48), "take2_cam_02 cannot be told .* give each video its camera's"),
        (["a", "b", "c"], (64, 48), "whose cameras are a, b, c"),
        (["cam1", "cam2"], (48, 64), "take2_cam_01.mp4 is 64x48, and .* says 48x64"),
    ],
)
def test_videos_without_a_camera_of_theirs_are_refused(tiny, tmp_path, names, size, text):
    with pytest.raises(ValueError, match=text):
        camera_videos([tiny], calibration(tmp_path, names, size))


def test_one_camera_is_not_enough(tiny):
    with pytest.raises(ValueError, match="two or more cameras"):
        camera_videos([tiny / "take2_cam_01.mp4"], None)


@pytest.mark.parametrize(
    ("fps", "begin", "moments", "shown"),
    [
        (None, 0, range(0, 8, 3), [0, 3, None]),
        (None, 2, range(0, 4), [2, 3, 4, 5]),
        (None, -1, range(0, 3), [None, 0, 1]),
        (20.0, 0, range(0, 12, 3), [0, 1, 3, 4]),
    ],
)
def test_footage_shows_the_frame_of_the_moment(tiny, fps, begin, moments, shown):
    pictures = Footage(tiny / "take2_cam_01.mp4", fps, begin).pictures(moments)
    frames = [None if picture is None else round(picture.mean() / 20) for picture in pictures]
    assert frames == shown


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "give VIDEOS"),
        (["a", "--keypoints", "b"], "leave one out"),
        (["a", "--video", "b"], "leave --video out"),
        (["--keypoints", "b", "--backend", "rtmpose"], "--backend is for VIDEOS"),
        (["a", "--set", "smooth=2"], "is not TASK.NAME=VALUE"),
        (["a", "--set", "infer_rvm.device=cpu"], "there is no task infer_rvm"),
        (["a", "--set", "infer_people.output_folder=b"], "give it as --output"),
    ],
)
def test_what_says_nothing_or_twice_is_refused(arguments, text, capsys):
    with pytest.raises(SystemExit):
        parse_arguments([*arguments, "--output", "out"])
    assert text in capsys.readouterr().err


def test_options_reach_their_tasks(tmp_path):
    given = ["a", "--output", "o", "--person", "all", "--smooth", "3", "--max-offset", "9"]
    given += ["--objective", "aist", "--engine", "aniposelib", "--sync", "auto", "--max-people"]
    given += ["2", "--input-size", "768", "--backend", "rtmpose", "--save-masks"]
    given += ["--set", "infer_smpl_fit.smooth=2", "--set", "infer_people.model_name=rtmpose-m-feet"]
    options = options_of(parse_arguments(given))
    triangulation = options.triangulation_parameters
    wanted = {"person": "all", "smooth": "3", "max_offset": 9, "objective": "aist", "sync": "auto"}
    assert wanted.items() <= triangulation.items()
    assert (triangulation["engine"], triangulation["skeleton"]) == ("aniposelib", "known")
    people = options.people_parameters(tmp_path)
    # That network finds feet.
    assert (people["skeleton"], people["max_people"], people["input_size"]) == ("body25", 2, 768)
    assert (people["backend"], people["masks"], people["videos_path"]) == ("rtmpose", True, "a")
    assert options.fit_parameters["smooth"] == "2"


def test_a_task_judges_names_that_are_set(take, tmp_path, capsys):
    folder, _ = take
    given = [str(folder / "videos"), "--output", str(tmp_path), "--set", "infer_smpl_fit.smoth=2"]
    assert main(given) == 1
    assert "smoth" in capsys.readouterr().err
    assert not (tmp_path / "people").exists()


def test_skeletons_that_no_network_here_has_are_refused(tmp_path):
    options = MotionOptions(None, tmp_path, triangulation={"skeleton": "halpe26"})
    with pytest.raises(ValueError, match="choose coco17 or body25"):
        options.people_parameters(tmp_path)


def test_parameters_keep_everything_behind_the_first_equals_sign():
    parsed = parsed_parameters(["infer_multiview_triangulation.scale=distance:a,b,4=2"])
    assert parsed["infer_multiview_triangulation"] == {"scale": "distance:a,b,4=2"}


@pytest.mark.parametrize(
    ("skeleton", "joints", "names"),
    [
        ("body25", ["neck", "mid_hip", "right_small_toe"], ["Neck", "CHip", "RSmallToe"]),
        ("halpe26", ["upper_neck", "head_top", "mid_hip"], ["Neck", "Head", "Hip"]),
    ],
)
def test_names_are_those_of_pose2sims_models(skeleton, joints, names):
    assert opensim_names(joints, skeleton) == names
