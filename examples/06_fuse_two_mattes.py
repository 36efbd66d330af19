"""One matte of two: infer_matte_fusion lets background matting help another at its edges.

    python examples/06_fuse_two_mattes.py [PICTURE]

The empty scene is ``empty_room.png`` beside the picture.
"""

import cv2
import drawn
from begin import begin

from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
picture = given.input or drawn.person(given.output)

workflow = new_workflow("fused")
people = add_task(workflow, "infer_people")
matting = add_task(workflow, "infer_background_matting", {"weights": "builtin"})
fusion = add_task(workflow, "infer_matte_fusion")
workflow.set_image_input(path=str(picture), index=0)
workflow.set_image_input(path=str(picture.with_name("empty_room.png")), index=1)
workflow.connect_tasks(workflow.root(), people, [(0, 0)])
workflow.connect_tasks(workflow.root(), matting, [(0, 0), (1, 1)])
workflow.connect_tasks(workflow.root(), fusion, [(0, 0), (1, 5)])
workflow.connect_tasks(people, fusion, [(4, 1)])  # the mask is the base,
workflow.connect_tasks(matting, fusion, [(4, 4)])  # the exact alpha is the second
workflow.run()

cv2.imwrite(str(given.output / "alpha.png"), fusion.get_output(0).get_image())
report = fusion.get_output(4).data
print(f"misfit of the plate {report['misfit']:.1%}, share of the edge {report['edge_share']:.0%}")
