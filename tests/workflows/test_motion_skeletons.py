"""Which keypoints the motion chain takes: those of known skeletons, found out before the work."""

import numpy as np
import pytest

from development.synthetic.capture import CLEAN, detect, stick_dancer, studio
from infer_multiview_triangulation.multiview_files import write_cameras_json
from workflows.motion import MotionOptions, run_motion


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    folder = tmp_path_factory.mktemp("capture")
    cameras = studio((1, 3), seed=51)
    write_cameras_json(folder / "cameras.json", cameras)
    return folder, detect(stick_dancer(10, seed=51), cameras, "coco17", CLEAN, seed=51)


def test_skeletons_are_known_unless_one_is_named(tmp_path):
    def skeleton(**given):
        options = MotionOptions(tmp_path, tmp_path, triangulation=given)
        return options.triangulation_parameters["skeleton"]

    assert skeleton() == skeleton(skeleton="auto") == "known"
    assert skeleton(skeleton="halpe26") == "halpe26"


def test_points_of_no_known_skeleton_are_refused_before_the_work(capture, tmp_path):
    folder, seen = capture
    np.savez(folder / "halpe136.npz", keypoints2d=np.repeat(seen, 8, axis=2), fps=60.0)
    options = MotionOptions(
        folder / "halpe136.npz",
        tmp_path / "out",
        folder / "cameras.json",
        has_preview=False,
        has_viewer=False,
    )
    with pytest.raises(RuntimeError, match="136 keypoints a person are no known skeleton's"):
        run_motion(options)
    assert not list((tmp_path / "out").iterdir())
