"""Cut a person out of a picture: infer_people's mask becomes the picture's transparency.

python examples/01_cut_out_a_person.py [PICTURE]
"""

import cv2
import drawn
from begin import begin

from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
picture = given.input or drawn.person(given.output)

workflow = new_workflow("cut out")
people = add_task(workflow, "infer_people")
workflow.connect_tasks(workflow.root(), people, [(0, 0)])
workflow.run_on(path=str(picture))

keypoints = people.get_output(2).get_array()  # (people, 17, 3): x, y, score
mask = people.get_output(4).get_image()  # (H, W), 0 to 255
blue, green, red = cv2.split(cv2.imread(str(picture)))
cv2.imwrite(str(given.output / "cut_out.png"), cv2.merge([blue, green, red, mask]))
print(f"{len(keypoints)} people, {mask.mean() / 255:.1%} of the picture: {given.output}")
