"""mode=calibrate_board against OpenCV's calibrateCamera and stereoCalibrate, on boards whose
cameras are known. The window in which a ChArUco's corners are measured was looked at on one of the
seeds; nothing else was.

Both see the same corners. As a careful user would, OpenCV is given 40 pictures of each view spread
over the take, a lens of five coefficients, and for the places of two neighbouring cameras all
moments at which both see the board. *Drawn* pictures go through the detector; of the others the
corners are projected, with noise, and some of them far off where that is said.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from rich.table import Table
from threadpoolctl import threadpool_limits

from development.benchmarks import measuring
from development.tables import new_table

SEEDS = range(8100, 8103)
VIEWS, FRAMES, DRAWN_FRAMES = 3, 120, 40
SIZE = 960, 720
CHARUCO, CHECKERBOARD = "charuco:7x5:80mm:60mm", "checkerboard:8x6:80mm"
NOISE = 0.2
# Of the pictures of one view so many are wrong, and by how many pixels.
WRONG_SHARE, WRONG_PIXELS = 0.1, 30.0
CASES = {
    "ChArUco": (CHARUCO, False, False),
    "checkerboard": (CHECKERBOARD, False, False),
    "ChArUco, a tenth wrong": (CHARUCO, True, False),
    "ChArUco, drawn": (CHARUCO, False, True),
    "checkerboard, drawn": (CHECKERBOARD, False, True),
}
WAYS = {"OpenCV": "opencv", "calibrate_board": "ours"}
# OpenCV takes long for many pictures, and gains little by more.
PICTURES = 40
# With fewer of a board's corners its pictures lead OpenCV astray.
LEAST_SHARE = 0.5


def table() -> Table:
    """Errors of focal lengths and of centres."""
    rows = []
    for case in CASES:
        r = measuring.in_a_process("development.benchmarks.board", case=case)
        for name, way in WAYS.items():
            focal, centre, seconds = (r[f"{way}_{what}"] for what in ("focal", "centre", "cpu"))
            rows.append(
                (case, name, f"{100 * focal:.2f}", f"{1000 * centre:.1f}", f"{seconds:.1f}")
            )
    return new_table(
        f"cameras by a board: {VIEWS} views of {SIZE[0]}x{SIZE[1]} about 3 m away, {FRAMES} "
        f"pictures ({DRAWN_FRAMES} where drawn), corners {NOISE} px off, seeds {SEEDS[0]} to "
        f"{SEEDS[-1]}",
        ("board", "way", "f off, %", "centre off, mm", "CPU s"),
        rows,
        words=2,
        caption="means over views and seeds; centres of the second and third camera as the first "
        "sees them. A tenth wrong: of the second view's pictures, by 30 px",
    )


def measure(case: str) -> dict:
    """Both ways on one case."""
    from development.synthetic.board_videos import drawn, lens_cameras, sightings_of, waved
    from infer_multiview_triangulation.board_calibration import (
        Board,
        BoardOptions,
        calibrate_sightings,
    )

    cv2.setNumThreads(1)
    text, is_wrong, is_drawn = CASES[case]
    board = Board.parse(text)
    found: dict[str, list[float]] = {
        f"{way}_{what}": [] for way in WAYS.values() for what in ("focal", "centre", "cpu")
    }
    for seed in SEEDS:
        cameras = lens_cameras(VIEWS, SIZE, seed=seed)
        take = waved(board, cameras, DRAWN_FRAMES if is_drawn else FRAMES, seed=seed)
        sightings = sightings_of(take, NOISE, seed)
        if is_drawn:
            pixels = np.stack([find_corners(board, greys) for greys in drawn(take, seed)])
            sightings = replace(sightings, pixels=pixels)
        if is_wrong:
            sightings.pixels[1, :: round(1 / WRONG_SHARE)] += WRONG_PIXELS
        with threadpool_limits(1):
            start = time.process_time()
            ours = calibrate_sightings(sightings, BoardOptions(board)).cameras
            found["ours_cpu"].append(time.process_time() - start)
            start = time.process_time()
            matrices, centres = by_opencv(sightings.pixels, board.corners)
            found["opencv_cpu"].append(time.process_time() - start)
        first = cameras[0]
        truth = [first.rotation_matrix @ c.centre + first.translation for c in cameras[1:]]
        for way, lenses, places in (
            ("ours", [c.matrix for c in ours], [c.centre for c in ours[1:]]),
            ("opencv", matrices, centres),
        ):
            pairs = zip(lenses, cameras, strict=True)
            found[f"{way}_focal"] += [abs(m[0, 0] / c.matrix[0, 0] - 1) for m, c in pairs]
            away = np.linalg.norm(np.stack(places) - np.stack(truth), axis=1)
            found[f"{way}_centre"] += away.tolist()
    return {name: float(np.mean(values)) for name, values in found.items()}


def find_corners(board: Any, greys: list[np.ndarray]) -> np.ndarray:
    """What the plugin's detector finds of a Board in pictures, (M, C, 2) with NaN."""
    from infer_multiview_triangulation.board_calibration.detector import BoardDetector
    from infer_multiview_triangulation.board_calibration.sightings import is_usable

    detector = BoardDetector(board)
    found = np.stack([detector.find(grey) for grey in greys])
    found[[not is_usable(pixels, board) for pixels in found]] = np.nan
    return found


def by_opencv(pixels: np.ndarray, corners: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Camera matrices (3, 3) of V views, and the centres (3,) of all but the first in its frame.

    Neighbouring views are joined by stereoCalibrate with the lenses that calibrateCamera found, of
    the pictures that show half of the board's corners.

    Args:
        pixels: (V, M, C, 2), NaN where unseen.
        corners: (C, 3).
    """
    known = np.isfinite(pixels[..., 0])
    plane = corners.astype(np.float32)
    lenses = []
    for view, seen in zip(pixels, known, strict=True):
        moments = np.flatnonzero(seen.mean(axis=1) >= LEAST_SHARE)
        moments = moments[np.unique(np.linspace(0, len(moments) - 1, PICTURES).astype(int))]
        objects = [plane[seen[m]] for m in moments]
        images = [view[m][seen[m]].astype(np.float32) for m in moments]
        _, matrix, distortions, _, _ = cv2.calibrateCamera(objects, images, SIZE, None, None)
        lenses.append((matrix, distortions))
    rotation, translation = np.eye(3), np.zeros(3)
    centres = []
    for one, other in itertools.pairwise(range(len(pixels))):
        both = known[one] & known[other]
        moments = np.flatnonzero(both.mean(axis=1) >= LEAST_SHARE)
        objects = [plane[both[m]] for m in moments]
        first, second = (
            [pixels[view, m][both[m]].astype(np.float32) for m in moments] for view in (one, other)
        )
        found = cv2.stereoCalibrate(
            objects,
            first,
            second,
            lenses[one][0],
            lenses[one][1],
            lenses[other][0],
            lenses[other][1],
            SIZE,
            flags=cv2.CALIB_FIX_INTRINSIC,
        )
        turn, move = found[5], found[6]
        rotation, translation = turn @ rotation, turn @ translation + move.ravel()
        centres.append(-rotation.T @ translation)
    return [matrix for matrix, _ in lenses], centres


if __name__ == "__main__":
    measuring.answer(measure)
