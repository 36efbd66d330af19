"""Parameters of infer_background_matting: names, choices, bounds and defaults stand here once."""

from typing import Literal

from .infer_background_matting_kit.parameters import PluginParam, PluginSettings, setting


class Settings(PluginSettings):
    """What a user can set."""

    model_type: Literal["mattingbase", "mattingrefine"] = setting(
        "mattingrefine",
        "Coarse network alone, or refined at full resolution",
        label="Network",
        words={"mattingbase": "coarse alone", "mattingrefine": "refined at full resolution"},
    )
    model_backbone: Literal["mobilenetv2", "resnet50", "resnet101"] = setting(
        "mobilenetv2",
        "Backbone: the first is the fastest, the last the largest",
        label="Backbone",
        words={
            "mobilenetv2": "MobileNetV2",
            "resnet50": "ResNet-50",
            "resnet101": "ResNet-101",
        },
    )
    model_backbone_scale: float = setting(
        0.25,
        "Size of the coarse copy in picture sizes; 0.25 for HD, 0.125 for 4K",
        label="Size of the coarse copy",
        gt=0,
        le=0.5,
        step=0.025,
        decimals=3,
        only_if={"model_type": ["mattingrefine"]},
    )
    model_refine_mode: Literal["full", "sampling", "thresholding"] = setting(
        "sampling",
        "Refine all, the worst pixels, or those above the threshold",
        label="Refine",
        words={
            "full": "everything",
            "sampling": "the worst pixels",
            "thresholding": "what is above the threshold",
        },
        only_if={"model_type": ["mattingrefine"]},
    )
    model_refine_pixels: int = setting(
        80_000,
        "Pixels to refine in the mode sampling; 320000 for 4K",
        label="Pixels to refine",
        ge=0,
        unit="pixels",
        step=10000,
        only_if={"model_type": ["mattingrefine"], "model_refine_mode": ["sampling"]},
    )
    model_refine_threshold: float = setting(
        0.7,
        "Expected alpha error (0 to 1) to refine above",
        label="Refine errors above",
        ge=0,
        le=1,
        step=0.05,
        decimals=3,
        only_if={"model_type": ["mattingrefine"], "model_refine_mode": ["thresholding"]},
    )
    outputs: Literal["all", "alpha"] = setting(
        "all",
        "alpha: no colours are made, in less time; composite, foreground and error stay empty",
        label="Outputs",
        words={"all": "all", "alpha": "alpha alone"},
    )
    device: Literal["auto", "cuda", "cpu"] = setting(
        "auto", "Where the network runs", label="Device"
    )
    precision: Literal["auto", "fp32", "fp16"] = setting(
        "auto",
        "Number format; auto is fp16 on CUDA and fp32 on the CPU",
        label="Number format",
        advanced=True,
    )
    weights: Literal["official", "builtin"] = setting(
        "official",
        "The paper's weights, or the ones that come with the plugin",
        label="Weights",
        words={"official": "the paper's", "builtin": "built-in"},
        only_if={"model_weight_file": [""]},
    )
    model_weight_file: str = setting(
        "",
        "A checkpoint of your own (.pth, .onnx); it wins",
        label="Checkpoint of your own",
        advanced=True,
    )
    foreground: Literal["extended", "network"] = setting(
        "extended",
        "Colours of the person: of the picture, carried on beyond the edge, or as the network "
        "makes them, with the old background around the person",
        label="Foreground",
        only_if={"outputs": ["all"]},
    )
    align_background: bool = setting(
        False,
        "Warp the background onto the picture (hand-held cameras)",
        label="Align the background",
    )
    background_check: Literal["refuse", "warn", "off"] = setting(
        "refuse",
        "What to do with a background that is not this scene",
        label="If the background is wrong",
        words={"refuse": "refuse it", "warn": "warn", "off": "do not look"},
    )


class InferBackgroundMattingParam(PluginParam):
    """Carries :class:`Settings` through Ikomia.

    Its old parameter ``cuda`` ran on the CPU where there was no CUDA, which ``auto`` does now.
    """

    settings_class = Settings
    settings: Settings
    old_names = {"cuda": "device"}
    old_values = {"cuda": {"cuda": "auto", "true": "auto", "1": "auto", "false": "cpu", "0": "cpu"}}
