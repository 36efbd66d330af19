"""The motion chain: command and library, on a capture whose truth is known and on real files."""

import json
import subprocess
import sys

import av
import numpy as np
import pytest

from infer_multiview_triangulation.multiview_files import write_cameras_json
from tests.conftest import REPOSITORY
from workflows.motion import main, motion_workflow
from workflows.motion_chain import WHAT, MotionOptions, run_motion
from workflows.motion_demo import make_capture, measure, write_video
from workflows.synthetic_capture import CLEAN, detect, stick_dancer, studio

FRAMES = 60


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
        )
    )
    return output, report


def test_every_promised_file_is_written(finished):
    output, report = finished
    assert set(report.files) == set(WHAT)
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


def test_without_cameras_they_are_estimated_and_that_is_said(files, tmp_path, capture):
    options = MotionOptions(
        files / "keypoints2d.npz",
        tmp_path,
        None,
        (),
        {"units": "cm", "scale": f"height:{100 * 1.7}"},
        has_preview=False,
    )
    report = run_motion(options)
    assert any("estimated" in warning for warning in report.warnings)
    errors = dict(measure(capture, tmp_path, is_aligned=True))
    assert float(errors["3D keypoints, optimised"].split()[0]) < 8


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
            tmp_path / "pose", tmp_path / "out", tmp_path / "cameras.json", has_preview=False
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


def test_library_workflow_hands_out_its_arrays(files):
    workflow = motion_workflow(
        {"keypoints_path": files / "keypoints2d.npz", "cameras_path": files / "cameras.json"}
    )
    workflow.run()
    fit = workflow.find_task("infer_smpl_fit", 0)
    assert fit.get_output(0).get_array().shape == (FRAMES, 24, 3)
    assert np.isfinite(fit.get_output(0).get_array()).all()


def test_saved_workflow_loads_and_runs_in_a_fresh_process(files):
    script = f"""
from workflows.plugins import load_plugin
from ikomia.dataprocess.workflow import Workflow
for name in ("infer_multiview_triangulation", "infer_smpl_fit"):
    load_plugin(name)
workflow = Workflow("loaded")
workflow.load("workflows/motion.json")
print(sorted(workflow.get_exposed_parameters()))
first = workflow.find_task("infer_multiview_triangulation", 0)
first.set_parameters({{"keypoints_path": {str(files / "keypoints2d.npz")!r},
                       "cameras_path": {str(files / "cameras.json")!r}}})
workflow.run()
print(workflow.find_task("infer_smpl_fit", 0).get_output(0).get_array().shape)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "body_model" in done.stdout
    assert f"({FRAMES}, 24, 3)" in done.stdout


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
        )
    )
    quality = report.reconstruction["quality"]
    assert quality["reprojection_median"] <= pixels
    assert quality["left_out_median"] <= left_out
    assert report.fit["residual_mean_mm"] < 12
    assert report.fit["valid_share"] == 1
