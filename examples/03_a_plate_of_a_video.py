"""The picture behind everything that moves: extract_background.

    python examples/03_a_plate_of_a_video.py [VIDEO]

``video_path`` takes what FFmpeg reads, where Ikomia's own ``run_on`` takes few kinds of files.
"""

import cv2
import drawn
from begin import begin

from workflows.plugins import add_task, new_workflow

given = begin(__doc__, __file__)
video = given.input or drawn.street(given.output)

workflow = new_workflow("plate")
extract = add_task(workflow, "extract_background", {"video_path": video})
workflow.connect_tasks(workflow.root(), extract)
workflow.run()

plate = extract.get_output(0).get_image()
cv2.imwrite(str(given.output / "plate.png"), plate[..., ::-1])
report = extract.get_output(3).data
print(f"{report['frames_used']} frames by {report['method']}: {given.output / 'plate.png'}")
