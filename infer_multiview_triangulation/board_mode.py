"""mode=calibrate_board: between the task's parameters and the engine that calibrates by a board."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.board_calibration import (
    Board,
    BoardCalibration,
    BoardOptions,
    calibrate_by_board,
    find_footage,
)
from infer_multiview_triangulation.data import cameras_to, plain
from infer_multiview_triangulation.infer_multiview_triangulation_kit.files import write_json
from infer_multiview_triangulation.multiview_geometry import Camera
from infer_multiview_triangulation.parameters import Settings

METRES = "m"


def calibrate(settings: Settings, lenses: Sequence[Camera] | None) -> BoardCalibration:
    """Calibrate as the parameters say.

    Args:
        lenses: Cameras whose intrinsics are kept, by name or in the views' order; None: none are.

    Raises:
        FileNotFoundError, ValueError: A path or a value cannot be used, or the board is not seen.
        Stopped: The user ended it.
    """
    if not settings.boards_path:
        raise ValueError(
            "mode=calibrate_board needs boards_path: the folder in which each camera has a video "
            "of the board"
        )
    options = BoardOptions(
        board=Board.parse(settings.board),
        stride=settings.board_stride,
        world=settings.board_world,
        unit=METRES if settings.units == "auto" else settings.units,
    )
    return calibrate_by_board(find_footage(settings.boards_path), options, lenses=lenses)


def report_of_board(calibration: BoardCalibration) -> dict[str, Any]:
    """Cameras, their unit and how good they are, in plain numbers; NaN is None."""
    return {
        "cameras": cameras_to(calibration.cameras),
        "units": calibration.unit,
        "quality": plain(calibration.quality),
    }


def write(folder: Path, calibration: BoardCalibration) -> list[Path]:
    """Write the cameras as .json and .toml, and how good they are as calibration.json."""
    paths = [folder / name for name in ("cameras.json", "cameras.toml", "calibration.json")]
    files.write_cameras_json(paths[0], calibration.cameras)
    files.write_cameras_toml(paths[1], calibration.cameras)
    write_json(paths[2], report_of_board(calibration))
    return paths
