"""Parameters of extract_background: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from extract_background.extract_background_kit.parameters import (
    PluginParam,
    PluginSettings,
    setting,
)
from extract_background.plate_estimation.plate import Method, PlateOptions, Registering, Sampling


class Settings(PluginSettings):
    """What a user can set."""

    method: Method = setting(
        "auto",
        "auto is robust with mattes and bootstrap without",
        label="Method",
        words={
            "robust": "robust mean",
            "weighted_median": "weighted median",
            "gmm": "mixture of Gaussians",
            "alpha_mean": "mean by alpha (AIST++)",
            "masked_mean": "mean off the masks (EasyVolcap)",
        },
    )
    mode: Literal["streaming", "look_ahead"] = setting(
        "streaming",
        "Gather the workflow's frames, or read the input's file at the first frame",
        label="How frames are read",
        words={"streaming": "as they come", "look_ahead": "ahead, from the input's file"},
    )
    stride: int = setting(1, "Take every n-th frame", label="Take every n-th frame", ge=1)
    max_frames: int = setting(
        200,
        "Frames to use at most, spread evenly",
        label="Frames at most",
        ge=2,
        le=5000,
        unit="frames",
        step=10,
    )
    memory_budget_mb: int = setting(
        1024,
        "Above it frames are kept in a temporary file (MB)",
        label="Memory for frames",
        ge=16,
        advanced=True,
        unit="MB",
        step=256,
    )
    gain_alignment: bool = setting(
        True, "Even out exposure and white balance first", label="Even out exposure"
    )
    fill_holes: bool = setting(True, "Inpaint what no frame shows", label="Inpaint holes")
    registration: Registering = setting(
        "off",
        "Bring frames of a moving camera onto one of them first; auto does it where that fits "
        "better, and needs mattes",
        label="Register frames of a moving camera",
    )
    polish: bool = setting(
        True,
        "gmm: robust mean around its result",
        label="Polish the mixture",
        only_if={"method": ["gmm"]},
    )
    truncate: bool = setting(
        False,
        "alpha_mean: cut decimals as AIST++ does",
        label="Cut decimals as AIST++",
        only_if={"method": ["alpha_mean"]},
    )
    dilation: int = setting(
        20,
        "masked_mean: dilation of the mask (pixels)",
        label="Dilation of the mask",
        ge=1,
        le=200,
        unit="pixels",
        only_if={"method": ["masked_mean"]},
    )
    color_matrix: Literal["auto", "601", "709"] = setting(
        "auto",
        "Colour matrix of files read here; auto is the tag, else by size",
        label="Colour matrix",
        words={"auto": "as the file says", "601": "BT.601", "709": "BT.709"},
        advanced=True,
        only_if=[{"mode": ["look_ahead"]}, {"video_path": ["*"]}],
    )
    video_path: str = setting(
        "", "A video to read instead of the input", label="Video to read instead", advanced=True
    )
    alpha_video_path: str = setting(
        "",
        "Its alpha video, in step with it by index",
        label="Its alpha video",
        advanced=True,
        only_if=[{"mode": ["look_ahead"]}, {"video_path": ["*"]}],
    )
    frames_folder: str = setting(
        "",
        "A folder of pictures to read instead of the input",
        label="Pictures to read instead",
        advanced=True,
    )
    masks_folder: str = setting(
        "",
        "Its masks, of the same names; of easyvolcap_root: one folder a CAMERA",
        label="Their masks",
        advanced=True,
        only_if=[{"frames_folder": ["*"]}, {"easyvolcap_root": ["*"]}],
    )
    easyvolcap_root: str = setting(
        "",
        "A root with images/CAMERA and mask/CAMERA folders",
        label="EasyVolcap root",
        advanced=True,
    )
    plates_folder: str = setting(
        "",
        "Where the plates of easyvolcap_root are written",
        label="Folder for its plates",
        advanced=True,
        only_if={"easyvolcap_root": ["*"]},
    )

    @property
    def options(self) -> PlateOptions:
        """How to estimate."""
        return PlateOptions(**self.model_dump(include=set(PlateOptions.__dataclass_fields__)))

    @property
    def sampling(self) -> Sampling:
        """Which frames are used."""
        return Sampling(self.max_frames, self.stride, self.memory_budget_mb)


class ExtractBackgroundParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
