"""Parameters of infer_matte_fusion: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from infer_matte_fusion.infer_matte_fusion_kit.parameters import (
    PluginParam,
    PluginSettings,
    setting,
)
from infer_matte_fusion.matte_fusing import WEIGHT_SETS, FusionOptions


class Settings(PluginSettings):
    """What a user can set."""

    weights: Literal["builtin", "official"] = setting(
        "builtin",
        "Which weights of infer_background_matting made the second matte",
        label="Weights of the second matte",
        words={"builtin": "built-in", "official": "the paper's"},
    )
    strength: float = setting(
        1.0,
        "Multiplies the second matte's share; 0 leaves the base as it is",
        label="Strength",
        ge=0,
        le=1,
        step=0.05,
    )
    reach: float = setting(
        4.0,
        "How far from the base's soft edge the second matte is asked, in a picture 720 high",
        label="Reach beside the edge",
        advanced=True,
        gt=0,
        le=64,
        unit="pixels",
        step=0.5,
        decimals=1,
    )
    least_coverage: float = setting(
        0.02,
        "A pixel of the plate that was seen in a smaller share of the frames is not used",
        label="Least coverage of the plate",
        advanced=True,
        ge=0,
        le=1,
        step=0.01,
    )

    @property
    def options(self) -> FusionOptions:
        """The engine's constants."""
        known = WEIGHT_SETS[self.weights]
        return replace(
            known,
            adding=self.strength * known.adding,
            removing=self.strength * known.removing,
            reach=self.reach,
            least_coverage=self.least_coverage,
        )


class InferMatteFusionParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
