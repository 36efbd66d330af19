"""Parameters of infer_flow_matting: names, choices, bounds and defaults stand here once."""

from typing import Literal

from .infer_flow_matting_kit.parameters import (
    KINDS_OF_INPUT,
    ColourText,
    PluginParam,
    PluginSettings,
    setting,
)
from .infer_flow_matting_kit.pictures import Colour, parse_colour


class Settings(PluginSettings):
    """What a user can set."""

    mode: Literal["refine", "network"] = setting(
        "refine",
        "Make a coarse matte stable in time, or matte with a trained network",
        label="Mode",
        words={"refine": "make mattes stable", "network": "matte by a trained network"},
    )
    timing: Literal["auto", "centred", "delayed", "causal"] = setting(
        "auto",
        "Which neighbours refine sees: both from the files, both but one frame late, "
        "or the past alone; auto is centred where the mattes come from a file, else causal",
        label="Neighbours that are seen",
        words={
            "centred": "before and after, from the files",
            "delayed": "before and after, one frame late",
            "causal": "before",
        },
        only_if={"mode": ["refine"]},
    )
    alpha_video_path: str = setting(
        "",
        "The coarse mattes as a video file, instead of input 1",
        label="Video of the coarse mattes",
    )
    flow: Literal["dis", "raft"] = setting(
        "dis",
        "Dense flow: OpenCV's DIS, or torchvision's RAFT with your weights",
        label="Flow",
        words={"dis": "DIS (OpenCV)", "raft": "RAFT (your weights)"},
        advanced=True,
    )
    flow_weight_file: str = setting(
        "",
        "Weights of raft_small or raft_large",
        label="Weights of RAFT",
        advanced=True,
        only_if={"flow": ["raft"]},
    )
    flow_size: int = setting(
        640,
        "Long side in pixels at which flow is computed at most",
        label="Size of the flow",
        ge=64,
        le=8192,
        advanced=True,
        unit="pixels",
        step=64,
    )
    scene_cut: float = setting(
        10.0,
        "Brightness error after warping from which a cut is suspected; 0 never",
        label="Error that may be a cut",
        ge=0,
        le=255,
        advanced=True,
        step=1,
        decimals=3,
        lowest_means="never",
    )
    sequence: Literal["auto", "video", "image", "stream"] = setting(
        "auto",
        "What has a past: videos, nothing, or every picture given",
        label="Kind of input",
        words=KINDS_OF_INPUT,
    )
    composite_color: ColourText = setting(
        "120,255,155",
        "R,G,B from 0 to 255 behind the person in the composite",
        label="Colour behind the person",
    )
    model_weight_file: str = setting(
        "",
        "For mode=network: best.pth of train_flow_matting, or an original CP file",
        label="Trained network",
        only_if={"mode": ["network"]},
    )
    network_size: int = setting(
        640,
        "Long side in pixels that the network sees at most",
        label="Size for the network",
        ge=16,
        le=8192,
        advanced=True,
        unit="pixels",
        step=64,
        only_if={"mode": ["network"]},
    )
    device: Literal["auto", "cuda", "cpu"] = setting("auto", "Where networks run", label="Device")

    @property
    def colour(self) -> Colour:
        return parse_colour(self.composite_color)


class InferFlowMattingParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
