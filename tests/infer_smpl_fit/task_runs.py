"""Ways to run the task on keypoints, and a video for it."""

from fractions import Fraction

import numpy as np

from infer_smpl_fit.ports import Input, Output
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
