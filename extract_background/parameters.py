"""Parameters of extract_background: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from ikomia import core
from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What a user can set; strings as Ikomia passes them are converted and checked."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    method: Literal[
        "auto",
        "robust",
        "bootstrap",
        "median",
        "weighted_median",
        "gmm",
        "alpha_mean",
        "masked_mean",
    ] = Field("auto", description="auto is robust with mattes and bootstrap without")
    mode: Literal["streaming", "look_ahead"] = Field(
        "streaming",
        description="Gather the workflow's frames, or read the input's file at the first frame",
    )
    stride: int = Field(1, ge=1, description="Take every n-th frame")
    max_frames: int = Field(200, ge=2, le=5000, description="Frames to use at most, spread evenly")
    memory_budget_mb: int = Field(
        1024, ge=16, description="Above it frames are kept in a temporary file (MB)"
    )
    gain_alignment: bool = Field(True, description="Even out exposure and white balance first")
    fill_holes: bool = Field(True, description="Inpaint what no frame shows")
    polish: bool = Field(True, description="gmm: robust mean around its result")
    truncate: bool = Field(False, description="alpha_mean: cut decimals as AIST++ does")
    dilation: int = Field(
        20, ge=1, le=200, description="masked_mean: dilation of the mask (pixels)"
    )
    color_matrix: Literal["auto", "601", "709"] = Field(
        "auto", description="Colour matrix of files read here; auto is the tag, else by size"
    )
    video_path: str = Field("", description="A video to read instead of the input")
    alpha_video_path: str = Field("", description="Its alpha video, in step with it by index")
    frames_folder: str = Field("", description="A folder of pictures to read instead of the input")
    masks_folder: str = Field("", description="Its masks, of the same names")
    easyvolcap_root: str = Field(
        "", description="A root with images/CAMERA and mask/CAMERA folders"
    )
    plates_folder: str = Field("", description="Where the plates of easyvolcap_root are written")


class ExtractBackgroundParam(core.CWorkflowTaskParam):
    """Carries :class:`Settings` through Ikomia's map of strings."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings()

    def set_values(self, values: dict[str, str]) -> None:
        """Take all of ``values`` or, on a bad one, none.

        Raises:
            ValueError: A value is not allowed; the text names the parameter, value and choices.
        """
        self.settings = Settings.model_validate({**self.settings.model_dump(), **dict(values)})

    def get_values(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.settings.model_dump().items()}
