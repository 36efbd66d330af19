"""Finer edges where you have the empty scene: infer_background_matting, with its own weights.

    python examples/02_before_a_known_wall.py [PICTURE]

The empty scene is ``empty_room.png`` beside the picture.
"""

import cv2
import drawn
from begin import begin

from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
picture = given.input or drawn.person(given.output)

workflow = new_workflow("known wall")
matting = add_task(workflow, "infer_background_matting", {"weights": "builtin"})
workflow.set_image_input(path=str(picture), index=0)
workflow.set_image_input(path=str(picture.with_name("empty_room.png")), index=1)
workflow.set_image_input(path=str(drawn.hills(given.output)), index=2)
workflow.connect_tasks(workflow.root(), matting, [(0, 0), (1, 1), (2, 2)])
workflow.run()

alpha = matting.get_output(4).get_array()  # (H, W), float32, 0 to 1
composite = matting.get_output(0).get_image()  # (H, W, 3), RGB
cv2.imwrite(str(given.output / "composite.png"), composite[..., ::-1])
print(f"{alpha.mean():.1%} of the picture is the person's: {given.output}")
