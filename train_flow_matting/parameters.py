"""Parameters of train_flow_matting: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from ikomia.core.task import TaskParam
from pydantic import BaseModel, ConfigDict, Field, field_validator


class Settings(BaseModel):
    """What a user can set; strings as Ikomia passes them are converted and checked."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())

    dataset_folder: str = Field("", description="Folder of the clips; input 0 wins where connected")
    output_folder: str = Field("", description="Where weights, logs and the flow's cache go")
    epochs: int = Field(20, ge=1, le=100_000, description="How many times each frame is seen")
    batch_size: int = Field(4, ge=1, le=512, description="Pairs of neighbouring frames a step")
    learning_rate: float = Field(
        1e-3, gt=0, le=1, description="Of AdamW at the start; it falls along a half cosine"
    )
    input_size: int = Field(
        320, ge=32, le=4096, description="Long side in pixels that the clips are brought to at most"
    )
    crop_size: int = Field(192, ge=16, le=4096, description="Side of the crops at most")
    width: int = Field(
        16, ge=8, le=256, description="Channels of the network's first level, a multiple of 8"
    )
    uses_matte: bool = Field(
        True, description="Correct a coarse matte (recommended), or matte from picture and flow"
    )
    validation_share: float = Field(
        0.2, gt=0, lt=1, description="Share of whole clips that are set aside, one at least"
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Of split, weights, order and crops")
    resume: bool = Field(False, description="Go on from last.pth of output_folder")
    device: Literal["auto", "cuda", "cpu"] = Field("auto", description="Where the network runs")
    monitoring: Literal["files", "ikomia", "off"] = Field(
        "files",
        description="TensorBoard and MLflow logs into output_folder, or on Ikomia's own servers, "
        "which it starts, or none",
    )

    @field_validator("width")
    @classmethod
    def _suits_the_normalisation(cls, value: int) -> int:
        if value % 8:
            raise ValueError(f"{value} is not a multiple of 8")
        return value


class TrainFlowMattingParam(TaskParam):
    """Carries :class:`Settings` through Ikomia's map of strings."""

    def __init__(self) -> None:
        super().__init__()
        self._take(Settings())

    def set_values(self, values: dict[str, str]) -> None:
        """Take all of ``values`` or, on a bad one, none.

        Raises:
            ValueError: A value is not allowed; the text names the parameter, value and choices.
        """
        self._take(Settings.model_validate({**self.settings.model_dump(), **dict(values)}))

    def _take(self, settings: Settings) -> None:
        self.settings = settings
        # Ikomia's training base class logs this dictionary.
        self.cfg = settings.model_dump()
