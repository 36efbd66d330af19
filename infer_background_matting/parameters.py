"""Parameters of infer_background_matting: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infer_background_matting.infer_background_matting_kit.parameters import (
    PluginParam,
    PluginSettings,
)


class Settings(PluginSettings):
    """What a user can set."""

    model_type: Literal["mattingbase", "mattingrefine"] = Field(
        "mattingrefine",
        description="Coarse network alone, or refined at full resolution",
        json_schema_extra={"label": "Network"},
    )
    model_backbone: Literal["mobilenetv2", "resnet50", "resnet101"] = Field(
        "mobilenetv2",
        description="Backbone: the first is the fastest, the last the largest",
        json_schema_extra={"label": "Backbone"},
    )
    model_backbone_scale: float = Field(
        0.25,
        gt=0,
        le=0.5,
        description="Size of the coarse copy in picture sizes; 0.25 for HD, 0.125 for 4K",
        json_schema_extra={
            "label": "Size of the coarse copy",
            "step": 0.025,
            "decimals": 3,
            "only_if": {"model_type": ["mattingrefine"]},
        },
    )
    model_refine_mode: Literal["full", "sampling", "thresholding"] = Field(
        "sampling",
        description="Refine all, the worst pixels, or those above the threshold",
        json_schema_extra={"label": "Refine", "only_if": {"model_type": ["mattingrefine"]}},
    )
    model_refine_pixels: int = Field(
        80_000,
        ge=0,
        description="Pixels to refine in the mode sampling; 320000 for 4K",
        json_schema_extra={
            "label": "Pixels to refine",
            "unit": "pixels",
            "step": 10000,
            "only_if": {"model_type": ["mattingrefine"], "model_refine_mode": ["sampling"]},
        },
    )
    model_refine_threshold: float = Field(
        0.7,
        ge=0,
        le=1,
        description="Expected alpha error (0 to 1) to refine above",
        json_schema_extra={
            "label": "Refine errors above",
            "step": 0.05,
            "decimals": 3,
            "only_if": {"model_type": ["mattingrefine"], "model_refine_mode": ["thresholding"]},
        },
    )
    device: Literal["auto", "cuda", "cpu"] = Field(
        "auto",
        description="Where the network runs",
        json_schema_extra={"label": "Device", "advanced": True},
    )
    precision: Literal["auto", "fp32", "fp16"] = Field(
        "auto",
        description="Number format; auto is fp16 on CUDA and fp32 on the CPU",
        json_schema_extra={"label": "Number format", "advanced": True},
    )
    weights: Literal["official", "builtin"] = Field(
        "official",
        description="The paper's weights, or the ones that come with the plugin",
        json_schema_extra={"label": "Weights", "only_if": {"model_weight_file": [""]}},
    )
    model_weight_file: str = Field(
        "",
        description="A checkpoint of your own; it wins",
        json_schema_extra={"label": "Checkpoint of your own", "advanced": True},
    )
    align_background: bool = Field(
        False,
        description="Warp the background onto the picture (hand-held cameras)",
        json_schema_extra={"label": "Align the background"},
    )
    background_check: Literal["refuse", "warn", "off"] = Field(
        "refuse",
        description="What to do with a background that is not this scene",
        json_schema_extra={"label": "If the background is wrong"},
    )


class InferBackgroundMattingParam(PluginParam):
    """Carries :class:`Settings` through Ikomia.

    Its old parameter ``cuda`` ran on the CPU where there was no CUDA, which ``auto`` does now.
    """

    settings_class = Settings
    settings: Settings
    old_names = {"cuda": "device"}
    old_values = {"cuda": {"cuda": "auto", "true": "auto", "1": "auto", "false": "cpu", "0": "cpu"}}
