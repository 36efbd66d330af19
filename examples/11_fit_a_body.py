"""3D keypoints to a body that moves, for Blender, game engines and research: infer_smpl_fit.

    python examples/11_fit_a_body.py [KEYPOINTS]

KEYPOINTS is .npz, .trc, .c3d or .csv.
"""

import numpy as np
from begin import begin

from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
keypoints = given.input or given.output / "keypoints3d.npz"
if given.input is None:
    from development.synthetic.body_capture import make_capture

    drawn = make_capture(40).keypoints
    np.savez(keypoints, keypoints3d=drawn / 100, fps=60.0, units="m", skeleton="body25")

workflow = new_workflow("fit")
parameters = {"keypoints_path": keypoints, "output_folder": given.output / "motion"}
fit = add_task(workflow, "infer_smpl_fit", parameters)
workflow.connect_tasks(workflow.root(), fit)
workflow.run()

poses = fit.get_output(0).get_array()  # (frames, 24, 3), axis-angle
report = fit.get_output(4).data
print(f"{len(poses)} frames, {report['residual_mean_mm']:.1f} mm from the keypoints")
print(*sorted(path.name for path in (given.output / "motion").iterdir()))
