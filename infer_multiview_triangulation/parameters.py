"""Parameters of infer_multiview_triangulation: names, choices, bounds, defaults stand here once."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from infer_multiview_triangulation.infer_multiview_triangulation_kit.parameters import (
    PluginParam,
    PluginSettings,
)
from infer_multiview_triangulation.multiview_geometry import Options


class Settings(PluginSettings):
    """What a user can set."""

    mode: Literal["triangulate", "estimate_cameras", "refine_cameras"] = Field(
        "triangulate",
        description="Take the cameras as they are, estimate all of them, or only where they stand",
        json_schema_extra={"label": "What to do"},
    )
    keypoints_path: str = Field(
        "",
        description="Detector files: a folder with one folder a view, or a file; else input 0",
        json_schema_extra={"label": "Detector files", "browse": "either"},
    )
    cameras_path: str = Field(
        "",
        description="Calibration file; else input 2; none: estimated",
        json_schema_extra={"label": "Calibration file"},
    )
    skeleton: Literal["auto", "coco17", "coco18", "body25", "body25b"] = Field(
        "auto",
        description="What the keypoints are; body25 and body25b must be told apart",
        json_schema_extra={"label": "Skeleton"},
    )
    engine: Literal["native", "aniposelib"] = Field(
        "native",
        description="Own solvers, or aniposelib called as AIST++ calls it",
        json_schema_extra={"label": "Engine", "advanced": True},
    )
    method: Literal["robust", "weighted", "plain"] = Field(
        "robust",
        description="Triangulation: outliers rejected, weighted by confidence, or plain DLT",
        json_schema_extra={
            "label": "Triangulation",
            "advanced": True,
            "only_if": {"engine": ["native"]},
        },
    )
    min_confidence: float = Field(
        0.15,
        ge=0,
        le=1,
        description="Keypoints below it count as missing (AIST++: 0.15)",
        json_schema_extra={
            "label": "Least confidence",
            "advanced": True,
            "step": 0.05,
            "decimals": 3,
        },
    )
    camera_confidence: float = Field(
        0.5,
        ge=0,
        le=1,
        description="The same where cameras are adjusted (AIST++: 0.5)",
        json_schema_extra={
            "label": "Least for the cameras",
            "advanced": True,
            "step": 0.05,
            "decimals": 3,
            "only_if": [{"mode": ["estimate_cameras", "refine_cameras"]}, {"cameras_path": [""]}],
        },
    )
    start_cameras: Literal["none", "aist"] = Field(
        "none",
        description="Without cameras: estimate from nothing, or from AIST's ring",
        json_schema_extra={
            "label": "Start without cameras",
            "advanced": True,
            "only_if": {"cameras_path": [""]},
        },
    )
    optimise: bool = Field(
        True,
        description="Optimise the sequence with bones and smoothness",
        json_schema_extra={"label": "Optimise the sequence"},
    )
    objective: Literal["robust", "aist"] = Field(
        "robust",
        description="What engine=native optimises: its own, or exactly AIST++'s",
        json_schema_extra={
            "label": "Objective",
            "advanced": True,
            "only_if": {"optimise": ["True"], "engine": ["native"]},
        },
    )
    smooth: float = Field(
        1.0,
        ge=0,
        le=1000,
        description="Weight of smooth motion; 0 for none, 10 for slow motion",
        json_schema_extra={
            "label": "Weight of smoothness",
            "step": 0.5,
            "decimals": 3,
            "only_if": {"optimise": ["True"], "engine": ["native"], "objective": ["robust"]},
        },
    )
    bone: float = Field(
        1.0,
        ge=0,
        le=1000,
        description="Weight of constant bone lengths",
        json_schema_extra={
            "label": "Weight of bone lengths",
            "step": 0.5,
            "decimals": 3,
            "only_if": {"optimise": ["True"], "engine": ["native"], "objective": ["robust"]},
        },
    )
    repair_swaps: bool = Field(
        True,
        description="Repair left and right confused by a detector",
        json_schema_extra={
            "label": "Repair left-right swaps",
            "advanced": True,
            "only_if": {"engine": ["native"], "method": ["robust"]},
        },
    )
    max_gap_fill: int = Field(
        30,
        ge=0,
        le=10000,
        description="Longest gap of a joint that is bridged (frames)",
        json_schema_extra={
            "label": "Longest gap to bridge",
            "advanced": True,
            "unit": "frames",
            "only_if": {"optimise": ["True"], "engine": ["native"]},
        },
    )
    sync: Literal["off", "report", "auto"] = Field(
        "off",
        description="Look for views that are late, and correct them with auto",
        json_schema_extra={"label": "Views that are late", "advanced": True},
    )
    max_offset: int = Field(
        30,
        ge=1,
        le=1000,
        description="Largest delay looked for (frames)",
        json_schema_extra={
            "label": "Largest delay",
            "advanced": True,
            "unit": "frames",
            "only_if": {"sync": ["report", "auto"]},
        },
    )
    person: str = Field(
        "best",
        description="best, or the number of a person, from 0 on, best seen first",
        json_schema_extra={"label": "Person"},
    )
    scale: str = Field(
        "none",
        description="none, height:LENGTH, distance:CAMERA,CAMERA,LENGTH or bone:JOINT-JOINT,LENGTH",
        json_schema_extra={"label": "Scale"},
    )
    up_axis: Literal["keep", "y", "z"] = Field(
        "keep",
        description="Turn the world so that people stand along y or z, the floor at 0",
        json_schema_extra={"label": "Upward axis"},
    )
    units: Literal["auto", "m", "cm", "mm"] = Field(
        "auto",
        description="Unit of the cameras' world, for files that name one; auto guesses",
        json_schema_extra={"label": "Unit of the cameras"},
    )
    fps: float = Field(
        0.0,
        ge=0,
        le=10000,
        description="Frames a second; 0 takes the files' or 60 (1/s)",
        json_schema_extra={
            "label": "Frame rate",
            "unit": "frames/s",
            "step": 5,
            "decimals": 3,
            "lowest_means": "as in the files, or 60",
        },
    )
    allow_pickle: bool = Field(
        False,
        description="Read .pkl files of AIST++, by a reader that admits arrays only",
        json_schema_extra={
            "label": "Read .pkl files",
            "advanced": True,
            "only_if": {"keypoints_path": ["*"]},
        },
    )
    allow_uneven: bool = Field(
        False,
        description="Take views whose frame counts differ by more than 10 %",
        json_schema_extra={
            "label": "Take uneven frame counts",
            "advanced": True,
            "only_if": {"keypoints_path": ["*"]},
        },
    )
    output_folder: str = Field(
        "",
        description="Where keypoints3d.npz, .trc, .c3d, .csv and the cameras are written",
        json_schema_extra={"label": "Folder for the results"},
    )
    aist_pickle: bool = Field(
        False,
        description="Also write keypoints3d.pkl as AIST++ does",
        json_schema_extra={
            "label": "Write AIST++'s .pkl too",
            "advanced": True,
            "only_if": {"output_folder": ["*"]},
        },
    )

    @field_validator("person")
    @classmethod
    def _is_person(cls, value: str) -> str:
        if value != "best" and not value.isdecimal():
            raise ValueError(f"{value!r} is neither best nor a number from 0 on")
        return value

    @property
    def options(self) -> Options:
        """What the engine takes."""
        named = {
            name: getattr(self, name) for name in Options.__dataclass_fields__ if name != "person"
        }
        return Options(person=None if self.person == "best" else int(self.person), **named)


class InferMultiviewTriangulationParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
