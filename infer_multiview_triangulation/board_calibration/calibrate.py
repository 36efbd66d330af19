"""From videos of a board to calibrated cameras: the steps in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..infer_multiview_triangulation_kit.stopping import check_stop_inside
from ..multiview_geometry.camera import Camera
from ..multiview_geometry.inputs import in_view_order
from .adjustment import Adjusted, adjust
from .board import Board
from .footage import Footage, usual_stride
from .intrinsics import Intrinsics, calibrate_view
from .moments import chosen_moments
from .poses import Rigid, board_poses, place_cameras, without_contradictions, world_poses
from .quality import held_out_errors, held_out_score, reprojection_errors
from .report import quality_of
from .selection import held_moments, speeds
from .sightings import Sightings, WhenPicture, find_sightings
from .world import FIRST_CAMERA, UNITS_OF_METRE, WORLDS, rest_warning, world_move

KEEPS_INTRINSICS = -1
# With so many coefficients of distortion each lens is tried besides: k1 to p2, and k3 as well.
RICHER = (4, 5)


@dataclass(frozen=True)
class BoardOptions:
    """How to calibrate.

    Attributes:
        board: What is looked for.
        stride: Every how many frames; 0: so that about 250 are looked at.
        world: ``first_camera``, or ``board_first`` or ``board_last``: where the board lies in the
            first or the last picture of it.
        unit: Of the cameras: m, cm or mm.

    Raises:
        ValueError: A value is none of these.
    """

    board: Board
    stride: int = 0
    world: str = FIRST_CAMERA
    unit: str = "m"

    def __post_init__(self) -> None:
        for name, known in (("world", WORLDS), ("unit", tuple(UNITS_OF_METRE))):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} {getattr(self, name)!r} is none of {', '.join(known)}")
        if self.stride < 0:
            raise ValueError(f"board_stride {self.stride} is below 0")


@dataclass(frozen=True)
class BoardCalibration:
    """Cameras, and how good they are.

    Attributes:
        cameras: V.
        boards: (B, 4, 3): the outline of the board at the moments that were adjusted to, in the
            cameras' world.
        unit: Of the cameras.
        quality: The report: figures of all, ``views``, ``warnings``.
    """

    cameras: list[Camera]
    boards: np.ndarray
    unit: str
    quality: dict[str, Any]


def calibrate_by_board(
    footage: Footage,
    options: BoardOptions,
    *,
    lenses: Sequence[Camera] | None = None,
    when_picture: WhenPicture = lambda: None,
) -> BoardCalibration:
    """Calibrate the cameras that recorded ``footage``.

    Each view's intrinsics come from its own pictures of the board, the poses from the moments at
    which two views see it, and at last everything is adjusted together. A quarter of the moments
    that are used is kept to judge by.

    Args:
        lenses: Cameras whose intrinsics are taken as they are, one a view; None: all is estimated.
        when_picture: Told of each picture that was looked at.

    Raises:
        ValueError: The board is not seen, or too rarely, or views never share it; or a file cannot
            be read.
        Stopped: The user ended it.
    """
    noticed: list[str] = []
    if lenses is not None:
        lenses = _lenses(lenses, footage, noticed)
    stride = options.stride or usual_stride(footage)
    sightings = find_sightings(footage, options.board, stride, when_picture)
    found = calibrate_sightings(sightings, options, lenses)
    found.quality["stride"] = stride
    found.quality["warnings"][:0] = [*noticed, *sightings.warnings]
    return found


def calibrate_sightings(
    sightings: Sightings, options: BoardOptions, lenses: Sequence[Camera] | None = None
) -> BoardCalibration:
    """The same from corners that were found already; ``lenses`` stand in the views' order.

    Raises:
        ValueError: The board is seen too rarely, or views never share it.
        Stopped: The user ended it.
    """
    board = options.board
    speed = _speeds(sightings)
    is_held = held_moments(len(sightings.moments))
    intrinsics = None if lenses else _intrinsics(sightings, speed, is_held, board)
    cameras = _cameras(sightings, intrinsics, lenses)
    check_stop_inside("the calibration")
    poses = board_poses(sightings, cameras, board)
    cameras = place_cameras(sightings, cameras, poses, board)
    boards, ordered = world_poses(sightings, cameras, poses, board)
    ordered, contradicting = without_contradictions(ordered, cameras, boards, board)
    used, held = chosen_moments(ordered, boards, speed, is_held, intrinsics=intrinsics, board=board)
    adjusted = _adjusted(
        cameras, boards, ordered, used=used, held=held, intrinsics=intrinsics, board=board
    )
    moved = Rigid(boards.rotation.copy(), boards.translation.copy())
    moved.rotation[used], moved.translation[used] = (
        adjusted.boards.rotation,
        adjusted.boards.translation,
    )
    judged = held_out_errors(adjusted.cameras, boards[held], ordered.pixels[:, held], board.corners)
    errors = reprojection_errors(
        adjusted.cameras, adjusted.boards, ordered.pixels[:, used], board.corners
    )
    move = world_move(
        adjusted.cameras,
        moved,
        ordered,
        corners=board.corners,
        world=options.world,
        unit=options.unit,
    )
    world = [move.camera(camera) for camera in adjusted.cameras]
    quality = quality_of(
        ordered,
        world,
        errors,
        judged,
        coefficients=adjusted.coefficients,
        intrinsics=intrinsics,
        used=used,
        held=held,
        board=board,
        contradicting=contradicting,
    )
    restless = rest_warning(moved, ordered.moments, board.outline, options.world)
    quality["warnings"] += [restless] if restless else []
    return BoardCalibration(world, move(adjusted.boards(board.outline)), options.unit, quality)


def _lenses(lenses: Sequence[Camera], footage: Footage, warnings: list[str]) -> Sequence[Camera]:
    """The lens of each view.

    Raises:
        ValueError: Their count is another, or one was calibrated at another size.
    """
    names = [view.name for view in footage]
    ordered = in_view_order(lenses, names, warnings)
    if len(ordered) != len(names):
        raise ValueError(
            f"there are {len(ordered)} cameras whose lenses are to be kept, and {len(names)} views "
            f"of the board ({', '.join(names)}): give one a view"
        )
    if len(names) == 1:
        raise ValueError(
            "of one camera whose lens is kept nothing is left to calibrate: give the videos of "
            "two, or leave cameras_path empty"
        )
    for lens, view in zip(ordered, footage, strict=True):
        if lens.size is not None and tuple(lens.size) != tuple(view.size):
            told = ["x".join(map(str, size)) for size in (lens.size, view.size)]
            raise ValueError(
                f"the lens of camera {lens.name} is of pictures of {told[0]}, {view.path} has "
                f"{told[1]}: calibrate without cameras_path, or record at that size"
            )
    return ordered


def _speeds(sightings: Sightings) -> np.ndarray:
    """Pixels a frame (V, M) by which the board moves; NaN where it is not seen."""
    found = np.full(sightings.seen.shape, np.nan)
    for view, seen in enumerate(sightings.seen):
        found[view, seen] = speeds(sightings.pixels[view, seen], sightings.moments[seen])
    return found


def _intrinsics(
    sightings: Sightings, speed: np.ndarray, is_held: np.ndarray, board: Board
) -> list[Intrinsics]:
    found = []
    for view, name in enumerate(sightings.names):
        check_stop_inside("the calibration")
        found.append(
            calibrate_view(
                name,
                sightings.pixels[view],
                speed[view],
                is_held=is_held,
                corners=board.corners,
                size=sightings.sizes[view],
            )
        )
    return found


def _cameras(
    sightings: Sightings, intrinsics: Sequence[Intrinsics] | None, lenses: Sequence[Camera] | None
) -> list[Camera]:
    if intrinsics is None:
        views = zip(sightings.names, sightings.sizes, lenses or (), strict=True)
        return [replace(lens, name=name, size=size) for name, size, lens in views]
    return [
        Camera(name, size, lens.matrix, lens.distortions, np.zeros(3), np.zeros(3))
        for name, size, lens in zip(sightings.names, sightings.sizes, intrinsics, strict=True)
    ]


def _adjusted(
    cameras: Sequence[Camera],
    boards: Rigid,
    sightings: Sightings,
    *,
    used: np.ndarray,
    held: np.ndarray,
    intrinsics: Sequence[Intrinsics] | None,
    board: Board,
) -> Adjusted:
    """Everything adjusted; the intrinsics too, and with more coefficients, where that is better.

    Better is what explains held-out moments: of each view by what the others say of the board.
    """
    ways = [[KEEPS_INTRINSICS] * len(cameras)]
    if intrinsics is not None:
        own = [lens.model for lens in intrinsics]
        ways += [own, *([max(count, most) for count in own] for most in RICHER)]
    best, best_score = None, np.inf
    begin = Adjusted(list(cameras), boards[used])
    for coefficients in ways:
        begin = adjust(
            begin.cameras,
            begin.boards,
            sightings.pixels[:, used],
            board.corners,
            coefficients=coefficients,
        )
        score = held_out_score(
            begin.cameras, boards[held], sightings.pixels[:, held], board.corners
        )
        # Without held-out moments the lenses stay as they were alone.
        if best is None or score < best_score:
            best, best_score = begin, score
    assert best is not None
    return best
