"""Finding people on the CPU: what the detector, each person's keypoints and each mask cost.

People are drawn: the networks take as long for them as for real ones. The rows with a clip say what
tracked crops save, as the detector then looks at every third frame only.
"""

from __future__ import annotations

import time
from typing import Any

import cv2
import numpy as np
from rich.table import Table

from development.benchmarks import measuring
from development.tables import new_table

HEIGHT, WIDTH, TALL = 1080, 1920, 640
FRAMES = 9
RUNS = 5
# What is measured, with how many people and which options.
CASES = {
    "a picture, keypoints": (1, {"masks": False, "track_crops": False}),
    "a picture, keypoints and masks": (1, {"track_crops": False}),
    "a frame of a clip, keypoints": (1, {"masks": False}),
    "a frame of a clip, keypoints and masks": (1, {}),
    "four people, a picture, keypoints": (4, {"masks": False, "track_crops": False}),
    "four people, a picture, keypoints and masks": (4, {"track_crops": False}),
    "a picture, keypoints, input 768": (
        1,
        {"masks": False, "track_crops": False, "input_size": 768},
    ),
}


def table() -> Table:
    """CPU milliseconds of drawn people in 1920x1080, one thread."""
    title = (
        f"infer_people, {WIDTH}x{HEIGHT}, one thread: CPU time a frame, peak memory above loaded"
    )
    rows = []
    for case, (people, _) in CASES.items():
        result = measuring.in_a_process("development.benchmarks.people", case=case)
        found = f"{result['found']:.1f}"
        rows.append((case, str(people), f"{result['ms']:.0f}", f"{result['mib']:.0f}", found))
    columns = ("case", "people", "ms", "MiB", "found")
    return new_table(title, columns, rows, words=1, caption="found: people a frame")


def pictures_of(people: int) -> list[np.ndarray]:
    """A clip of the built-in body, side by side, each walking to the right."""
    from development.synthetic.people import place, room

    frames = []
    for index in range(FRAMES):
        frame = room(HEIGHT, WIDTH)
        for person in range(people):
            place(frame, 60 + 460 * person + 6 * index, HEIGHT - 40, TALL)
        frames.append(frame)
    return frames


def measure(case: str) -> dict[str, Any]:
    """One case in this process: CPU milliseconds a frame, the least of several runs."""
    from infer_people.people_finding import FinderOptions, PeopleFinder

    cv2.setNumThreads(1)
    people, options = CASES[case]
    frames = pictures_of(people)
    finder = PeopleFinder(FinderOptions(device="cpu", threads=1, **options))
    finder(frames[0])
    before, found, times = measuring.memory_from_now(), 0, []
    for _ in range(RUNS):
        finder.reset()
        start = time.process_time()
        found = sum(len(finder(frame)) for frame in frames)
        times.append(time.process_time() - start)
    return {
        "ms": 1e3 * min(times) / len(frames),
        "mib": measuring.peak_mib() - before,
        "found": found / len(frames),
    }


if __name__ == "__main__":
    measuring.answer(measure)
