"""The motion command from videos: what each step costs a view and frame.

A drawn person before four cameras; the command runs in a process of its own with one thread a
library. Steps are on the clock, the whole command in CPU time as well, all threads together.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from rich.table import Table

from development.benchmarks import measuring
from development.tables import new_table

FRAMES, HEIGHT, VIEWS = 60, 1080, 4


def table() -> Table:
    """Milliseconds a view and frame of the whole command, of the run with the least CPU time."""
    from development.synthetic.filmed import film, write_videos
    from infer_multiview_triangulation.multiview_files import write_cameras_json

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        take = film(FRAMES, height=HEIGHT, views=VIEWS)
        write_videos(folder / "videos", take)
        write_cameras_json(folder / "calibration.json", take.cameras)
        runs = [
            measuring.in_a_process(
                "development.benchmarks.videos", folder=str(folder), output=f"{folder}/out{index}"
            )
            for index in range(measuring.ROUNDS)
        ]
    run = min(runs, key=lambda run: run["whole command, CPU"])
    width, height = take.cameras[0].size or (0, 0)
    return new_table(
        f"motion from videos: {VIEWS} views of {width}x{height}, {FRAMES} frames, one person",
        ("step", "seconds", "ms a view and frame"),
        [
            (step, f"{seconds:.1f}", f"{1e3 * seconds / (VIEWS * FRAMES):.1f}")
            for step, seconds in run.items()
        ],
    )


def measure(folder: str, output: str) -> dict[str, float]:
    """Run the chain in this process; return seconds."""
    from workflows.motion.options import MotionOptions
    from workflows.motion.run import run_motion
    from workflows.plugins import quiet_ikomia

    quiet_ikomia()
    options = MotionOptions(
        None,
        Path(output),
        Path(folder) / "calibration.json",
        (Path(folder) / "videos",),
        triangulation={"units": "cm"},
        people={"threads": 1},
    )
    start, start_cpu = time.perf_counter(), time.process_time()
    report = run_motion(options)
    return {
        **report.seconds,
        "whole command": time.perf_counter() - start,
        "whole command, CPU": time.process_time() - start_cpu,
    }


if __name__ == "__main__":
    measuring.answer(measure)
