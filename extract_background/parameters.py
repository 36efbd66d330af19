"""Parameters of extract_background: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from extract_background.extract_background_kit.parameters import PluginParam, PluginSettings


class Settings(PluginSettings):
    """What a user can set."""

    method: Literal[
        "auto",
        "robust",
        "bootstrap",
        "median",
        "weighted_median",
        "gmm",
        "alpha_mean",
        "masked_mean",
    ] = Field(
        "auto",
        description="auto is robust with mattes and bootstrap without",
        json_schema_extra={"label": "Method"},
    )
    mode: Literal["streaming", "look_ahead"] = Field(
        "streaming",
        description="Gather the workflow's frames, or read the input's file at the first frame",
        json_schema_extra={"label": "How frames are read"},
    )
    stride: int = Field(
        1,
        ge=1,
        description="Take every n-th frame",
        json_schema_extra={"label": "Take every n-th frame"},
    )
    max_frames: int = Field(
        200,
        ge=2,
        le=5000,
        description="Frames to use at most, spread evenly",
        json_schema_extra={"label": "Frames at most", "unit": "frames", "step": 10},
    )
    memory_budget_mb: int = Field(
        1024,
        ge=16,
        description="Above it frames are kept in a temporary file (MB)",
        json_schema_extra={
            "label": "Memory for frames",
            "advanced": True,
            "unit": "MB",
            "step": 256,
        },
    )
    gain_alignment: bool = Field(
        True,
        description="Even out exposure and white balance first",
        json_schema_extra={"label": "Even out exposure"},
    )
    fill_holes: bool = Field(
        True,
        description="Inpaint what no frame shows",
        json_schema_extra={"label": "Inpaint holes"},
    )
    polish: bool = Field(
        True,
        description="gmm: robust mean around its result",
        json_schema_extra={"label": "Polish the mixture", "only_if": {"method": ["gmm"]}},
    )
    truncate: bool = Field(
        False,
        description="alpha_mean: cut decimals as AIST++ does",
        json_schema_extra={
            "label": "Cut decimals as AIST++",
            "only_if": {"method": ["alpha_mean"]},
        },
    )
    dilation: int = Field(
        20,
        ge=1,
        le=200,
        description="masked_mean: dilation of the mask (pixels)",
        json_schema_extra={
            "label": "Dilation of the mask",
            "unit": "pixels",
            "only_if": {"method": ["masked_mean"]},
        },
    )
    color_matrix: Literal["auto", "601", "709"] = Field(
        "auto",
        description="Colour matrix of files read here; auto is the tag, else by size",
        json_schema_extra={
            "label": "Colour matrix",
            "advanced": True,
            "only_if": [{"mode": ["look_ahead"]}, {"video_path": ["*"]}],
        },
    )
    video_path: str = Field(
        "",
        description="A video to read instead of the input",
        json_schema_extra={"label": "Video to read instead", "advanced": True},
    )
    alpha_video_path: str = Field(
        "",
        description="Its alpha video, in step with it by index",
        json_schema_extra={
            "label": "Its alpha video",
            "advanced": True,
            "only_if": [{"mode": ["look_ahead"]}, {"video_path": ["*"]}],
        },
    )
    frames_folder: str = Field(
        "",
        description="A folder of pictures to read instead of the input",
        json_schema_extra={"label": "Pictures to read instead", "advanced": True},
    )
    masks_folder: str = Field(
        "",
        description="Its masks, of the same names; of easyvolcap_root: one folder a CAMERA",
        json_schema_extra={
            "label": "Their masks",
            "advanced": True,
            "only_if": [{"frames_folder": ["*"]}, {"easyvolcap_root": ["*"]}],
        },
    )
    easyvolcap_root: str = Field(
        "",
        description="A root with images/CAMERA and mask/CAMERA folders",
        json_schema_extra={"label": "EasyVolcap root", "advanced": True},
    )
    plates_folder: str = Field(
        "",
        description="Where the plates of easyvolcap_root are written",
        json_schema_extra={
            "label": "Folder for its plates",
            "advanced": True,
            "only_if": {"easyvolcap_root": ["*"]},
        },
    )


class ExtractBackgroundParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
