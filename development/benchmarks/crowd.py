"""Several people in several views: how well they are told apart, what it costs, how exact each is.

Crowds of 150 frames whose truth is known, of seeds that nothing was tuned on.
"""

from __future__ import annotations

import time

import numpy as np
from rich.table import Table
from threadpoolctl import threadpool_limits

from development.benchmarks import measuring
from development.tables import new_table

SEEDS = (901, 902, 903)
FRAMES = 150
FOUR, NINE = (1, 3, 5, 7), tuple(range(1, 10))
# People, views, and what the detector does wrong.
SCENES = {
    "2 people, 4 views": (2, FOUR, "typical"),
    "3 people, 4 views": (3, FOUR, "typical"),
    "3 people, 9 views": (3, NINE, "typical"),
    "3 people, 4 views, hard": (3, FOUR, "hard"),
}
UNKNOWN = {"2 people, 4 unknown cameras": (2, FOUR, "typical")}


def table() -> Table:
    """Shares of detections, seconds of the association, and errors of crowds."""
    rows = []
    for scene in (*SCENES, *UNKNOWN):
        results = [
            measuring.in_a_process("development.benchmarks.crowd", scene=scene, seed=seed)
            for seed in SEEDS
        ]
        seconds = [r["seconds"] for r in results if r["seconds"] is not None]
        rows.append(
            (
                scene,
                " ".join(f"{r['right']:.4f}" for r in results),
                " ".join(f"{r['wrong']:.4f}" for r in results),
                " ".join(str(r["people"]) for r in results),
                f"{np.mean(seconds):.1f}" if seconds else "",
                f"{np.mean([r['error'] for r in results]):.2f}",
                f"{np.mean([r['alone'] for r in results]):.2f}",
            )
        )
    return new_table(
        f"several people, {FRAMES} frames, coco17, seeds {', '.join(map(str, SEEDS))}: detections "
        "given to their person, given to another, people found, CPU seconds of the association a "
        "1,000 frames, mean 3D error in the crowd and alone",
        ("scene", "right", "wrong", "people", "s", "cm", "alone cm"),
        rows,
    )


def measure(scene: str, seed: int) -> dict:
    """One crowd, in this process."""
    from development.synthetic.capture import HARD, TYPICAL
    from development.synthetic.crowd import crowd, shares
    from infer_multiview_triangulation.multiview_geometry import (
        SKELETONS,
        Options,
        reconstruct,
        reconstruct_people,
    )
    from infer_multiview_triangulation.multiview_geometry.cameras.alignment import fit_similarity
    from infer_multiview_triangulation.multiview_geometry.people.everybody import find_everybody

    count, views, level = (SCENES | UNKNOWN)[scene]
    faults = {"typical": TYPICAL, "hard": HARD}[level]
    taken, skeleton = crowd(count, FRAMES, seed, views=views, faults=faults), SKELETONS["coco17"]
    is_known = scene in SCENES
    with threadpool_limits(1):
        start = time.process_time()
        if is_known:
            find_everybody(taken.cameras, taken.keypoints, skeleton, warnings=[])
        seconds = 1000 / FRAMES * (time.process_time() - start) if is_known else None
        found = reconstruct_people(
            taken.keypoints,
            taken.cameras if is_known else None,
            skeleton,
            Options(person="all"),
            sizes=[camera.size for camera in taken.cameras],
        )
        alone = [
            reconstruct(taken.alone(i)[:, :, None], taken.cameras, skeleton).keypoints3d_optim
            for i in range(count)
        ]
    judged = shares(taken, [person.keypoints2d for person in found.people])
    points = found.stacked("keypoints3d_optim")
    if not is_known:
        centres = [[c.centre for c in group] for group in (found.first.cameras, taken.cameras)]
        points = fit_similarity(*map(np.stack, centres))(points)
    errors = np.linalg.norm(points[:, None] - taken.points, axis=-1)
    own = np.linalg.norm(np.stack(alone) - taken.points, axis=-1)
    return {
        "right": judged.right,
        "wrong": judged.wrong,
        "people": judged.people,
        "seconds": seconds,
        "error": float(np.nanmean(errors, axis=(2, 3)).min(axis=0).mean()),
        "alone": float(np.nanmean(own)),
    }


if __name__ == "__main__":
    measuring.answer(measure)
