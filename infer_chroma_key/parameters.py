"""Parameters of infer_chroma_key: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from infer_chroma_key.chroma_keying import KeyOptions
from infer_chroma_key.infer_chroma_key_kit.parameters import (
    ColourText,
    PluginParam,
    PluginSettings,
    setting,
)


class Settings(PluginSettings):
    """What a user can set."""

    screen: Literal["auto", "green", "blue", "given"] = setting(
        "auto",
        "The screen: green or blue, whichever is found, one of them, or screen_color",
        label="Screen",
    )
    screen_color: ColourText = setting(
        "45,165,70",
        "R,G,B from 0 to 255 of the screen, as picked from the picture",
        label="Colour of the screen",
        only_if={"screen": ["given"]},
    )
    black: float = setting(
        0.02,
        "Alpha up to this becomes 0: raise it where the screen stays as a veil",
        label="Clip black",
        ge=0,
        le=0.5,
        step=0.01,
    )
    white: float = setting(
        0.97,
        "Alpha from this on becomes 1: lower it where the person is seen through",
        label="Clip white",
        gt=0.5,
        le=1,
        step=0.01,
    )
    spill: float = setting(
        1.0,
        "How much of the screen's light is taken out of the foreground",
        label="Remove spill",
        ge=0,
        le=1,
        step=0.05,
    )
    region_margin: float = setting(
        40.0,
        "How far from the region things may be kept, in a picture 720 high",
        label="Reach beside the region",
        advanced=True,
        ge=0,
        le=720,
        unit="pixels",
        step=1,
        decimals=1,
    )
    core_margin: float = setting(
        12.0,
        "What lies so deep in the region is kept, whatever its colour, in a picture 720 high",
        label="Kept from this depth of the region",
        advanced=True,
        ge=0,
        le=720,
        unit="pixels",
        step=1,
        decimals=1,
    )
    steadiness: float = setting(
        0.8,
        "How much of the screen's light is taken from the frames before",
        label="Steadiness",
        advanced=True,
        ge=0,
        lt=1,
        step=0.05,
    )
    sequence: Literal["auto", "video", "image", "stream"] = setting(
        "auto",
        "What carries the screen's light on: videos, nothing, or every picture given",
        label="Kind of input",
        advanced=True,
    )

    @field_validator("screen_color")
    @classmethod
    def _can_be_keyed(cls, value: str) -> str:
        KeyOptions(screen=value)
        return value

    @property
    def options(self) -> KeyOptions:
        """The engine's constants."""
        given: dict[str, Any] = self.model_dump(exclude={"screen", "screen_color", "sequence"})
        return KeyOptions(
            screen=self.screen_color if self.screen == "given" else self.screen, **given
        )


class InferChromaKeyParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
