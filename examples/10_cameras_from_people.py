"""No calibration: cameras found from the person whom they see.

    python examples/10_cameras_from_people.py

Nothing in pictures tells how large the world is, so the person's height is given.
"""

import numpy as np
from begin import begin

from development.synthetic.body_capture import make_capture
from infer_multiview_triangulation.data import cameras_from
from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
capture = make_capture(60)
views = (0, 2, 4, 6)
true = [capture.cameras[view] for view in views]

parameters = {"scale": "height:1.7", "units": "m"}
task = add_task(new_workflow("unposed"), "infer_multiview_triangulation", parameters)
task.get_input(0).set_array(capture.keypoints2d[list(views)])
task.get_input(1).data = {
    "skeleton": "body25",
    "fps": 60,
    "views": [camera.name for camera in true],
    "sizes": [list(camera.size) for camera in true],
}
task.run()

report = task.get_output(1).data
found = cameras_from(report)
# How far apart two cameras are does not depend on where the world's origin is.
ratios = [
    np.linalg.norm(found[a].centre - found[b].centre)
    / np.linalg.norm(true[a].centre - true[b].centre)
    for a in range(len(found))
    for b in range(a)
]
spread = np.std(ratios) / np.mean(ratios)
print(f"{len(found)} cameras; their distances are right up to one factor and {spread:.1%}")
print(*report["quality"]["warnings"], sep="\n")
