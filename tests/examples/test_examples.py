"""The examples and the notebook run as they stand, in this one process, and do what they say."""

import json
import runpy
import sys

import cv2
import numpy as np
import pytest

from development.synthetic.scenes import metrics
from workflows.plugins import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
SCRIPTS = sorted(EXAMPLES.glob("[0-9]*.py"))


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """Run the example of a number; its variables."""

    def run(number):
        (script,) = EXAMPLES.glob(f"{number:02d}_*.py")
        # As Python has it for a script: its own folder comes first.
        monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
        monkeypatch.setattr(sys, "argv", [str(script), "--output", str(tmp_path)])
        return runpy.run_path(str(script), run_name="__main__")

    return run


def alpha_error(alpha, path):
    """Mean absolute difference of ``alpha``, 0 to 1, from a picture of the truth."""
    truth = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    return float(np.abs(alpha - truth / 255).mean())


def test_a_person_is_cut_out(ran, tmp_path):
    found = ran(1)
    assert found["keypoints"].shape == (1, 17, 3)
    cut_out = cv2.imread(str(tmp_path / "cut_out.png"), cv2.IMREAD_UNCHANGED)
    assert alpha_error(cut_out[..., 3] / 255, tmp_path / "person_alpha.png") < 0.02


def test_a_known_wall_gives_an_alpha(ran, tmp_path):
    found = ran(2)
    assert alpha_error(found["alpha"], tmp_path / "person_alpha.png") < 0.03
    assert found["composite"].shape == (240, 320, 3)


def test_a_plate_is_empty(ran, tmp_path):
    ran(3)
    plate, truth = (cv2.imread(str(tmp_path / f"{n}.png")) for n in ("plate", "street_empty"))
    assert metrics(plate, truth)[0] < 4


def test_a_background_is_replaced(ran, tmp_path):
    report = ran(4)["report"]
    assert report.frames == 12
    assert report.matte == "people"
    assert all((tmp_path / "result" / name).is_file() for name in report.files.values())


def test_mattes_become_stable(ran):
    found = ran(5)
    assert found["after"].dtssd < 0.9 * found["before"].dtssd
    assert found["after"].mse < found["before"].mse


def test_two_mattes_are_fused(ran, tmp_path):
    found = ran(6)
    assert found["report"]["misfit"] < 0.01
    alpha = cv2.imread(str(tmp_path / "alpha.png"), cv2.IMREAD_GRAYSCALE)
    assert alpha_error(alpha / 255, tmp_path / "person_alpha.png") < 0.02


def test_a_screen_is_keyed(ran, tmp_path):
    assert alpha_error(ran(7)["alpha"], tmp_path / "green_alpha.png") < 0.02


def test_people_keep_their_numbers(ran):
    assert ran(8)["numbers"] == [[0]] * 6


def test_keypoints_become_3d(ran, tmp_path):
    assert np.nanmedian(ran(9)["errors"]) < 2
    assert (tmp_path / "keypoints3d.trc").is_file()


def test_cameras_are_found(ran):
    found = ran(10)
    assert len(found["found"]) == 4
    assert found["spread"] < 0.1


def test_a_body_is_fitted(ran, tmp_path):
    found = ran(11)
    assert found["poses"].shape == (40, 24, 3)
    assert found["report"]["residual_mean_mm"] < 5
    assert (tmp_path / "motion" / "motion.bvh").is_file()


def test_videos_become_motion(ran):
    report = ran(12)["report"]
    assert report.fit["residual_mean_mm"] < 60
    assert {"motion.glb", "keypoints3d.trc", "cameras.toml"} <= set(report.files)


def test_a_data_set_is_worked_through(ran):
    found = ran(13)
    assert found["code"] == 0
    assert [path.parent.parent.name for path in found["results"]] == ["first", "second"]


def test_every_example_is_tested_and_told():
    assert [int(script.name[:2]) for script in SCRIPTS] == list(range(1, len(SCRIPTS) + 1))
    for script in SCRIPTS:
        assert f"python examples/{script.name}" in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("notebook", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_notebook_runs(notebook, tmp_path, monkeypatch):
    content = json.loads(notebook.read_text(encoding="utf-8"))
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert cells and all(not cell["outputs"] and not cell["execution_count"] for cell in cells)
    monkeypatch.chdir(EXAMPLES)
    monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
    monkeypatch.setenv("EXAMPLES_OUTPUT", str(tmp_path))
    names = {"__name__": "notebook"}
    for number, cell in enumerate(cells):
        exec(compile("".join(cell["source"]), f"{notebook.name}, cell {number}", "exec"), names)
    assert names["error"] < 0.02
    assert (tmp_path / "motion" / "motion.glb").is_file()
