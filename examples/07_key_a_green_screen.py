"""A green screen: infer_chroma_key finds the screen's colour, the alpha, and takes its light away.

python examples/07_key_a_green_screen.py [PICTURE]
"""

import cv2
import drawn
from begin import begin

from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
picture = given.input or drawn.green_screen(given.output)

workflow = new_workflow("key")
key = add_task(workflow, "infer_chroma_key")
workflow.connect_tasks(workflow.root(), key, [(0, 0)])
workflow.run_on(path=str(picture))

alpha = key.get_output(1).get_array()
foreground = key.get_output(2).get_image()
cv2.imwrite(str(given.output / "foreground.png"), foreground[..., ::-1])
print(f"the screen is {key.get_output(3).data['screen_colour']}: {given.output}")
