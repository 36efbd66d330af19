"""The plugin through the real Ikomia API."""

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pygltflib
import pytest

from development.synthetic.capture import NOISE, detect, studio
from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.data import cameras_to
from infer_smpl_fit.keypoint_files import read_keypoints
from infer_smpl_fit.parameters import Settings
from infer_smpl_fit.ports import Output
from infer_smpl_fit.smpl_body.builtin import builtin_body
from infer_smpl_fit.smpl_body.conventions import CONVENTIONS
from tests.infer_smpl_fit.bvh_reader import read_bvh
from tests.infer_smpl_fit.procedural_body import procedural_body, stored
from tests.infer_smpl_fit.scenes import scene_of
from tests.infer_smpl_fit.stand_in import joints_of, keypoints_of
from tests.infer_smpl_fit.task_runs import FRAMES, NAME, WRITTEN, ring, run, run_alone, video_of
from workflows.plugins import REPOSITORY

UNITS = {"m": 1.0, "cm": 100.0, "mm": 1000.0}
COCO = list(CONVENTIONS["coco17"].keypoints)
ARRAYS = (Output.POSES, Output.TRANSL, Output.SCALING, Output.BETAS)


def fitted_joints(task, model=None):
    """(F, K, 3) in metres where the mode is fit."""
    poses, transl, scaling, betas = (task.get_output(port).get_array() for port in ARRAYS)
    return joints_of(model or builtin_body(), poses, transl, betas, scaling[0, 0])


def away(scene, joints):
    """Millimetres from the truth, 22 joints."""
    truth = joints_of(scene.model, scene.poses, scene.transl, scene.betas)
    return 1000 * np.linalg.norm(joints - truth, axis=2)[:, :22].mean()


LIGHT = """
import sys
sys.path.insert(0, {repository!r})
import ikomia
import infer_smpl_fit.infer_smpl_fit_process
heavy = {{"torch", "smplx", "jax", "numba"}} & set(sys.modules)
assert not heavy, heavy
"""


def test_plugin_loads_without_torch(tmp_path):
    script = LIGHT.format(repository=str(REPOSITORY))
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


# What comes out


def test_outputs_come_in_the_documented_order(task_of, scene, whole_sheet):
    workflow, task = task_of()
    before = scene.seen.copy()
    report = run(workflow, task, scene.seen, {"skeleton": "coco17", "units": "m", "fps": 60})
    arrays = [task.get_output(port).get_array() for port in ARRAYS]
    assert [a.shape for a in arrays] == [(FRAMES, 24, 3), (FRAMES, 3), (1, 1), (10,)]
    assert {a.dtype for a in arrays} == {np.dtype(np.float64)}
    assert arrays[Output.SCALING][0, 0] == 1
    assert away(scene, fitted_joints(task)) < 20
    assert task.get_output(Output.LOSS).get_value_list(0)
    sheet = task.get_output(Output.CONTACT_SHEET).get_image()
    assert (sheet.shape, sheet.dtype) == ((720, 1920, 3), np.uint8)
    assert not task.get_output(Output.OVERLAY).is_data_available()
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["warnings"] == []
    assert (report["convention"], report["unit"], report["fps"]) == ("coco17", "m", 60)
    assert "betas mean nothing" in report["body_note"]
    np.testing.assert_array_equal(scene.seen, before)


def test_run_again_gives_the_whole_report(task_of, scene):
    workflow, task = task_of(convention="coco17")
    first = dict(run(workflow, task, scene.seen[:5]))
    workflow.run()
    assert task.get_output(Output.REPORT).data == first
    assert first["frames"] == 5


@pytest.mark.parametrize("unit", UNITS)
def test_mode_aist_keeps_the_keypoints_unit(task_of, scene, unit):
    workflow, task = task_of(mode="aist", fps=60)
    told = {"skeleton": "coco17", "units": "unknown", "fps": None}
    report = run(workflow, task, scene.seen * UNITS[unit], told)
    assert report["unit"] == unit
    assert not task.get_output(Output.BETAS).get_array().any()
    assert 0.8 < task.get_output(Output.SCALING).get_array()[0, 0] / UNITS[unit] < 1.25
    assert away(scene, fitted_joints(task) / UNITS[unit]) < 40


def test_single_frame_without_a_rate(task_of, scene, tmp_path):
    workflow, task = task_of(output_folder=tmp_path)
    told = {"skeleton": "coco17", "units": "unknown", "fps": None}
    report = run(workflow, task, scene.seen[:1], told)
    assert task.get_output(Output.POSES).get_array().shape == (1, 24, 3)
    assert report["fps"] == 60
    assert "no frame rate is told, 60 is taken" in report["warnings"][0]
    assert sorted(file.name for file in tmp_path.iterdir()) == WRITTEN


def test_body_of_a_file(task_of, tmp_path):
    body = procedural_body()
    np.savez(tmp_path / "SMPL_NEUTRAL.npz", **stored(body))
    of_body = scene_of(body, "coco17", 3, 8, noise=0.002, shapes=0.1, missing=0)
    workflow, task = task_of(model_file=tmp_path, convention="coco17", units="m", fps=60)
    report = run(workflow, task, of_body.seen)
    assert report["body"] == "SMPL neutral (SMPL_NEUTRAL.npz)"
    assert report["body_note"].endswith("betas are this file's")
    assert away(of_body, fitted_joints(task, body)) < 40


# What goes in


def test_file_alone(task_of, scene, tmp_path):
    files.write_csv(tmp_path / "a.csv", files.Trajectories(scene.seen, COCO, 60, "m"))
    workflow, task = task_of(keypoints_path=tmp_path / "a.csv")
    report = run_alone(workflow, task)
    assert (report["convention"], report["unit"], report["fps"]) == ("coco17", "m", 60)
    assert away(scene, fitted_joints(task)) < 20


def test_real_trc(task_of, shared):
    path = next((shared / "data" / "pose2sim_demo_single").glob("*T00*/pose-3d/*0-12.trc"))
    workflow, task = task_of(keypoints_path=path)
    report = run_alone(workflow, task)
    assert report["convention"] == "body25b"
    assert report["residual_mean_mm"] < 30


@pytest.mark.parametrize("word", ["body25", "openpose25", "body_25", "BODY_25"])
def test_convention_is_taken_in_its_old_spellings(word):
    settings = Settings(convention=word)
    assert settings.convention == "body25"
    with pytest.raises(ValueError, match="convention"):
        Settings(convention="coco18")


def test_18_points_by_their_names(task_of):
    body25 = scene_of(builtin_body(), "body25", 2, 6, missing=0)
    names = [k for k in CONVENTIONS["body25"].keypoints[:19] if k != "mid_hip"]
    points = body25.seen[:, [CONVENTIONS["body25"].keypoints.index(k) for k in names]]
    workflow, task = task_of()
    told = {"skeleton": "coco18", "joints": names, "units": "m", "fps": 60}
    report = run(workflow, task, points, told)
    assert report["convention"] == "body25"
    assert report["residual_mean_mm"] < 15


@pytest.fixture(scope="module")
def capture(scene):
    """Cameras in centimetres, what they see of the scene, and where the body is in pixels."""
    # The ring's own lenses cut the feet off.
    wider = np.array([[0.6, 1, 1], [1, 0.6, 1], [1, 1, 1]])
    cameras = [
        replace(camera, matrix=camera.matrix * wider) for camera in studio(range(1, 6), seed=3)
    ]
    world = scene.clean * 100
    return cameras, detect(world, cameras, "coco17", NOISE, seed=1), world


def chained(workflow_of, capture, triangulation=(), **parameters):
    """The two tasks in a row, run; and the workflow."""
    from ikomia.dataprocess import CArrayIO
    from ikomia.dataprocess.io import DataDictIO

    cameras, seen, _ = capture
    workflow, (before, task) = workflow_of("infer_multiview_triangulation", NAME)
    before.set_parameters(dict(triangulation))
    task.set_parameters({key: str(value) for key, value in parameters.items()})
    keypoints, told, views = CArrayIO(), DataDictIO(), DataDictIO()
    keypoints.set_array(seen)
    told.data = {"skeleton": "coco17", "fps": 60, "views": [camera.name for camera in cameras]}
    views.data = {"cameras": cameras_to(cameras)}
    for given in (keypoints, told, views):
        workflow.add_input(given)
    workflow.connect_tasks(workflow.root(), before, [(0, 0), (1, 1), (2, 2)])
    workflow.connect_tasks(before, task, [(0, 0), (1, 1)])
    workflow.run()
    return workflow, task


def drawn_share(picture, camera, points):
    """Share of the points that lie on drawn pixels, and of the picture that is drawn."""
    backdrop = np.median(picture, axis=(0, 1))
    drawn = np.abs(picture.astype(int) - backdrop).max(axis=2) > 12
    pixels = np.round(camera.project(points[None])[0] * picture.shape[1] / camera.size[0])
    inside = (pixels >= 0).all(axis=1) & (pixels < picture.shape[1::-1]).all(axis=1)
    assert inside.sum() >= 8
    columns, rows = pixels[inside].astype(int).T
    return drawn[rows, columns].mean(), drawn.mean()


def test_chain_and_overlay(workflow_of, capture, scene, tmp_path):
    cameras, _, world = capture
    video = video_of(tmp_path / "c02.mp4", FRAMES)
    _, task = chained(workflow_of, capture, video_path=video, camera=cameras[1].name)
    report = task.get_output(Output.REPORT).data
    assert (report["convention"], report["unit"], report["fps"]) == ("coco17", "cm", 60)
    assert away(scene, fitted_joints(task)) < 25
    picture = task.get_output(Output.OVERLAY).get_image()
    assert (picture.shape, picture.dtype) == ((270, 480, 3), np.uint8)
    # The middle frame, as the calibration's undistorted pixels have it to a pixel or two.
    hit, drawn = drawn_share(picture, cameras[1], world[FRAMES // 2, 5:])
    assert hit > 0.7
    assert 0.002 < drawn < 0.2
    assert np.median(picture) == pytest.approx(60 + FRAMES // 2, abs=2)
    # The body is blue: the picture is RGB.
    brightest = picture[picture.max(axis=2) > 140]
    assert brightest[:, 0].mean() < brightest[:, 2].mean()


@pytest.mark.parametrize(("frames", "shown"), [(60, 20 + 4), (12, 4)])
def test_overlay_and_files_go_by_the_frames_numbers(task_of, scene, tmp_path, frames, shown):
    """Keypoints of the frames from 20 on; a video that is too short for that begins with them."""
    video = video_of(tmp_path / "a.mp4", frames)
    workflow, task = task_of(video_path=video, output_folder=tmp_path / "out")
    told = {"skeleton": "coco17", "units": "m", "fps": 60, "timestamps": list(range(20, 28))}
    report = run(workflow, task, scene.seen[:8], told | {"cameras": ring("y")})
    picture = task.get_output(Output.OVERLAY).get_image()
    assert np.median(picture[:20]) == pytest.approx(60 + shown, abs=2)
    assert any("begin with frame 20" in text for text in report["warnings"]) == (frames == 12)
    stored = read_keypoints(str(tmp_path / "out" / "motion.trc"), False)
    assert (stored.first_frame, stored.fps) == (20, 60)


def test_far_from_the_origin_is_said(task_of, scene):
    far = scene.seen[:4] + np.array([448262.3, 35.2, 5411932.7])
    near = scene.seen[:4]
    told = {"skeleton": "coco17", "units": "m", "fps": 60}
    workflow, task = task_of()
    report = run(workflow, task, far, told)
    assert "far from the world's origin" in report["warnings"][0]
    places = fitted_joints(task) - np.array([448262.3, 35.2, 5411932.7])
    workflow, task = task_of()
    assert run(workflow, task, near, told)["warnings"] == []
    assert np.abs(places - fitted_joints(task)).max() < 1e-3


def test_chain_hands_the_up_axis_on(workflow_of, capture):
    _, task = chained(workflow_of, capture, triangulation={"up_axis": "z"})
    assert task.get_output(Output.REPORT).data["up_axis"] == "z"


@pytest.mark.parametrize("unit", UNITS)
def test_overlay_takes_the_unit_that_the_fit_found(task_of, capture, tmp_path, unit):
    cameras, _, world = capture
    factor = UNITS[unit] / 100
    listed = cameras_to(cameras)
    for camera in listed:
        camera["translation"] = (np.array(camera["translation"]) * factor).tolist()
    (tmp_path / "cameras.json").write_text(json.dumps(listed))
    aist = tmp_path / "a.pkl"
    files.write_aist_pickle(aist, world[:4] * factor, world[:4] * factor)
    workflow, task = task_of(
        keypoints_path=aist,
        allow_pickle=True,
        convention="coco17",
        fps=60,
        video_path=video_of(tmp_path / "a.mp4", 4),
        cameras_path=tmp_path / "cameras.json",
    )
    assert run_alone(workflow, task)["unit"] == unit
    hit, drawn = drawn_share(task.get_output(Output.OVERLAY).get_image(), cameras[0], world[2, 5:])
    assert hit > 0.7
    assert 0.002 < drawn < 0.2
    task.set_parameters({**task.get_parameters(), "video_path": "", "mode": "aist"})
    workflow.run()
    assert not task.get_output(Output.OVERLAY).is_data_available()


# Files


def test_every_file_is_written_and_readable(task_of, scene, tmp_path):
    workflow, task = task_of(output_folder=tmp_path / "new", units="cm", fps=50)
    run(workflow, task, scene.seen * 100, {"skeleton": "coco17"})
    folder = tmp_path / "new"
    assert sorted(file.name for file in folder.iterdir()) == WRITTEN
    joints = fitted_joints(task)
    with np.load(folder / "motion.npz") as amass:
        poses = task.get_output(Output.POSES).get_array().reshape(FRAMES, 72)
        np.testing.assert_allclose(amass["poses"][:, :66], poses[:, :66])
        np.testing.assert_allclose(amass["trans"], task.get_output(Output.TRANSL).get_array())
        assert amass["poses"].shape == (FRAMES, 156)
        assert amass["mocap_framerate"] == 50
    names, _, frame_time, places = read_bvh((folder / "motion.bvh").read_text())
    assert (names[0], frame_time) == ("pelvis", pytest.approx(1 / 50))
    np.testing.assert_allclose(places[:, 0], 100 * joints[:, 0], atol=1e-3)
    glb = pygltflib.GLTF2().load(str(folder / "motion.glb"))
    assert len(glb.skins[0].joints) == 24
    trc = read_keypoints(str(folder / "motion.trc"), False)
    assert (trc.units, trc.fps) == ("mm", 50)
    np.testing.assert_allclose(trc.points, 1000 * joints, atol=1e-3)
    aist = pickle.loads((folder / "motion.pkl").read_bytes())
    assert {name: np.shape(value) for name, value in aist.items()} == {
        "smpl_loss": (),
        "smpl_poses": (FRAMES, 72),
        "smpl_scaling": (1, 1),
        "smpl_trans": (FRAMES, 3),
    }
    # AIST++'s file is in the keypoints' unit and holds the mean body.
    at_rest = joints_of(
        builtin_body(),
        aist["smpl_poses"].reshape(FRAMES, 24, 3).astype(float),
        aist["smpl_trans"].astype(float),
        scaling=aist["smpl_scaling"].item(),
    )
    assert away(scene, at_rest / 100) < 40
    on_body = keypoints_of(
        builtin_body(),
        "coco17",
        aist["smpl_poses"].reshape(FRAMES, 24, 3).astype(float),
        aist["smpl_trans"].astype(float) / aist["smpl_scaling"].item(),
    )
    off = aist["smpl_scaling"].item() * on_body - scene.seen * 100
    assert aist["smpl_loss"] == pytest.approx(np.nanmean(np.square(off)), rel=1e-4)


def test_picture_is_what_ikomia_shows(task_of, scene, whole_sheet):
    workflow, task = task_of(convention="coco17")
    run(workflow, task, scene.seen[:3])
    sheet = task.get_output(Output.CONTACT_SHEET).get_image()
    body = sheet[np.ptp(sheet.astype(int), axis=2) > 20]
    assert len(body) > 1000
    assert body[:, 0].mean() < body[:, 2].mean()
    assert cv2.cvtColor(sheet, cv2.COLOR_RGB2GRAY)[0, -1] == 245
