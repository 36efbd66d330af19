"""Ways to run the task on keypoints, and a video for it."""

from fractions import Fraction

import numpy as np
from scipy.spatial.transform import Rotation

from infer_smpl_fit.ports import Input, Output
from tests.infer_smpl_fit.scenes import Y_UP_TO_Z_UP
from workflows.media.video_writer import VideoSink

NAME = "infer_smpl_fit"
FRAMES = 30
WRITTEN = ["motion.bvh", "motion.glb", "motion.npz", "motion.pkl", "motion.trc"]


def run(workflow, task, points, told=None):
    """Connect the keypoints and what is told of them to a task, and run."""
    from ikomia.dataprocess import CArrayIO
    from ikomia.dataprocess.io import DataDictIO

    array = CArrayIO()
    array.set_array(points)
    workflow.add_input(array)
    edges = [(0, Input.KEYPOINTS)]
    if told is not None:
        metadata = DataDictIO()
        metadata.data = told
        workflow.add_input(metadata)
        edges.append((1, Input.METADATA))
    workflow.connect_tasks(workflow.root(), task, edges)
    workflow.run()
    return task.get_output(Output.REPORT).data


def run_alone(workflow, task):
    workflow.connect_tasks(workflow.root(), task)
    workflow.run()
    return task.get_output(Output.REPORT).data


def video_of(path, frames, size=(480, 270)):
    """Grey, each frame a little brighter."""
    rate = Fraction(60)
    with VideoSink(path, *size, rate, 1 / rate, crf=5) as sink:
        for index in range(frames):
            sink.write(np.full((size[1], size[0], 3), 60 + index, np.uint8), index)
    return path


def ring(up):
    """Four upright cameras around the origin of a world that is y up or z up."""
    cameras = []
    for turn in (20, 110, 200, 290):
        rotation = Rotation.from_euler("YX", [turn, 20], degrees=True).as_matrix()
        # A camera's x, y, z in the world: to the right, down, ahead and a little down.
        axes = rotation @ np.diag([1.0, -1.0, -1.0])
        world = axes.T if up == "y" else axes.T @ Y_UP_TO_Z_UP.T
        rotation_vector = Rotation.from_matrix(world).as_rotvec().tolist()
        matrix = [[1000, 0, 960], [0, 1000, 540], [0, 0, 1]]
        cameras.append({"matrix": matrix, "rotation": rotation_vector, "translation": [0, 0, 4]})
    return cameras
