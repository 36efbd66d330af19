"""Parameters of infer_flow_matting: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from infer_flow_matting.infer_flow_matting_kit.parameters import PluginParam, PluginSettings
from infer_flow_matting.infer_flow_matting_kit.pictures import Colour, parse_colour


class Settings(PluginSettings):
    """What a user can set."""

    mode: Literal["refine", "network"] = Field(
        "refine",
        description="Make a coarse matte stable in time, or matte with a trained network",
        json_schema_extra={"label": "Mode"},
    )
    timing: Literal["auto", "centred", "delayed", "causal"] = Field(
        "auto",
        description="Which neighbours refine sees: both from the files, both but one frame late, "
        "or the past alone; auto is centred where the mattes come from a file, else causal",
        json_schema_extra={"label": "Neighbours that are seen", "only_if": {"mode": ["refine"]}},
    )
    alpha_video_path: str = Field(
        "",
        description="The coarse mattes as a video file, instead of input 1",
        json_schema_extra={"label": "Video of the coarse mattes"},
    )
    flow: Literal["dis", "raft"] = Field(
        "dis",
        description="Dense flow: OpenCV's DIS, or torchvision's RAFT with your weights",
        json_schema_extra={"label": "Flow", "advanced": True},
    )
    flow_weight_file: str = Field(
        "",
        description="Weights of raft_small or raft_large",
        json_schema_extra={
            "label": "Weights of RAFT",
            "advanced": True,
            "only_if": {"flow": ["raft"]},
        },
    )
    flow_size: int = Field(
        640,
        ge=64,
        le=8192,
        description="Long side in pixels at which flow is computed at most",
        json_schema_extra={
            "label": "Size of the flow",
            "advanced": True,
            "unit": "pixels",
            "step": 64,
        },
    )
    scene_cut: float = Field(
        10.0,
        ge=0,
        le=255,
        description="Brightness error after warping from which a cut is suspected; 0 never",
        json_schema_extra={
            "label": "Error that may be a cut",
            "advanced": True,
            "step": 1,
            "decimals": 3,
            "lowest_means": "never",
        },
    )
    sequence: Literal["auto", "video", "image", "stream"] = Field(
        "auto",
        description="What has a past: videos, nothing, or every picture given",
        json_schema_extra={"label": "Kind of input"},
    )
    composite_color: str = Field(
        "120,255,155",
        description="R,G,B from 0 to 255 behind the person in the composite",
        json_schema_extra={"label": "Colour behind the person"},
    )
    model_weight_file: str = Field(
        "",
        description="For mode=network: best.pth of train_flow_matting, or an original CP file",
        json_schema_extra={"label": "Trained network", "only_if": {"mode": ["network"]}},
    )
    network_size: int = Field(
        640,
        ge=16,
        le=8192,
        description="Long side in pixels that the network sees at most",
        json_schema_extra={
            "label": "Size for the network",
            "advanced": True,
            "unit": "pixels",
            "step": 64,
            "only_if": {"mode": ["network"]},
        },
    )
    device: Literal["auto", "cuda", "cpu"] = Field(
        "auto",
        description="Where networks run",
        json_schema_extra={"label": "Device", "advanced": True},
    )

    @field_validator("composite_color")
    @classmethod
    def _is_colour(cls, value: str) -> str:
        parse_colour(value)
        return value

    @property
    def colour(self) -> Colour:
        return parse_colour(self.composite_color)


class InferFlowMattingParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
