"""AIST++ as a whole: cameras by environment, keypoints and motion, in files its loader reads."""

import json
import pickle

import numpy as np
import pytest

from development.synthetic.capture import TYPICAL, detect, stick_dancer, studio
from plugin_kit.array_files import write_pickle
from tests.plugin_kit.test_video import write_h264
from workflows.dataset.aist import AistSettings
from workflows.dataset.aist_run import AistRun
from workflows.dataset.command import main, parse_arguments

FRAMES = 24
SEQUENCES = ("gBR_sBM_cAll_d04_mBR0_ch01", "gBR_sBM_cAll_d05_mBR1_ch02")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two dancers before the same nine cameras; one view of the first is out of step."""
    root, output = tmp_path_factory.mktemp("aist"), tmp_path_factory.mktemp("annotations")
    cameras = studio(seed=3)
    truth = {}
    for seed, name in enumerate(SEQUENCES):
        truth[name] = stick_dancer(FRAMES, seed=seed + 1)
        seen = detect(truth[name], cameras, "coco17", TYPICAL, seed)
        if name == SEQUENCES[0]:
            seen[4] = np.roll(seen[4], FRAMES // 2, axis=0)
        content = {
            "keypoints2d": seen,
            "det_scores": np.ones((9, FRAMES)),
            "timestamps": np.arange(FRAMES) * 1000 // 60,
        }
        write_pickle(root / "keypoints2d" / f"{name}.pkl", content)
    arguments = [str(root), "--task", "aist", "--output", str(output), "--workers", "1", "--quiet"]
    assert main(arguments) == 0
    return root, output, truth, arguments


def loaded(path):
    with path.open("rb") as handle:
        return pickle.load(handle)


def test_the_files_are_where_aists_loader_looks(made):
    _, output, _, _ = made
    mapping = np.loadtxt(output / "cameras" / "mapping.txt", dtype=str)
    assert mapping.tolist() == [[name, "setting1"] for name in SEQUENCES]
    cameras = json.loads((output / "cameras" / "setting1.json").read_text())
    assert [camera["name"] for camera in cameras] == [f"c{i:02d}" for i in range(1, 10)]
    keys = {"name", "size", "matrix", "rotation", "translation", "distortions"}
    assert keys <= cameras[0].keys()
    for name in SEQUENCES:
        points = loaded(output / "keypoints3d" / f"{name}.pkl")
        assert points["keypoints3d"].shape == points["keypoints3d_optim"].shape == (FRAMES, 17, 3)
        motion = loaded(output / "motions" / f"{name}.pkl")
        assert motion["smpl_poses"].shape[0] == motion["smpl_trans"].shape[0] == FRAMES
        assert motion["smpl_scaling"].shape == (1, 1)
        assert loaded(output / "keypoints2d" / f"{name}.pkl")["keypoints2d"].shape == (
            *(9, FRAMES, 17, 3),
        )


def test_the_points_are_right_but_for_where_the_ring_stands(made):
    _, output, truth, _ = made
    for name in SEQUENCES:
        found = loaded(output / "keypoints3d" / f"{name}.pkl")["keypoints3d_optim"]
        off = aligned(found.reshape(-1, 3), truth[name].reshape(-1, 3)) - truth[name].reshape(-1, 3)
        assert np.nanmean(np.linalg.norm(off, axis=1)) < 2.0  # cm


def aligned(points, target):
    """The points after the similarity that brings them nearest (Umeyama, 1991)."""
    known = np.isfinite(points).all(axis=1)
    one, two = points[known], target[known]
    a, b = one - one.mean(axis=0), two - two.mean(axis=0)
    u, s, vt = np.linalg.svd(b.T @ a)
    sign = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    turn = u @ sign @ vt
    scale = (s * np.diag(sign)).sum() / np.square(a).sum()
    return scale * (points - one.mean(axis=0)) @ turn.T + two.mean(axis=0)


def test_what_is_done_is_not_done_again(made, capsys):
    _, output, _, arguments = made
    before = (output / "motions" / f"{SEQUENCES[0]}.pkl").stat().st_mtime_ns
    assert main(arguments) == 0
    progress = json.loads((output / "units" / "motions" / "progress.json").read_text())
    assert (progress["passed_over"], progress["done"]) == (2, 0)
    assert (output / "motions" / f"{SEQUENCES[0]}.pkl").stat().st_mtime_ns == before
    assert main([*arguments, "--dry-run"]) == 0
    assert "0 of 2 units are to be done" in capsys.readouterr().out


def test_bad_views_are_known_by_the_settings(made):
    root, output, _, _ = made
    options = parse_arguments([str(root), "--task", "aist", "--output", str(output)])
    run = AistRun(options)
    first, second = run.motion_units()
    assert first.options == ("--bad-view=c05",) and second.options == ()
    (environment,) = run.camera_units()
    assert environment.options == (f"--bad-view={SEQUENCES[0]}:c05",)


def test_environments_are_told_by_the_mapping_or_by_patterns(tmp_path):
    write_pickle(tmp_path / "keypoints2d" / f"{SEQUENCES[0]}.pkl", {"a": np.zeros(1)})
    write_pickle(tmp_path / "keypoints2d" / f"{SEQUENCES[1]}.pkl", {"a": np.zeros(1)})
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"environments": {"b": ["*_d05_*"]}, "bad_views": {}}))
    given = [str(tmp_path), "--task", "aist", "--output", str(tmp_path / "out")]
    run = AistRun(parse_arguments([*given, "--settings", str(file)]))
    assert [unit.name for unit in run.camera_units()] == ["setting1", "b"]
    (tmp_path / "cameras").mkdir()
    (tmp_path / "cameras" / "mapping.txt").write_text(f"{SEQUENCES[0]} x\n{SEQUENCES[1]} x\n")
    assert [unit.name for unit in AistRun(parse_arguments(given)).camera_units()] == ["x"]
    (tmp_path / "cameras" / "mapping.txt").write_text("one two three\n")
    with pytest.raises(ValueError, match="line 1 is 'one two three'"):
        AistRun(parse_arguments(given))


def test_odd_settings_and_roots_are_refused(tmp_path, capsys):
    (tmp_path / "a.json").write_text("[1]")
    with pytest.raises(ValueError, match="holds no settings"):
        AistSettings.read(tmp_path / "a.json")
    given = [str(tmp_path), "--task", "aist", "--output", str(tmp_path / "out")]
    assert main(given) == 1
    assert "holds neither videos of AIST's" in capsys.readouterr().err
    assert main([*given[:2], "motion", *given[3:], "--settings", str(tmp_path / "a.json")]) == 1
    assert "is for --task aist alone" in capsys.readouterr().err


def test_keypoints_are_found_in_the_videos(tmp_path):
    for camera in ("c01", "c09"):
        write_h264(tmp_path / f"gBR_sBM_{camera}_d04_mBR0_ch01.mp4", count=2)
    given = [str(tmp_path), "--task", "aist", "--output", str(tmp_path / "out"), "--quiet"]
    # Nobody is in these videos: their motion fails, and their keypoints are there nevertheless.
    assert main(given) == 1
    content = loaded(tmp_path / "out" / "keypoints2d" / f"{SEQUENCES[0]}.pkl")
    assert content["keypoints2d"].shape == (9, 2, 17, 3)
    assert np.isnan(content["keypoints2d"]).all() and (content["det_scores"] == -1).all()
