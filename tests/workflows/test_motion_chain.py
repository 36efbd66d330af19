"""The motion chain: command and library, on a capture whose truth is known and on real files."""

import json
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from development.demo.motion import measure
from development.synthetic.body_capture import make_capture, write_video
from development.synthetic.capture import CLEAN, detect, stick_dancer, studio
from infer_multiview_triangulation.multiview_files import write_cameras_json
from infer_smpl_fit.ports import Output
from plugin_kit.keypoints.c3d_files import read_c3d
from plugin_kit.keypoints.csv_files import read_csv
from plugin_kit.keypoints.trc_files import read_trc
from tests.conftest import REPOSITORY
from tests.fresh_process import run_script
from workflows.media.video_writer import VideoSink
from workflows.motion import MotionOptions, main, motion_workflow, parse_arguments, run_motion
from workflows.motion.options import in_options
from workflows.motion.report import WHAT

FRAMES = 30


@pytest.fixture(scope="module")
def capture():
    return make_capture(FRAMES, seed=31)


@pytest.fixture(scope="module")
def files(capture, tmp_path_factory):
    folder = tmp_path_factory.mktemp("capture")
    np.savez(
        folder / "keypoints2d.npz", keypoints2d=capture.keypoints2d, skeleton="body25", fps=60.0
    )
    write_cameras_json(folder / "cameras.json", capture.cameras)
    return folder


@pytest.fixture(scope="module")
def finished(files, capture, tmp_path_factory):
    output = tmp_path_factory.mktemp("motion") / "new" / "folder"
    write_video(files / "c01.mp4", capture)
    report = run_motion(
        MotionOptions(
            files / "keypoints2d.npz",
            output,
            files / "cameras.json",
            (files / "c01.mp4",),
            {"units": "cm"},
            has_viewer=False,
        )
    )
    return output, report


def test_every_promised_file_is_written(finished):
    output, report = finished
    # Of videos alone, and with viser alone.
    assert set(report.files) == set(WHAT) - {"keypoints2d.npz", "motion.html"}
    written = json.loads((output / "report.json").read_text())
    assert written["reconstruction"]["frames"] == FRAMES
    assert written["fit"]["body"] == "built-in body"
    assert not list(output.glob(".*"))


def test_errors_against_the_truth_are_small(finished, capture):
    errors = dict(measure(capture, finished[0], is_aligned=False))
    assert float(errors["3D keypoints, optimised"].split()[0]) < 0.9
    assert float(errors["joints of the fitted body"].split()[0]) < 1.2
    assert float(errors["joint rotations"].rstrip("°")) < 10


def test_preview_lasts_as_long_as_the_motion(finished):
    with av.open(str(finished[0] / "preview.mp4")) as container:
        stream = container.streams.video[0]
        count = sum(1 for _ in container.decode(stream))
        assert count / stream.average_rate == pytest.approx(FRAMES / 60, abs=0.05)
        assert stream.width == 3 * 640


def test_keypoints_file_says_what_it_holds(finished):
    with np.load(finished[0] / "keypoints3d.npz", allow_pickle=False) as stored:
        assert stored["keypoints3d_optim"].shape == (FRAMES, 25, 3)
        assert stored["mask"].dtype == np.uint8
        assert str(stored["units"]) == "cm"
        assert str(stored["skeleton"]) == "body25"


def test_without_cameras_they_are_estimated_and_that_is_said(tmp_path):
    nine, some = make_capture(45, seed=31), tmp_path / "keypoints2d.npz"
    capture = replace(nine, cameras=nine.cameras[::2], keypoints2d=nine.keypoints2d[::2])
    np.savez(some, keypoints2d=capture.keypoints2d, skeleton="body25", fps=60.0)
    options = MotionOptions(
        some,
        tmp_path / "out",
        None,
        (),
        {"units": "cm", "scale": f"height:{100 * 1.7}"},
        has_preview=False,
        has_viewer=False,
    )
    report = run_motion(options)
    assert any("estimated" in warning for warning in report.warnings)
    errors = dict(measure(capture, tmp_path / "out", is_aligned=True))
    assert float(errors["3D keypoints, optimised"].split()[0]) < 8


def test_rates_and_numbers_reach_every_file(files, capture, tmp_path):
    """OpenPose tells no rate: the video's is taken; its frames begin with number 40."""
    for view, frames in enumerate(np.nan_to_num(capture.keypoints2d[:, :12])):
        folder = tmp_path / "pose" / f"c{view + 1:02d}"
        folder.mkdir(parents=True)
        for index, person in enumerate(frames.reshape(12, -1, 3)):
            people = [{"pose_keypoints_2d": person.ravel().tolist()}]
            name = f"view_{40 + index:012d}_keypoints.json"
            (folder / name).write_text(json.dumps({"people": people}))
    with VideoSink(tmp_path / "c01.mp4", 320, 180, Fraction(30), Fraction(1, 30)) as sink:
        for index in range(60):
            sink.write(np.full((180, 320, 3), 3 * index, np.uint8), index)
    output = tmp_path / "out"
    run_motion(
        MotionOptions(
            tmp_path / "pose",
            output,
            files / "cameras.json",
            (tmp_path / "c01.mp4",),
            {"units": "cm", "skeleton": "body25"},
            has_viewer=False,
        )
    )
    for name, read in (("trc", read_trc), ("csv", read_csv), ("c3d", read_c3d)):
        read_back = read(output / f"keypoints3d.{name}")
        assert (read_back.first_frame, read_back.fps) == (40, pytest.approx(30, rel=1e-4))
    assert read_trc(output / "motion.trc").first_frame == 40
    assert "Frame Time: 0.033333333" in (output / "motion.bvh").read_text()
    with av.open(str(output / "preview.mp4")) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(shown) == 12
    # The video's own panel comes first; its commonest grey tells which frame it shows.
    for index in (0, 11):
        greys = np.bincount(shown[index][:, :640].ravel(), minlength=256)[:235]
        assert greys.argmax() == pytest.approx(3 * (40 + index), abs=6)


def test_another_detector_folder_and_coco18_reach_the_body(tmp_path):
    points = stick_dancer(20, "coco18", seed=41)
    cameras = studio((1, 3, 5, 7), seed=41)
    seen = detect(points, cameras, "coco18", CLEAN, seed=41)
    for view, frames in enumerate(seen):
        folder = tmp_path / "pose" / f"view{view + 1}"
        folder.mkdir(parents=True)
        for index, person in enumerate(np.nan_to_num(frames)):
            people = [{"pose_keypoints_2d": person.ravel().tolist()}]
            name = f"view_{index:012d}_keypoints.json"
            (folder / name).write_text(json.dumps({"people": people}))
    write_cameras_json(tmp_path / "cameras.json", cameras)
    report = run_motion(
        MotionOptions(
            tmp_path / "pose",
            tmp_path / "out",
            tmp_path / "cameras.json",
            has_preview=False,
            has_viewer=False,
        )
    )
    assert report.reconstruction["skeleton"] == "coco18"
    assert report.fit["convention"] == "body25"
    assert report.reconstruction["quality"]["reprojection_median"] < 0.5


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--keypoints", "nowhere"], "there is no nowhere"),
        (["--keypoints", "{npz}", "--cameras", "none.toml"], "there is no none.toml"),
        (["--keypoints", "{npz}", "--skeleton", "coco17"], "coco17 has 17 keypoints"),
        (["--keypoints", "{npz}", "--scale", "height:tall"], "does not end in a length"),
        (["--keypoints", "{npz}", "--body", "none.pkl"], "none.pkl"),
        (["--keypoints", "{npz}", "--min-confidence", "1"], "--min-confidence"),
    ],
)
def test_errors_of_the_command_are_one_line(arguments, text, files, tmp_path, capsys):
    given = [part.replace("{npz}", str(files / "keypoints2d.npz")) for part in arguments]
    if "--cameras" not in given:
        given += ["--cameras", str(files / "cameras.json")]
    assert main([*given, "--output", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("Error: ")
    assert text in error
    assert not list((tmp_path / "out").glob("motion.*"))


def test_a_body_or_an_output_that_cannot_be_is_found_before_the_work(files, tmp_path, monkeypatch):
    def never(*_arguments):
        raise AssertionError("the work was started")

    monkeypatch.setattr("workflows.motion.run.motion_workflow", never)
    (tmp_path / "out" / "motion.glb").mkdir(parents=True)
    for fit, text in (({"model_file": "none.pkl"}, "none.pkl"), ({}, "motion.glb is a folder")):
        options = MotionOptions(files / "keypoints2d.npz", tmp_path / "out", fit=fit)
        with pytest.raises((ValueError, FileNotFoundError), match=text):
            run_motion(options)


def test_what_is_up_is_told_once(capsys):
    given = ["--keypoints", "a", "--output", "b"]
    assert parse_arguments([*given, "--up-axis=-y"]).up_axis == "-y"
    with pytest.raises(SystemExit):
        parse_arguments([*given, "--up", "z", "--up-axis", "y"])
    assert "--up z turns the world" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lower min_confidence", "lower --min-confidence"),
        ("(set sync=auto to correct it)", "(set --sync auto to correct it)"),
        ("no frame rate is told: set fps", "no frame rate is told: set --fps"),
        ("set up_axis if it lies; up_axis=keep", "set --up-axis if it lies; --up keep"),
        ("the confidence of my_units=3 is low", "the confidence of my_units=3 is low"),
    ],
)
def test_messages_name_the_commands_options(text, words):
    assert in_options(text) == words


def test_library_workflow_hands_out_its_arrays(files):
    workflow = motion_workflow(
        {"keypoints_path": files / "keypoints2d.npz", "cameras_path": files / "cameras.json"}
    )
    workflow.run()
    fit = workflow.find_task("infer_smpl_fit", 0)
    poses = fit.get_output(Output.POSES).get_array()
    assert poses.shape == (FRAMES, 24, 3)
    assert np.isfinite(poses).all()


def test_saved_workflow_loads_and_runs_in_a_fresh_process(files):
    script = f"""
from workflows.plugins import load_plugin
from ikomia.dataprocess.workflow import Workflow
for name in ("infer_multiview_triangulation", "infer_smpl_fit"):
    load_plugin(name)
workflow = Workflow("loaded")
workflow.load("workflows/saved/motion.json")
print(sorted(workflow.get_exposed_parameters()))
first = workflow.find_task("infer_multiview_triangulation", 0)
first.set_parameters({{"keypoints_path": {str(files / "keypoints2d.npz")!r},
                       "cameras_path": {str(files / "cameras.json")!r}}})
workflow.run()
print(workflow.find_task("infer_smpl_fit", 0).get_output(0).get_array().shape)
"""
    status, output = run_script(script, REPOSITORY)
    assert status == 0, output
    assert "body_model" in output
    assert f"({FRAMES}, 24, 3)" in output


@pytest.mark.parametrize(
    ("trial", "mode", "pixels", "left_out"),
    [
        ("S00_P00_T00_StaticTrial", "triangulate", 20, 25),
        ("S00_P00_T01_BalancingTrial", "refine_cameras", 7.2, 13.2),
    ],
)
def test_real_trials_run_and_keep_their_figures(shared, tmp_path, trial, mode, pixels, left_out):
    data = shared / "data" / "pose2sim_demo_single"
    report = run_motion(
        MotionOptions(
            data / trial / "pose",
            tmp_path,
            data / "Calib_qualisys.toml",
            (),
            {"skeleton": "body25b", "mode": mode, "min_confidence": 0.3},
            has_preview=False,
            has_viewer=False,
        )
    )
    quality = report.reconstruction["quality"]
    assert quality["reprojection_median"] <= pixels
    assert quality["left_out_median"] <= left_out
    assert report.fit["residual_mean_mm"] < 12
    assert report.fit["valid_share"] == 1
