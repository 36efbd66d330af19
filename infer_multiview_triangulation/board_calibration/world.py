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
# Metres; a board that lies moves less between two pictures, as they are measured.
AT_REST = 0.02
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


def rest_warning(boards: Rigid, moments: np.ndarray, outline: np.ndarray, world: str) -> str | None:
    """What is doubtful about the picture in which the board is taken to lie on the floor.

    Args:
        boards: To one frame, in metres, of the moments (M,); NaN where unknown.
        outline: (4, 3) of the board.
    """
    known = np.flatnonzero(np.isfinite(boards.translation[:, 0]))
    if world == FIRST_CAMERA or len(known) < 2:
        return None
    one, other = known[:2] if world == BOARD_FIRST else known[-2:][::-1]
    moved = np.linalg.norm(boards[one](outline) - boards[other](outline), axis=1).max()
    if moved <= AT_REST:
        return None
    when = "first" if world == BOARD_FIRST else "last"
    return (
        f"where the board is {when} seen (frame {moments[one]}) it moves by {100 * moved:.0f} cm "
        f"to frame {moments[other]}, and gives the world nevertheless: let it lie on the floor, in "
        "sight, for some seconds"
    )
