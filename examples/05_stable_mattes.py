"""Less flicker: infer_flow_matting makes mattes of any origin agree along the optical flow.

    python examples/05_stable_mattes.py

The mattes are drawn: soft, and in some frames without a limb. dtSSD counts their flicker.
"""

import numpy as np
from begin import begin

from development.synthetic.scenes import make_flow_scene
from plugin_kit.flow.matte_metrics import score_clip
from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
clip = make_flow_scene("moving", frames=20)

workflow = new_workflow("stable")
refine = add_task(workflow, "infer_flow_matting", {"sequence": "stream"})
workflow.connect_tasks(workflow.root(), refine, [(0, 0), (1, 1)])
stable = []
for frame, matte in zip(clip.frames, clip.coarse, strict=True):
    workflow.set_image_input(array=frame, index=0)
    workflow.set_image_input(array=np.rint(255 * matte).astype(np.uint8), index=1)
    workflow.run()
    stable.append(refine.get_output(3).get_array().copy())

before, after = score_clip(clip.coarse, clip.truth), score_clip(np.stack(stable), clip.truth)
print(f"flicker (dtSSD x100) {before.dtssd:.1f} before, {after.dtssd:.1f} after")
