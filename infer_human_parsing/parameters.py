"""Parameters of infer_human_parsing: names, choices, bounds and defaults stand here once."""

from typing import Literal

from pydantic import field_validator

from .infer_human_parsing_kit.parameters import PluginParam, PluginSettings, setting

# The network halves its input four times.
LEAST_INPUT = 33


class Settings(PluginSettings):
    """What a user can set."""

    model_weight_file: str = setting(
        "", "A checkpoint of SCHP on your disk; needed", label="Checkpoint of SCHP"
    )
    classes: Literal["auto", "lip", "atr", "pascal", "cihp"] = setting(
        "auto",
        "Labels of the checkpoint; auto recognises them from the file",
        label="Labels",
        words={"lip": "LIP", "atr": "ATR", "pascal": "PASCAL", "cihp": "CIHP"},
    )
    boxes: Literal["auto", "input", "maskrcnn", "whole"] = setting(
        "auto",
        "Where people are: input 1, Mask R-CNN, or one who fills the picture; "
        "auto is input 1 where it is connected, else Mask R-CNN",
        label="Where people are",
        words={
            "input": "boxes of input 1",
            "maskrcnn": "found by Mask R-CNN",
            "whole": "one fills the picture",
        },
    )
    detector_weight_file: str = setting(
        "",
        "A Mask R-CNN of your own; none fetches that of torchvision",
        label="Mask R-CNN of your own",
        advanced=True,
        only_if={"boxes": ["auto", "maskrcnn"]},
    )
    detector_score: float = setting(
        0.5,
        "Least score of a detected person",
        label="Least score of a person",
        ge=0,
        le=1,
        advanced=True,
        step=0.05,
        decimals=3,
        only_if={"boxes": ["auto", "maskrcnn"]},
    )
    person_label: str = setting(
        "person",
        "Labels at input 1 that are people, as a,b; none takes every box",
        label="Labels that are people",
        advanced=True,
        only_if={"boxes": ["auto", "input"]},
    )
    without_boxes: Literal["whole", "empty"] = setting(
        "whole",
        "Where nobody was detected: parse the whole picture, or say nobody",
        label="Where nobody is detected",
        words={"whole": "parse the whole picture", "empty": "say nobody"},
    )
    enlarge: float = setting(
        1.2,
        "Size of a crop over that of its box",
        label="Size of a crop over its box",
        ge=1,
        le=3,
        advanced=True,
        step=0.05,
        decimals=3,
    )
    batch: int = setting(
        4, "Crops that the network sees at once", label="Crops at once", ge=1, le=64, advanced=True
    )
    input_size: int = setting(
        0,
        "Side of the crops in pixels; 0 is what the file was made for",
        label="Side of the crops",
        ge=0,
        le=1024,
        advanced=True,
        unit="pixels",
        step=16,
        lowest_means="as the file was made for",
    )
    merge: Literal["probability", "overwrite"] = setting(
        "probability",
        "Where crops overlap: the surest crop, or the later one as in EasyVolcap",
        label="Where crops overlap",
        words={"probability": "the surest crop", "overwrite": "the later crop (EasyVolcap)"},
    )
    keep_apart: Literal["auto", "masks", "borders", "off"] = setting(
        "auto",
        "What holds a crop back from its neighbour: instance masks or soft borders; "
        "auto is masks where there are any",
        label="Keep people apart by",
        words={"masks": "instance masks", "borders": "soft borders", "off": "nothing"},
        advanced=True,
    )
    flip_test: bool = setting(
        False,
        "Average with the mirrored crop: twice the time, a little better",
        label="Average with the mirrored crop",
        advanced=True,
    )
    trimap_erosion: int = setting(
        10,
        "Unknown pixels of the trimap inside the outline",
        label="Unknown inside the outline",
        ge=0,
        le=200,
        unit="pixels",
    )
    trimap_dilation: int = setting(
        10,
        "Unknown pixels of the trimap outside the outline",
        label="Unknown outside the outline",
        ge=0,
        le=200,
        unit="pixels",
    )
    device: Literal["auto", "cuda", "cpu"] = setting(
        "auto", "Where the network runs", label="Device"
    )
    precision: Literal["auto", "fp32", "fp16"] = setting(
        "auto",
        "Number format; auto is fp16 on CUDA, fp32 on the CPU",
        label="Number format",
        advanced=True,
    )

    engine: Literal["auto", "torch", "openvino"] = setting(
        "auto",
        "What runs the network on the CPU; auto is OpenVINO where it is installed, else PyTorch",
        label="Engine",
        words={"torch": "PyTorch", "openvino": "OpenVINO"},
        advanced=True,
        only_if={"device": ["auto", "cpu"]},
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
