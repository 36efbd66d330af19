"""2D keypoints of several cameras to 3D: arrays into infer_multiview_triangulation.

    python examples/09_keypoints_to_3d.py

A detector's errors are drawn over a dance whose truth is known: noise, gaps, wrong keypoints.
"""

import numpy as np
from begin import begin

from development.synthetic.body_capture import make_capture
from infer_multiview_triangulation.data import cameras_to
from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
capture = make_capture(40)

parameters = {"output_folder": given.output}
task = add_task(new_workflow("triangulate"), "infer_multiview_triangulation", parameters)
task.get_input(0).set_array(capture.keypoints2d)  # (views, frames, joints, (x, y, confidence))
task.get_input(1).data = {"skeleton": "body25", "fps": 60}
task.get_input(2).data = {"cameras": cameras_to(capture.cameras)}
task.run()

points = task.get_output(0).get_array()  # (frames, joints, 3), in the cameras' unit
errors = np.linalg.norm(points - capture.keypoints, axis=2)
quality = task.get_output(1).data["quality"]
print(f"error {np.nanmedian(errors):.2f} cm, told {quality['left_out_median']:.1f} pixels")
print(*sorted(path.name for path in given.output.iterdir()))
