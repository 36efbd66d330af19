"""Frame by frame, as a webcam gives them: ``sequence`` = stream lets people keep their numbers.

    python examples/08_frames_of_a_webcam.py [VIDEO]

In place of the video, ``cv2.VideoCapture(0)`` is the first webcam.
"""

import cv2
import drawn
from begin import begin

from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
video = given.input or drawn.walk(given.output, frames=6)

workflow = new_workflow("live")
parameters = {"sequence": "stream", "input_size": 256, "masks": False}
people = add_task(workflow, "infer_people", parameters)
workflow.connect_tasks(workflow.root(), people, [(0, 0)])
workflow.init_long_process()  # the networks are loaded before the first frame comes

numbers = []
camera = cv2.VideoCapture(str(video))
while True:
    taken, frame = camera.read()
    if not taken:
        break
    workflow.run_on(array=cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
    numbers.append([person["id"] for person in people.get_output(3).data["people"]])
camera.release()
print(*(f"frame {frame}: people {found}" for frame, found in enumerate(numbers)), sep="\n")
