"""Several people of one take, through the real Ikomia API, and their files."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from infer_multiview_triangulation import multiview_files as files
from infer_smpl_fit.fit_input import person_names
from infer_smpl_fit.keypoint_files import read_keypoints
from infer_smpl_fit.outputs import file_stems
from infer_smpl_fit.ports import Output
from infer_smpl_fit.smpl_body.builtin import builtin_body
from infer_smpl_fit.smpl_body.conventions import CONVENTIONS
from infer_smpl_fit.smpl_body.model import posed_vertices
from infer_smpl_fit.smpl_export.figures import COLOURS, linear
from tests.infer_smpl_fit.bvh_reader import read_bvh
from tests.infer_smpl_fit.glb_reader import Glb
from tests.infer_smpl_fit.scenes import scene_of
from tests.infer_smpl_fit.stand_in import joints_of
from tests.infer_smpl_fit.task_runs import FRAMES, run, run_alone, video_of

NAMES = ("1", "2", "guest")
# Frames in which the second is away; nobody ever sees enough of the third.
AWAY = slice(0, 8)
TOLD = {"skeleton": "coco17", "units": "m", "fps": 10, "people": [{"name": n} for n in NAMES]}
ARRAYS = (Output.POSES, Output.TRANSL, Output.SCALING, Output.BETAS)


@pytest.fixture(scope="module")
def scenes():
    body = builtin_body()
    made = [scene_of(body, "coco17", seed, FRAMES, noise=0.003, fps=10) for seed in (7, 8)]
    beside = np.array([1.5, 0, 0])
    return [
        replace(
            s, seen=s.seen + n * beside, clean=s.clean + n * beside, transl=s.transl + n * beside
        )
        for n, s in enumerate(made)
    ]


@pytest.fixture(scope="module")
def seen(scenes):
    """(3, F, 17, 3)."""
    points = np.stack([*(scene.seen for scene in scenes), np.full_like(scenes[0].seen, np.nan)])
    points[1, AWAY] = np.nan
    points[2, 3, 5] = 0
    return points


def away(scene, joints, frames=slice(None)):
    """Millimetres from the truth, 22 joints."""
    truth = joints_of(scene.model, scene.poses, scene.transl, scene.betas)
    return 1000 * np.linalg.norm(joints - truth, axis=2)[frames, :22].mean()


def test_everybody_is_fitted_and_the_rest_is_told(task_of, scenes, seen):
    workflow, task = task_of()
    report = run(workflow, task, seen, TOLD)
    poses, transl, scaling, betas = (task.get_output(port).get_array() for port in ARRAYS)
    assert poses.shape == (3, FRAMES, 24, 3)
    assert (transl.shape, scaling.shape, betas.shape) == ((3, FRAMES, 3), (3, 1, 1), (3, 10))
    for index, frames in ((0, slice(None)), (1, slice(AWAY.stop, None))):
        joints = joints_of(builtin_body(), poses[index], transl[index], betas[index])
        assert away(scenes[index], joints, frames) < 25
    assert np.isfinite(poses[:2]).all()
    assert np.isnan(poses[2]).all()
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    first, second, third = report["people"]
    assert [entry["name"] for entry in report["people"]] == list(NAMES)
    assert (first["is_fitted"], third["is_fitted"]) == (True, False)
    assert all(first["present"])
    assert second["present"] == [False] * AWAY.stop + [True] * (FRAMES - AWAY.stop)
    assert second["gaps"] == [{"first_frame": 0, "frames": AWAY.stop}]
    told = [text for text in report["warnings"] if text.startswith("person guest: not fitted: no")]
    assert len(told) == 1
    assert (report["unit"], report["fps"], report["frames"]) == ("m", 10, FRAMES)
    assert report["residual_mean_mm"] < 20
    assert task.get_output(Output.LOSS).get_value_list(1)


def test_each_is_fitted_as_if_alone(task_of, seen):
    together, alone = task_of(), task_of()
    run(*together, seen[:2, AWAY.stop :], TOLD)
    run(*alone, seen[1, AWAY.stop :], TOLD)
    for port in ARRAYS:
        both, one = (task.get_output(port).get_array() for _, task in (together, alone))
        np.testing.assert_array_equal(both[1], one)


def test_one_person_with_an_axis_keeps_it(task_of, seen):
    workflow, task = task_of()
    report = run(workflow, task, seen[:1], TOLD | {"people": None})
    assert task.get_output(Output.TRANSL).get_array().shape == (1, FRAMES, 3)
    assert [entry["name"] for entry in report["people"]] == ["1"]


def test_the_unit_is_that_of_most(task_of, seen):
    """A doll of a tenth of the size beside two people: alone it would be taken for decimetres."""
    points = np.stack([seen[0], seen[0] + 3, 0.1 * seen[0]]) * 100
    workflow, task = task_of()
    report = run(workflow, task, points, TOLD | {"units": None, "people": None})
    assert report["unit"] == "cm"
    assert "times the body's size" in " ".join(report["people"][2]["warnings"])


def test_nobody_to_fit_is_refused(task_of, seen):
    workflow, task = task_of()
    with pytest.raises(RuntimeError, match="input 0: of 2 people nobody can be fitted: no frame"):
        run(workflow, task, seen[[2, 2]], TOLD)


def test_files_of_everybody(task_of, seen, tmp_path):
    workflow, task = task_of(output_folder=tmp_path)
    run(workflow, task, seen, TOLD)
    each = [f"motion_{n}.{form}" for n in "12" for form in ("bvh", "npz", "pkl", "trc")]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["motion.glb", *each])
    poses, transl, _, betas = (task.get_output(port).get_array() for port in ARRAYS)
    body = builtin_body()
    for index, name in enumerate("12"):
        joints = joints_of(body, poses[index], transl[index], betas[index])
        _, _, _, places = read_bvh((tmp_path / f"motion_{name}.bvh").read_text())
        np.testing.assert_allclose(places[:, 0], 100 * joints[:, 0], atol=1e-3)
        trc = read_keypoints(str(tmp_path / f"motion_{name}.trc"), False).points
        there = np.isfinite(trc).all(axis=(1, 2))
        np.testing.assert_allclose(trc[there], 1000 * joints[there], atol=1e-3)
        assert (~there).sum() == (AWAY.stop if index else 0)
        with np.load(tmp_path / f"motion_{name}.npz") as amass:
            np.testing.assert_array_equal(amass["present"], there)
            np.testing.assert_allclose(amass["trans"], transl[index])
        aist = pickle.loads((tmp_path / f"motion_{name}.pkl").read_bytes())
        assert aist["smpl_poses"].shape == (FRAMES, 72)
    glb = Glb((tmp_path / "motion.glb").read_bytes())
    assert [skin["name"] for skin in glb.json["skins"]] == ["1_skeleton", "2_skeleton"]
    colours = [m["pbrMetallicRoughness"]["baseColorFactor"] for m in glb.json["materials"]]
    assert colours == [[*linear(colour), 1.0] for colour in COLOURS[:2]]
    for index, frame in ((0, 0), (0, 20), (1, AWAY.stop), (1, 20)):
        row = slice(frame, frame + 1)
        wanted = posed_vertices(
            body, poses[index, row], betas=betas[index], transl=transl[index, row]
        )
        np.testing.assert_allclose(glb.skinned(frame, index), wanted[0], atol=2e-5)
    assert np.ptp(glb.skinned(AWAY.stop - 1, 1), axis=0).max() < 1e-6


def test_pictures_show_those_who_are_there(task_of, seen, tmp_path, whole_sheet):
    camera = {
        "name": "c01",
        "size": [480, 270],
        "matrix": [[250, 0, 240], [0, 250, 135], [0, 0, 1]],
        "rotation": [np.pi, 0, 0],
        "translation": [-0.7, 1, 5],
    }
    workflow, task = task_of(video_path=video_of(tmp_path / "a.mp4", FRAMES))
    run(workflow, task, seen, TOLD | {"cameras": [camera]})
    sheet = task.get_output(Output.CONTACT_SHEET).get_image()
    assert sheet.shape == (1080, 1920, 3)
    picture = task.get_output(Output.OVERLAY).get_image()

    def share(image, colour):
        unit = np.array(colour) / np.linalg.norm(colour)
        pixels = image.astype(float)
        cosine = pixels @ unit / np.maximum(np.linalg.norm(pixels, axis=2), 1)
        return (cosine > 0.997).mean()

    for index, colour in enumerate(COLOURS[:2]):
        # The second is away at the first moments.
        assert (share(sheet[:360, :480], colour) > 0.01) == (index == 0)
        assert share(sheet[720:, 1440:], colour) > 0.01
        assert share(picture, colour) > 0.003


def test_people_of_files(task_of, seen, tmp_path):
    coco = CONVENTIONS["coco17"].keypoints
    arrays = {"keypoints3d": seen, "fps": 10, "units": "m", "skeleton": "coco17", "people": NAMES}
    np.savez(tmp_path / "a.npz", **arrays)
    report = run_alone(*task_of(keypoints_path=tmp_path / "a.npz"))
    assert [entry["name"] for entry in report["people"]] == list(NAMES)
    labels = [f"{who}:{name}" for who in ("Ann", "Bob") for name in coco]
    points = np.concatenate([seen[0], seen[1]], axis=1)
    files.write_trc(tmp_path / "a.trc", files.Trajectories(points, labels, 10, "m"))
    report = run_alone(*task_of(keypoints_path=tmp_path / "a.trc"))
    assert [entry["name"] for entry in report["people"]] == ["Ann", "Bob"]
    assert report["residual_mean_mm"] < 20
    np.savez(tmp_path / "b.npz", keypoints3d=seen[..., :2])
    with pytest.raises(RuntimeError, match=r"b\.npz .*\(N, F, J, 3\) of N people, is needed"):
        run_alone(*task_of(keypoints_path=tmp_path / "b.npz"))


def test_names_and_files_are_different():
    assert person_names(None, 2) == person_names(("a", ""), 2) == person_names(("a",), 2)
    assert person_names(("a", "b"), 2) == ("a", "b")
    assert file_stems(["a/b", "a b", "a b", "c"]) == [
        "motion_a_b",
        "motion_a_b-2",
        "motion_a_b-3",
        "motion_c",
    ]
    # A number that was put behind a name may be another's name; some disks ignore capitals.
    assert file_stems(["A-2", "A", "A", "a"]) == [
        "motion_A-2",
        "motion_A",
        "motion_A-3",
        "motion_a-4",
    ]
    assert len(file_stems(["x" * 300])[0]) < 120
