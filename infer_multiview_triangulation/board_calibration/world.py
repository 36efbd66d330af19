"""The frame and the unit in which calibrated cameras are handed out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..multiview_geometry.camera import Camera
from ..multiview_geometry.cameras.alignment import Similarity
from .adjustment import place_board
from .poses import Rigid
from .sightings import Sightings

FIRST_CAMERA, BOARD_FIRST, BOARD_LAST = WORLDS = ("first_camera", "board_first", "board_last")
UNITS_OF_METRE = {"m": 1.0, "cm": 100.0, "mm": 1000.0}


def world_move(
    cameras: Sequence[Camera],
    boards: Rigid,
    sightings: Sightings,
    *,
    corners: np.ndarray,
    world: str,
    unit: str,
) -> Similarity:
    """The move of cameras, whose world is the first one's frame in metres, that is wanted.

    Args:
        boards: To the first camera's frame, of the sightings' moments; NaN where unknown.
        world: One of :data:`WORLDS`. With a board the origin is its first corner, x runs along its
            columns, and z up from it to the side on which the cameras are.
        unit: m, cm or mm.
    """
    factor = UNITS_OF_METRE[unit]
    if world == FIRST_CAMERA:
        return Similarity(np.eye(3), np.zeros(3), factor)
    known = np.flatnonzero(np.isfinite(boards.translation[:, 0]))
    moment = known[0] if world == BOARD_FIRST else known[-1]
    board = place_board(boards[moment], cameras, sightings.pixels[:, moment], corners)
    axes = board.rotation.copy()
    centres = np.stack([camera.centre for camera in cameras])
    if np.median((centres - board.translation) @ axes[:, 2]) < 0:
        # Half a turn about x.
        axes[:, 1:] *= -1
    return Similarity(axes.T, -factor * axes.T @ board.translation, factor)
