"""Videos of several cameras to motion: what ``python -m workflows.motion`` does, in a program.

    python examples/12_videos_to_motion.py [FOLDER]

FOLDER holds a video a camera; ``cameras.json`` beside it is their calibration.
"""

import drawn
from begin import begin

from workflows.motion import MotionOptions, run_motion

given = begin(__doc__, __file__)
videos = given.input or drawn.cameras(given.output)
calibration = videos.with_name("cameras.json")

report = run_motion(
    MotionOptions(
        keypoints=None,
        videos=(videos,),
        cameras=calibration if calibration.is_file() else None,
        output=given.output / "motion",
        triangulation={"units": "cm"},
        has_preview=False,
        has_viewer=False,
    )
)
quality = report.reconstruction["quality"]
print(f"each view from the others: {quality['left_out_median']:.1f} pixels")
print(f"body to keypoints: {report.fit['residual_mean_mm']:.1f} mm")
print(*report.files)
