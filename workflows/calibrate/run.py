"""Calibrate cameras, and write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from infer_multiview_triangulation.board_calibration import (
    Board,
    BoardOptions,
    calibrate_by_board,
    footage_of,
)
from infer_multiview_triangulation.infer_multiview_triangulation_kit.stopping import stoppable
from infer_multiview_triangulation.multiview_files import (
    camera_values,
    read_cameras,
    write_cameras_json,
    write_cameras_toml,
)
from plugin_kit.files import write_json
from workflows.calibrate.options import in_options
from workflows.interruption import was_interrupted
from workflows.output_folder import (
    REPORT,
    held_folder,
    refuse_to_replace_inputs,
    staged_outputs,
)
from workflows.screen import counting_bar, plain_console, say, unread_is_fine

JSON, TOML = "cameras.json", "cameras.toml"


def run_calibration(
    videos: Sequence[Path],
    board: str,
    output: Path,
    *,
    world: str = "first_camera",
    stride: int = 0,
    lenses: Path | None = None,
    unit: str = "m",
    quiet: bool = False,
) -> dict[str, Any]:
    """Calibrate the cameras that recorded videos of a board; return the report.

    Written are ``cameras.toml`` (anipose's and Pose2Sim's form), ``cameras.json`` (AIST++'s), and
    ``report.json``.

    Args:
        videos: A folder, or one video or folder of pictures a camera.
        board: Its description, ``charuco:7x5:40mm:30mm:4x4_50`` or ``checkerboard:10x7:25mm``.
        output: A folder.
        world: first_camera, board_first or board_last.
        stride: Every how many frames are looked at; 0: about 250 of each video.
        lenses: A calibration whose intrinsics are kept.
        unit: Of the cameras: m, cm or mm.

    Raises:
        FileNotFoundError, ValueError: An input cannot be used, or an output would take its place;
            the text says which, and what helps.
        OSError: The output cannot be written.
    """
    options = BoardOptions(Board.parse(board), stride=stride, world=world, unit=unit)
    written = [output / name for name in (JSON, TOML, REPORT)]
    refuse_to_replace_inputs({"--lenses": lenses}, written)
    footage = footage_of(videos)
    kept = read_cameras(lenses) if lenses else None
    refuse_to_replace_inputs({f"view {view.name}": view.path for view in footage}, written)
    with held_folder(output), counting_bar(quiet) as progress:
        bar = progress.add_task("pictures", total=None)
        with stoppable(was_interrupted):
            found = calibrate_by_board(
                footage, options, lenses=kept, when_picture=lambda: progress.advance(bar)
            )
        report = {
            "board": board,
            "world": world,
            "units": found.unit,
            "views": {view.name: str(view.path) for view in footage},
            "cameras": [camera_values(camera) for camera in found.cameras],
            "quality": found.quality,
            "files": [JSON, TOML],
        }
        with staged_outputs(output) as staging:
            write_cameras_json(staging / JSON, found.cameras)
            write_cameras_toml(staging / TOML, found.cameras)
            write_json(staging / REPORT, report)
    if not quiet:
        _show(report, output)
    return report


def _show(report: dict[str, Any], output: Path) -> None:
    quality = report["quality"]
    with unread_is_fine():
        console = plain_console()
        table = Table(title=f"cameras, {report['units']}")
        heads = ("view", "pictures", "with board", "covered", "error px", "held out px", "focal px")
        for head in heads:
            table.add_column(head, justify="left" if head == "view" else "right")
        for view in quality["views"]:
            table.add_row(
                view["name"],
                str(view["pictures"]),
                str(view["pictures_with_board"]),
                f"{view['coverage']:.0%}",
                _number(view["median"]),
                _number(view["left_out_median"]),
                f"{view['focal'][0]:.0f}",
            )
        console.print(table)
        if quality["distance_error_mm"] is not None:
            told = _number(quality["distance_error_mm"])
            console.print(f"  lengths on the board are off by {told} mm (median, held out)")
        console.print(f"  {output / TOML}", soft_wrap=True)
        for warning in quality["warnings"]:
            say(console, "warning:", in_options(warning))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
