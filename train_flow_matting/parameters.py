"""Parameters of train_flow_matting: names, choices, bounds and defaults stand here once."""

from typing import Literal

from pydantic import field_validator

from .flow_matting_training.keyed_clips import KeyingOptions
from .train_flow_matting_kit.keying import KeyOptions
from .train_flow_matting_kit.parameters import PluginSettings, setting
from .train_flow_matting_kit.training_parameters import (
    Monitoring,
    TrainingParam,
    monitoring_setting,
)


class Settings(PluginSettings):
    """What a user can set."""

    dataset_folder: str = setting(
        "", "Folder of the clips; input 0 wins where connected", label="Folder of the clips"
    )
    output_folder: str = setting(
        "", "Where weights, logs and the flow's cache go", label="Folder for the results"
    )
    green_screen_folder: str = setting(
        "",
        "Folder of clips before a green or blue screen, of which the clips to train on are made "
        "first; none: they are there",
        label="Folder of green-screen clips",
    )
    background_folder: str = setting(
        "",
        "Folder of pictures that the green-screen clips are laid over",
        label="Folder of backgrounds",
        only_if={"green_screen_folder": ["*"]},
    )
    screen_color: str = setting(
        "auto",
        "auto, green, blue, or the screen's R,G,B",
        label="Colour of the screen",
        only_if={"green_screen_folder": ["*"]},
    )
    backgrounds_per_clip: int = setting(
        3,
        "Over how many of the backgrounds each green-screen clip is laid",
        label="Backgrounds for each clip",
        ge=1,
        le=1000,
        advanced=True,
        only_if={"green_screen_folder": ["*"]},
    )
    keyed_frames: int = setting(
        300,
        "Frames of each green-screen clip at most",
        label="Frames of each clip",
        ge=2,
        le=1_000_000,
        advanced=True,
        unit="frames",
        only_if={"green_screen_folder": ["*"]},
    )
    epochs: int = setting(20, "How many times each frame is seen", label="Epochs", ge=1, le=100_000)
    batch_size: int = setting(
        4, "Pairs of neighbouring frames a step", label="Pairs a step", ge=1, le=512
    )
    learning_rate: float = setting(
        1e-3,
        "Of AdamW at the start; it falls along a half cosine",
        label="Learning rate",
        gt=0,
        le=1,
        step=0.0001,
        decimals=6,
    )
    input_size: int = setting(
        320,
        "Long side in pixels that the clips are brought to at most",
        label="Size of the clips",
        ge=32,
        le=4096,
        advanced=True,
        unit="pixels",
        step=32,
    )
    crop_size: int = setting(
        192,
        "Side of the crops at most",
        label="Side of the crops",
        ge=16,
        le=4096,
        advanced=True,
        unit="pixels",
        step=16,
    )
    width: int = setting(
        16,
        "Channels of the network's first level, a multiple of 8",
        label="Width of the network",
        ge=8,
        le=256,
        advanced=True,
        unit="channels",
        step=8,
    )
    uses_matte: bool = setting(
        True,
        "Correct a coarse matte (recommended), or matte from picture and flow",
        label="Correct a coarse matte",
    )
    validation_share: float = setting(
        0.2,
        "Share of whole clips that are set aside, one at least",
        label="Share set aside",
        gt=0,
        lt=1,
        advanced=True,
        step=0.05,
        decimals=3,
    )
    seed: int = setting(
        0, "Of split, weights, order and crops", label="Seed", ge=0, le=2**31 - 1, advanced=True
    )
    resume: bool = setting(
        False, "Go on from last.pth of output_folder", label="Go on from the last time"
    )
    device: Literal["auto", "cuda", "cpu"] = setting(
        "auto", "Where the network runs", label="Device"
    )
    monitoring: Monitoring = monitoring_setting()

    @field_validator("width")
    @classmethod
    def _suits_the_normalisation(cls, value: int) -> int:
        if value % 8:
            raise ValueError(f"{value} is not a multiple of 8")
        return value

    @field_validator("screen_color")
    @classmethod
    def _can_be_keyed(cls, value: str) -> str:
        KeyOptions(screen=value)
        return value

    @property
    def keying(self) -> KeyingOptions:
        """How clips are made of green-screen clips."""
        return KeyingOptions(
            backgrounds=self.backgrounds_per_clip,
            frames=self.keyed_frames,
            screen=self.screen_color,
        )


class TrainFlowMattingParam(TrainingParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
