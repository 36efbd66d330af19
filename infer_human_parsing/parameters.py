"""Parameters of infer_human_parsing: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from infer_human_parsing.infer_human_parsing_kit.parameters import PluginParam, PluginSettings

# The network halves its input four times.
LEAST_INPUT = 33


class Settings(PluginSettings):
    """What a user can set."""

    model_weight_file: str = Field(
        "",
        description="A checkpoint of SCHP on your disk; needed",
        json_schema_extra={"label": "Checkpoint of SCHP"},
    )
    classes: Literal["auto", "lip", "atr", "pascal", "cihp"] = Field(
        "auto",
        description="Labels of the checkpoint; auto recognises them from the file",
        json_schema_extra={"label": "Labels"},
    )
    boxes: Literal["auto", "input", "maskrcnn", "whole"] = Field(
        "auto",
        description="Where people are: input 1, Mask R-CNN, or one who fills the picture; "
        "auto is input 1 where it is connected, else Mask R-CNN",
        json_schema_extra={"label": "Where people are"},
    )
    detector_weight_file: str = Field(
        "",
        description="A Mask R-CNN of your own; none fetches that of torchvision",
        json_schema_extra={
            "label": "Mask R-CNN of your own",
            "advanced": True,
            "only_if": {"boxes": ["auto", "maskrcnn"]},
        },
    )
    detector_score: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Least score of a detected person",
        json_schema_extra={
            "label": "Least score of a person",
            "advanced": True,
            "step": 0.05,
            "decimals": 3,
            "only_if": {"boxes": ["auto", "maskrcnn"]},
        },
    )
    person_label: str = Field(
        "person",
        description="Labels at input 1 that are people, as a,b; none takes every box",
        json_schema_extra={
            "label": "Labels that are people",
            "advanced": True,
            "only_if": {"boxes": ["auto", "input"]},
        },
    )
    without_boxes: Literal["whole", "empty"] = Field(
        "whole",
        description="Where nobody was detected: parse the whole picture, or say nobody",
        json_schema_extra={"label": "Where nobody is detected"},
    )
    enlarge: float = Field(
        1.2,
        ge=1,
        le=3,
        description="Size of a crop over that of its box",
        json_schema_extra={
            "label": "Size of a crop over its box",
            "advanced": True,
            "step": 0.05,
            "decimals": 3,
        },
    )
    batch: int = Field(
        4,
        ge=1,
        le=64,
        description="Crops that the network sees at once",
        json_schema_extra={"label": "Crops at once", "advanced": True},
    )
    input_size: int = Field(
        0,
        ge=0,
        le=1024,
        description="Side of the crops in pixels; 0 is what the file was made for",
        json_schema_extra={
            "label": "Side of the crops",
            "advanced": True,
            "unit": "pixels",
            "step": 16,
            "lowest_means": "as the file was made for",
        },
    )
    merge: Literal["probability", "overwrite"] = Field(
        "probability",
        description="Where crops overlap: the surest crop, or the later one as in EasyVolcap",
        json_schema_extra={"label": "Where crops overlap"},
    )
    keep_apart: Literal["auto", "masks", "borders", "off"] = Field(
        "auto",
        description="What holds a crop back from its neighbour: instance masks or soft borders; "
        "auto is masks where there are any",
        json_schema_extra={"label": "Keep people apart by", "advanced": True},
    )
    flip_test: bool = Field(
        False,
        description="Average with the mirrored crop: twice the time, a little better",
        json_schema_extra={"label": "Average with the mirrored crop", "advanced": True},
    )
    trimap_erosion: int = Field(
        10,
        ge=0,
        le=200,
        description="Unknown pixels of the trimap inside the outline",
        json_schema_extra={"label": "Unknown inside the outline", "unit": "pixels"},
    )
    trimap_dilation: int = Field(
        10,
        ge=0,
        le=200,
        description="Unknown pixels of the trimap outside the outline",
        json_schema_extra={"label": "Unknown outside the outline", "unit": "pixels"},
    )
    device: Literal["auto", "cuda", "cpu"] = Field(
        "auto",
        description="Where the network runs",
        json_schema_extra={"label": "Device", "advanced": True},
    )
    precision: Literal["auto", "fp32", "fp16"] = Field(
        "auto",
        description="Number format; auto is fp16 on CUDA, fp32 on the CPU",
        json_schema_extra={"label": "Number format", "advanced": True},
    )

    @field_validator("input_size")
    @classmethod
    def _is_size(cls, value: int) -> int:
        if 0 < value < LEAST_INPUT:
            raise ValueError(f"{value} is neither 0 nor at least {LEAST_INPUT}")
        return value

    @property
    def person_labels(self) -> set[str]:
        """In small letters; empty takes every box."""
        return {part.strip().lower() for part in self.person_label.split(",") if part.strip()}


class InferHumanParsingParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
