"""Parameters of infer_multiview_triangulation: names, choices, bounds, defaults stand here once."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from infer_multiview_triangulation.infer_multiview_triangulation_kit.parameters import (
    PluginParam,
    PluginSettings,
    setting,
)
from infer_multiview_triangulation.multiview_geometry import PERSONS, Options

CONFIDENCE: dict[str, Any] = {"ge": 0, "le": 1, "advanced": True, "step": 0.05, "decimals": 3}
CALIBRATE_BOARD = "calibrate_board"
BY_BOARD = {"mode": [CALIBRATE_BOARD]}
BY_PEOPLE = {"mode": ["triangulate", "estimate_cameras", "refine_cameras"]}
IF_OPTIMISED = BY_PEOPLE | {"optimise": ["True"], "engine": ["native"]}
MAX_WEIGHT = 1000
WEIGHT: dict[str, Any] = {
    "ge": 0,
    "le": MAX_WEIGHT,
    "step": 0.5,
    "decimals": 3,
    "only_if": IF_OPTIMISED | {"objective": ["robust"]},
}


class Settings(PluginSettings):
    """What a user can set."""

    mode: Literal["triangulate", "estimate_cameras", "refine_cameras", "calibrate_board"] = setting(
        "triangulate",
        "Take the cameras as they are, estimate all of them, or only where they stand; or "
        "calibrate them by videos of a board, without people",
        label="What to do",
        words={
            "triangulate": "triangulate",
            "estimate_cameras": "estimate the cameras too",
            "refine_cameras": "refine where the cameras stand",
            "calibrate_board": "calibrate the cameras by a board",
        },
    )
    boards_path: str = setting(
        "",
        "Videos of a board, one a camera: a folder, or one a line; or folders of pictures",
        label="Videos of the board",
        browse="either",
        only_if=BY_BOARD,
    )
    board: str = setting(
        "",
        "charuco:7x5:40mm:30mm:4x4_50 or checkerboard:10x7:25mm: squares, their side, the "
        "markers' side, their dictionary",
        label="Board",
        only_if=BY_BOARD,
    )
    board_world: Literal["first_camera", "board_first", "board_last"] = setting(
        "first_camera",
        "The world's origin and axes: the first camera's, or the board's as it lies on the floor "
        "in its first or last picture",
        label="World",
        words={
            "first_camera": "the first camera's",
            "board_first": "the board in its first picture",
            "board_last": "the board in its last picture",
        },
        only_if=BY_BOARD,
    )
    board_stride: int = setting(
        0,
        "Look at every so many-th frame; 0: at about 250 of each video",
        label="Every so many frames",
        ge=0,
        le=10000,
        advanced=True,
        unit="frames",
        lowest_means="about 250 of each video",
        only_if=BY_BOARD,
    )
    keypoints_path: str = setting(
        "",
        "Detector files: a folder with one folder a view, or a file; else input 0",
        label="Detector files",
        browse="either",
        only_if=BY_PEOPLE,
    )
    cameras_path: str = setting(
        "",
        "Calibration file; else input 2; none: estimated; with a board: lenses that are kept",
        label="Calibration file",
    )
    skeleton: Literal[
        "auto",
        "known",
        "coco17",
        "coco18",
        "body25",
        "body25_hands",
        "body25b",
        "halpe26",
        "wholebody133",
        "mediapipe33",
    ] = setting(
        "auto",
        "What the keypoints are; known: as auto, but those of no known skeleton are refused",
        label="Skeleton",
        only_if=BY_PEOPLE,
    )
    engine: Literal["native", "aniposelib"] = setting(
        "native",
        "Own solvers, or aniposelib called as AIST++ calls it",
        label="Engine",
        advanced=True,
        only_if=BY_PEOPLE,
    )
    method: Literal["robust", "weighted", "plain"] = setting(
        "robust",
        "Triangulation: outliers rejected, weighted by confidence, or plain DLT",
        label="Triangulation",
        advanced=True,
        only_if=BY_PEOPLE | {"engine": ["native"]},
    )
    min_confidence: float = setting(
        0.15,
        "Keypoints below it count as missing (AIST++: 0.15)",
        label="Least confidence",
        only_if=BY_PEOPLE,
        **CONFIDENCE,
    )
    camera_confidence: float = setting(
        0.5,
        "The same where cameras are adjusted (AIST++: 0.5)",
        label="Least for the cameras",
        only_if=[
            {"mode": ["estimate_cameras", "refine_cameras"]},
            BY_PEOPLE | {"cameras_path": [""]},
        ],
        **CONFIDENCE,
    )
    start_cameras: Literal["none", "aist"] = setting(
        "none",
        "Without cameras: estimate from nothing, or from AIST's ring",
        label="Start without cameras",
        advanced=True,
        only_if=BY_PEOPLE | {"cameras_path": [""]},
    )
    optimise: bool = setting(
        True,
        "Optimise the sequence with bones and smoothness",
        label="Optimise the sequence",
        only_if=BY_PEOPLE,
    )
    objective: Literal["robust", "aist"] = setting(
        "robust",
        "What engine=native optimises: its own, or exactly AIST++'s",
        label="Objective",
        advanced=True,
        only_if=IF_OPTIMISED,
    )
    smooth: str = setting(
        "auto",
        "Weight of smooth motion: auto, by how well it predicts what is hidden; or 0 to 1000",
        label="Weight of smoothness",
        only_if=WEIGHT["only_if"],
    )
    bone: float = setting(
        1.0, "Weight of constant bone lengths", label="Weight of bone lengths", **WEIGHT
    )
    repair_swaps: bool = setting(
        True,
        "Repair left and right confused by a detector",
        label="Repair left-right swaps",
        advanced=True,
        only_if=BY_PEOPLE | {"engine": ["native"], "method": ["robust"]},
    )
    max_gap_fill: int = setting(
        30,
        "Longest gap of a joint that is bridged (frames)",
        label="Longest gap to bridge",
        ge=0,
        le=10000,
        advanced=True,
        unit="frames",
        only_if=IF_OPTIMISED,
    )
    sync: Literal["off", "report", "auto"] = setting(
        "report",
        "Look for views that are late and tell, correct them with auto, or do not look",
        label="Views that are late",
        advanced=True,
        only_if=BY_PEOPLE,
    )
    max_offset: int = setting(
        30,
        "Largest delay looked for (frames)",
        label="Largest delay",
        ge=1,
        le=1000,
        advanced=True,
        unit="frames",
        only_if=BY_PEOPLE | {"sync": ["report", "auto"]},
    )
    person: str = setting(
        "main",
        "Of several people: main, who is seen best; all; or a number from 0 on, best seen first",
        label="Person",
        only_if=BY_PEOPLE,
    )
    scale: str = setting(
        "none",
        "none, height:LENGTH, distance:CAMERA,CAMERA,LENGTH or bone:JOINT-JOINT,LENGTH",
        label="Scale",
        only_if=BY_PEOPLE,
    )
    up_axis: Literal["keep", "y", "z"] = setting(
        "keep",
        "Turn the world so that people stand along y or z, the floor at 0",
        label="Upward axis",
        only_if=BY_PEOPLE,
    )
    units: Literal["auto", "m", "cm", "mm"] = setting(
        "auto",
        "Unit of the cameras' world, for files that name one; auto guesses",
        label="Unit of the cameras",
    )
    fps: float = setting(
        0.0,
        "Frames a second; 0 takes the files' or 60 (1/s)",
        label="Frame rate",
        ge=0,
        le=10000,
        unit="frames/s",
        step=5,
        decimals=3,
        lowest_means="as in the files, or 60",
        only_if=BY_PEOPLE,
    )
    allow_pickle: bool = setting(
        False,
        "Read .pkl files of AIST++, by a reader that admits arrays only",
        label="Read .pkl files",
        advanced=True,
        only_if=BY_PEOPLE | {"keypoints_path": ["*"]},
    )
    allow_uneven: bool = setting(
        False,
        "Take views whose frame counts differ by more than 10 %",
        label="Take uneven frame counts",
        advanced=True,
        only_if=BY_PEOPLE | {"keypoints_path": ["*"]},
    )
    output_folder: str = setting(
        "",
        "Where keypoints3d.npz, .trc, .c3d, .csv and the cameras are written",
        label="Folder for the results",
    )
    aist_pickle: bool = setting(
        False,
        "Also write keypoints3d.pkl as AIST++ does",
        label="Write AIST++'s .pkl too",
        advanced=True,
        only_if=BY_PEOPLE | {"output_folder": ["*"]},
    )

    @field_validator("person", mode="before")
    @classmethod
    def _is_person(cls, value: object) -> str:
        # What main was called before there was all.
        told = "main" if str(value) == "best" else str(value)
        if told not in PERSONS and not (told.isascii() and told.isdecimal()):
            raise ValueError(f"{told!r} is neither {', '.join(PERSONS)} nor a number from 0 on")
        return told

    @field_validator("board", mode="after")
    @classmethod
    def _is_board(cls, value: str) -> str:
        if value:
            # Late: most users never have a board.
            from infer_multiview_triangulation.board_calibration import Board

            Board.parse(value)
        return value

    @field_validator("smooth", mode="before")
    @classmethod
    def _is_weight(cls, value: object) -> str:
        told = str(value).strip().lower()
        try:
            is_weight = told == "auto" or 0 <= float(told) <= MAX_WEIGHT
        except ValueError:
            is_weight = False
        if not is_weight:
            raise ValueError(f"{value!r} is neither auto nor a number from 0 to {MAX_WEIGHT}")
        return told

    @property
    def options(self) -> Options:
        """What the engine takes."""
        named = {
            name: getattr(self, name) for name in Options.__dataclass_fields__ if name != "person"
        }
        if self.smooth != "auto":
            named["smooth"] = float(self.smooth)
        person = self.person if self.person in PERSONS else int(self.person)
        return Options(person=person, **named)

    @property
    def is_everybody(self) -> bool:
        """Whether all people are wanted, so that outputs have an axis for them."""
        return self.person == "all"


class InferMultiviewTriangulationParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
