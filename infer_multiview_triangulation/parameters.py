"""Parameters of infer_multiview_triangulation: names, choices, bounds, defaults stand here once."""

from __future__ import annotations

from typing import Literal

from ikomia import core
from pydantic import BaseModel, ConfigDict, Field, field_validator

from infer_multiview_triangulation.multiview_geometry import Options


class Settings(BaseModel):
    """What a user can set; strings as Ikomia passes them are converted and checked."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    mode: Literal["triangulate", "estimate_cameras", "refine_cameras"] = Field(
        "triangulate",
        description="Take the cameras as they are, estimate all of them, or only where they stand",
    )
    keypoints_path: str = Field(
        "", description="Detector files: a folder with one folder a view, or a file; else input 0"
    )
    cameras_path: str = Field("", description="Calibration file; else input 2; none: estimated")
    skeleton: Literal["auto", "coco17", "coco18", "body25", "body25b"] = Field(
        "auto", description="What the keypoints are; body25 and body25b must be told apart"
    )
    engine: Literal["native", "aniposelib"] = Field(
        "native", description="Own solvers, or aniposelib called as AIST++ calls it"
    )
    method: Literal["robust", "weighted", "plain"] = Field(
        "robust",
        description="Triangulation: outliers rejected, weighted by confidence, or plain DLT",
    )
    min_confidence: float = Field(
        0.15, ge=0, le=1, description="Keypoints below it count as missing (AIST++: 0.15)"
    )
    camera_confidence: float = Field(
        0.5, ge=0, le=1, description="The same where cameras are adjusted (AIST++: 0.5)"
    )
    start_cameras: Literal["none", "aist"] = Field(
        "none", description="Without cameras: estimate from nothing, or from AIST's ring"
    )
    optimise: bool = Field(True, description="Optimise the sequence with bones and smoothness")
    objective: Literal["robust", "aist"] = Field(
        "robust", description="What engine=native optimises: its own, or exactly AIST++'s"
    )
    smooth: float = Field(
        1.0, ge=0, le=1000, description="Weight of smooth motion; 0 for none, 10 for slow motion"
    )
    bone: float = Field(1.0, ge=0, le=1000, description="Weight of constant bone lengths")
    repair_swaps: bool = Field(True, description="Repair left and right confused by a detector")
    max_gap_fill: int = Field(
        30, ge=0, le=10000, description="Longest gap of a joint that is bridged (frames)"
    )
    sync: Literal["off", "report", "auto"] = Field(
        "off", description="Look for views that are late, and correct them with auto"
    )
    max_offset: int = Field(30, ge=1, le=1000, description="Largest delay looked for (frames)")
    person: str = Field(
        "best", description="best, or the number of a person, from 0 on, best seen first"
    )
    scale: str = Field(
        "none",
        description="none, height:LENGTH, distance:CAMERA,CAMERA,LENGTH or bone:JOINT-JOINT,LENGTH",
    )
    up_axis: Literal["keep", "y", "z"] = Field(
        "keep", description="Turn the world so that people stand along y or z, the floor at 0"
    )
    units: Literal["auto", "m", "cm", "mm"] = Field(
        "auto", description="Unit of the cameras' world, for files that name one; auto guesses"
    )
    fps: float = Field(
        0.0, ge=0, le=10000, description="Frames a second; 0 takes the files' or 60 (1/s)"
    )
    allow_pickle: bool = Field(
        False, description="Read .pkl files of AIST++, by a reader that admits arrays only"
    )
    allow_uneven: bool = Field(
        False, description="Take views whose frame counts differ by more than 10 %"
    )
    output_folder: str = Field(
        "", description="Where keypoints3d.npz, .trc, .c3d, .csv and the cameras are written"
    )

    @field_validator("person")
    @classmethod
    def _is_person(cls, value: str) -> str:
        if value != "best" and not value.isdigit():
            raise ValueError(f"{value!r} is neither best nor a number from 0 on")
        return value

    @property
    def options(self) -> Options:
        """What the engine takes."""
        named = {
            name: getattr(self, name) for name in Options.__dataclass_fields__ if name != "person"
        }
        return Options(person=None if self.person == "best" else int(self.person), **named)


class InferMultiviewTriangulationParam(core.CWorkflowTaskParam):
    """Carries :class:`Settings` through Ikomia's map of strings."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings()

    def set_values(self, values: dict[str, str]) -> None:
        """Take all of ``values`` or, on a bad one, none.

        Raises:
            ValueError: A value is not allowed; the text names the parameter, value and choices.
        """
        self.settings = Settings.model_validate({**self.settings.model_dump(), **dict(values)})

    def get_values(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.settings.model_dump().items()}
