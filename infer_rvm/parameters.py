"""Parameters of infer_rvm: names, choices, bounds and defaults stand here once."""

from typing import Literal

from pydantic import field_validator

from .infer_rvm_kit.parameters import (
    KINDS_OF_INPUT,
    ColourText,
    PluginParam,
    PluginSettings,
    setting,
)
from .infer_rvm_kit.pictures import Colour, parse_colour


class Settings(PluginSettings):
    """What a user can set."""

    model_name: Literal["mobilenetv3", "resnet50"] = setting(
        "mobilenetv3",
        "Backbone: fast, or a little better and three times slower",
        label="Network",
        words={"mobilenetv3": "MobileNetV3", "resnet50": "ResNet-50"},
    )
    refiner: Literal["deep_guided_filter", "fast_guided_filter"] = setting(
        "deep_guided_filter",
        "How the small matte is brought to full resolution",
        label="Refiner",
        words={
            "deep_guided_filter": "deep guided filter",
            "fast_guided_filter": "fast guided filter",
        },
    )
    downsample_ratio: str = setting(
        "auto",
        "auto (long side to 512 pixels) or a number above 0, at most 1",
        label="Size of the small copy",
    )
    composite_color: ColourText = setting(
        "120,255,155",
        "R,G,B from 0 to 255 behind the person without a background",
        label="Colour behind the person",
        only_if={"outputs": ["all"]},
    )
    outputs: Literal["all", "alpha"] = setting(
        "all",
        "alpha: no colours are made, in less time; composite and foreground stay empty",
        label="Outputs",
        words={"all": "all", "alpha": "alpha alone"},
    )
    device: Literal["auto", "cuda", "cpu"] = setting(
        "auto", "Where the network runs", label="Device"
    )
    precision: Literal["auto", "fp32", "fp16", "bf16"] = setting(
        "auto",
        "Number format; auto is fp16 on CUDA, fp32 on the CPU; bf16 errs by up to 0.2",
        label="Number format",
        advanced=True,
    )
    engine: Literal["auto", "torch", "openvino"] = setting(
        "auto",
        "What runs the network on the CPU; auto is OpenVINO for long videos by mobilenetv3 where "
        "it is installed, else PyTorch",
        label="Engine",
        words={"torch": "PyTorch", "openvino": "OpenVINO"},
        advanced=True,
        only_if={"device": ["auto", "cpu"]},
    )
    sequence: Literal["auto", "video", "image", "stream"] = setting(
        "auto",
        "What carries the recurrent state: videos, nothing, or every picture given",
        label="Kind of input",
        words=KINDS_OF_INPUT,
    )
    model_weight_file: str = setting(
        "",
        "A checkpoint of your own (.pth, .onnx); it wins",
        label="Checkpoint of your own",
        advanced=True,
    )

    @field_validator("downsample_ratio", mode="before")
    @classmethod
    def _is_ratio(cls, value: object) -> str:
        text = str(value)
        try:
            allowed = text == "auto" or 0 < float(text) <= 1
        except ValueError:
            allowed = False
        if not allowed:
            raise ValueError(f"{text!r} is neither auto nor a number above 0 and at most 1")
        return text

    @property
    def ratio(self) -> float | None:
        return None if self.downsample_ratio == "auto" else float(self.downsample_ratio)

    @property
    def colour(self) -> Colour:
        return parse_colour(self.composite_color)


class InferRvmParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
