"""Parameters of train_flow_matting: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from train_flow_matting.train_flow_matting_kit.parameters import PluginParam, PluginSettings


class Settings(PluginSettings):
    """What a user can set."""

    dataset_folder: str = Field(
        "",
        description="Folder of the clips; input 0 wins where connected",
        json_schema_extra={"label": "Folder of the clips"},
    )
    output_folder: str = Field(
        "",
        description="Where weights, logs and the flow's cache go",
        json_schema_extra={"label": "Folder for the results"},
    )
    epochs: int = Field(
        20,
        ge=1,
        le=100_000,
        description="How many times each frame is seen",
        json_schema_extra={"label": "Epochs"},
    )
    batch_size: int = Field(
        4,
        ge=1,
        le=512,
        description="Pairs of neighbouring frames a step",
        json_schema_extra={"label": "Pairs a step"},
    )
    learning_rate: float = Field(
        1e-3,
        gt=0,
        le=1,
        description="Of AdamW at the start; it falls along a half cosine",
        json_schema_extra={"label": "Learning rate", "step": 0.0001, "decimals": 6},
    )
    input_size: int = Field(
        320,
        ge=32,
        le=4096,
        description="Long side in pixels that the clips are brought to at most",
        json_schema_extra={
            "label": "Size of the clips",
            "advanced": True,
            "unit": "pixels",
            "step": 32,
        },
    )
    crop_size: int = Field(
        192,
        ge=16,
        le=4096,
        description="Side of the crops at most",
        json_schema_extra={
            "label": "Side of the crops",
            "advanced": True,
            "unit": "pixels",
            "step": 16,
        },
    )
    width: int = Field(
        16,
        ge=8,
        le=256,
        description="Channels of the network's first level, a multiple of 8",
        json_schema_extra={
            "label": "Width of the network",
            "advanced": True,
            "unit": "channels",
            "step": 8,
        },
    )
    uses_matte: bool = Field(
        True,
        description="Correct a coarse matte (recommended), or matte from picture and flow",
        json_schema_extra={"label": "Correct a coarse matte"},
    )
    validation_share: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of whole clips that are set aside, one at least",
        json_schema_extra={
            "label": "Share set aside",
            "advanced": True,
            "step": 0.05,
            "decimals": 3,
        },
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        description="Of split, weights, order and crops",
        json_schema_extra={"label": "Seed", "advanced": True},
    )
    resume: bool = Field(
        False,
        description="Go on from last.pth of output_folder",
        json_schema_extra={"label": "Go on from the last time"},
    )
    device: Literal["auto", "cuda", "cpu"] = Field(
        "auto",
        description="Where the network runs",
        json_schema_extra={"label": "Device", "advanced": True},
    )
    monitoring: Literal["files", "ikomia", "off"] = Field(
        "files",
        description="TensorBoard and MLflow logs into output_folder, or on Ikomia's own servers, "
        "which it starts, or none",
        json_schema_extra={"label": "Curves go to", "advanced": True},
    )

    @field_validator("width")
    @classmethod
    def _suits_the_normalisation(cls, value: int) -> int:
        if value % 8:
            raise ValueError(f"{value} is not a multiple of 8")
        return value


class TrainFlowMattingParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings

    @property
    def cfg(self) -> dict[str, Any]:
        """What Ikomia's training base class logs."""
        return self.settings.model_dump()
