"""A thread that stops a workflow ends the long work of each task; nothing is published."""

import threading

import cv2
import numpy as np
import pytest

from development.fuzz import kills
from development.synthetic.capture import TYPICAL, detect, stick_dancer, studio
from development.synthetic.clip import SyntheticClip
from plugin_kit.stopping import Stopped
from workflows.plugins import add_task, new_workflow

SIZE = (96, 64)


def frames_folder(folder):
    clip = SyntheticClip(width=SIZE[0], height=SIZE[1], frames=30)
    for index in range(clip.frames):
        cv2.imwrite(str(folder / f"{index:03d}.png"), clip.frame(index)[0])
    return {"frames_folder": folder}


def bootstrap(folder):
    return {**frames_folder(folder), "method": "bootstrap"}


def videos(folder):
    SyntheticClip(width=SIZE[0], height=SIZE[1], frames=60).write(folder / "view.mp4")
    return {"videos_path": folder}


def keypoints2d(folder):
    cameras = studio((1, 3, 5, 7), seed=1)
    kills.seeds.files.write_cameras_json(folder / "cameras.json", cameras)
    seen = detect(stick_dancer(400, seed=1), cameras, "coco17", TYPICAL, 1)
    np.savez(folder / "seen.npz", keypoints2d=seen, skeleton="coco17", fps=60.0)
    return {"keypoints_path": folder / "seen.npz", "cameras_path": folder / "cameras.json"}


def keypoints3d(folder):
    points = stick_dancer(300, seed=1)
    points = getattr(points, "points", points)
    np.savez(folder / "points.npz", keypoints3d=points, skeleton="coco17", fps=60.0, units="cm")
    return {"keypoints_path": folder / "points.npz"}


@pytest.mark.parametrize("objective", ["robust", "aist"])
def test_solvers_are_left_at_their_next_step(objective, tmp_path, monkeypatch):
    """Not only between the steps of a reconstruction, of which one may take many seconds."""
    from infer_multiview_triangulation.multiview_geometry.sequence import (
        aist_objective,
        robust_objective,
    )

    workflow = new_workflow("stopped")
    given = {**keypoints2d(tmp_path), "objective": objective}
    task = add_task(workflow, "infer_multiview_triangulation", given)
    workflow.connect_tasks(workflow.root(), task, [])
    module = {"robust": robust_objective, "aist": aist_objective}[objective]
    real = module.BandedEquations
    begun = []

    def stopping(*arguments, **named):
        begun.append(arguments)
        task.stop()
        return real(*arguments, **named)

    monkeypatch.setattr(module, "BandedEquations", stopping)
    with pytest.raises(Exception, match="the optimisation was stopped"):
        task.run()
    assert len(begun) == 1


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("extract_background", bootstrap),
        ("infer_people", videos),
        ("infer_multiview_triangulation", keypoints2d),
        ("infer_smpl_fit", keypoints3d),
    ],
)
def test_a_thread_ends_the_work(name, given, tmp_path):
    workflow = new_workflow("stopped")
    task = add_task(workflow, name, given(tmp_path))
    workflow.connect_tasks(workflow.root(), task, [])
    over = threading.Event()

    def ask():
        while not over.wait(0.005):
            task.stop()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        with pytest.raises(Exception, match="was stopped") as caught:
            task.run()
    finally:
        over.set()
        thread.join()
    assert type(caught.value).__name__ == Stopped.__name__
