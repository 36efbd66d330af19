"""Parameters of infer_smpl_fit: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from ikomia import core
from pydantic import BaseModel, ConfigDict, Field, field_validator

from infer_smpl_fit.infer_smpl_fit_kit.keypoints.skeletons import skeleton_name


class Settings(BaseModel):
    """What a user can set; strings as Ikomia passes them are converted and checked."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())

    mode: Literal["fit", "aist"] = Field(
        "fit",
        description="Shape and pose in metres, or AIST++'s: betas 0 and one scale",
        json_schema_extra={"label": "Mode"},
    )
    keypoints_path: str = Field(
        "",
        description=".npz, .pkl of AIST++, .trc, .c3d or .csv of 3D keypoints; else input 0",
        json_schema_extra={"label": "Keypoint file"},
    )
    convention: Literal["auto", "coco17", "body25", "body25b", "smpl24", "h36m17"] = Field(
        "auto",
        description="What the keypoints are; auto takes what is told, or names, or count",
        json_schema_extra={"label": "Keypoints are"},
    )
    model_file: str = Field(
        "",
        description="SMPL, SMPL-H or SMPL-X file, or its folder; none: the built-in body",
        json_schema_extra={"label": "Body model", "browse": "either"},
    )
    gender: Literal["neutral", "male", "female"] = Field(
        "neutral",
        description="Which body of a folder; a warning if the file is another's",
        json_schema_extra={"label": "Gender", "only_if": {"model_file": ["*"]}},
    )
    smooth: float = Field(
        5.0,
        ge=0,
        le=1000,
        description="Weight of smoothness in time",
        json_schema_extra={"label": "Weight of smoothness", "step": 0.5, "decimals": 3},
    )
    units: Literal["auto", "m", "cm", "mm"] = Field(
        "auto",
        description="Unit of the keypoints; auto takes input 1, or the limbs' lengths",
        json_schema_extra={"label": "Unit of the keypoints"},
    )
    fps: float = Field(
        0.0,
        ge=0,
        le=10000,
        description="Frames a second; 0 takes the input's or 60 (1/s)",
        json_schema_extra={
            "label": "Frame rate",
            "unit": "frames/s",
            "step": 5,
            "decimals": 3,
            "lowest_means": "as the input's, or 60",
        },
    )
    up_axis: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = Field(
        "auto",
        description="Up in the keypoints' world, for pictures, .bvh, .glb; auto: input 1's or the "
        "body's",
        json_schema_extra={"label": "Upward axis"},
    )
    video_path: str = Field(
        "",
        description="A camera's video, to draw the body over a frame of it",
        json_schema_extra={"label": "Video to draw over", "advanced": True},
    )
    cameras_path: str = Field(
        "",
        description="AIST++'s .json of the cameras, for video_path; else those of input 1",
        json_schema_extra={
            "label": "File of its cameras",
            "advanced": True,
            "only_if": {"video_path": ["*"]},
        },
    )
    camera: str = Field(
        "",
        description="The name of the video's camera; none: the first",
        json_schema_extra={
            "label": "Its camera",
            "advanced": True,
            "only_if": {"video_path": ["*"]},
        },
    )
    allow_pickle: bool = Field(
        False,
        description="Read .pkl keypoints of AIST++, by a reader that admits arrays only",
        json_schema_extra={
            "label": "Read .pkl files",
            "advanced": True,
            "only_if": {"keypoints_path": ["*"]},
        },
    )
    output_folder: str = Field(
        "",
        description="Where motion.pkl, .npz, .bvh, .glb and .trc are written",
        json_schema_extra={"label": "Folder for the results"},
    )

    @field_validator("convention", mode="before")
    @classmethod
    def _in_todays_spelling(cls, value: object) -> object:
        return skeleton_name(value) if isinstance(value, str) else value


class InferSmplFitParam(core.CWorkflowTaskParam):
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
