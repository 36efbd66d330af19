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
from workflows.plugins import REPOSITORY

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
VIDEOS = REPOSITORY.parent / "shared" / "data" / "pose2sim_videos" / "several"
VIDEOS_SCENE = "videos"
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

    if scene == VIDEOS_SCENE:
        return _measure_videos()
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
        own, true = (
            np.stack([camera.centre for camera in group])
            for group in (found.first.cameras, taken.cameras)
        )
        points = fit_similarity(own, true)(points)
    errors = np.linalg.norm(points[:, None] - taken.points, axis=-1)
    off_alone = np.linalg.norm(np.stack(alone) - taken.points, axis=-1)
    return {
        "right": judged.right,
        "wrong": judged.wrong,
        "people": judged.people,
        "seconds": seconds,
        "error": float(np.nanmean(errors, axis=(2, 3)).min(axis=0).mean()),
        "alone": float(np.nanmean(off_alone)),
    }


def video_table() -> Table:
    """The people of a real take, from its videos, with its calibration and without."""
    rows = []
    if VIDEOS.is_dir():
        results = measuring.in_a_process("development.benchmarks.crowd", scene=VIDEOS_SCENE, seed=0)
        for cameras, people in results.items():
            for number, person in enumerate(people):
                rows.append((cameras, str(number), *map(str, person)))
    return new_table(
        "Pose2Sim's take of several people, keypoints by infer_people: frames in which each is "
        "known in 3D and seen in each view, pixels between each view and what the others say",
        ("cameras", "person", "frames", "frames a view", "left out px"),
        rows,
        caption="" if rows else f"{VIDEOS} is not there",
    )


def _measure_videos() -> dict:
    from infer_multiview_triangulation.multiview_files import read_cameras
    from infer_multiview_triangulation.multiview_geometry import (
        SKELETONS,
        Options,
        reconstruct_people,
    )
    from infer_people.people_files.in_views import ViewFileOptions, find_in_views
    from infer_people.people_files.videos import find_views
    from infer_people.people_files.view_arrays import arrays_of
    from infer_people.people_finding.options import FinderOptions

    options = FinderOptions(masks=False, device="cpu", threads=1)
    arrays = arrays_of(*find_in_views(find_views(VIDEOS), options, ViewFileOptions()))
    ways = {"calibrated": read_cameras(VIDEOS / "Calib.qca.txt"), "unknown": None}
    results = {}
    for way, cameras in ways.items():
        found = reconstruct_people(
            np.asarray(arrays["keypoints2d"], float),
            cameras,
            SKELETONS["coco17"],
            Options(person="all"),
            names=[str(name) for name in arrays["views"]],
            sizes=[(int(width), int(height)) for width, height in arrays["sizes"]],
            fps=float(arrays["fps"]),
        )
        rows = []
        for person in found.people:
            shown = np.isfinite(person.keypoints2d[..., 0]).any(axis=2).sum(axis=1)
            frames = int(np.isfinite(person.keypoints3d_optim[..., 0]).any(axis=1).sum())
            left_out = person.quality["left_out_median"]
            text = "two views" if left_out is None else f"{left_out:.1f}"
            rows.append((frames, " ".join(map(str, shown)), text))
        results[way] = rows
    return results


if __name__ == "__main__":
    measuring.answer(measure)
