"""Parameters of infer_matte_fusion: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from infer_matte_fusion.infer_matte_fusion_kit.parameters import (
    PluginParam,
    PluginSettings,
    setting,
)
from infer_matte_fusion.matte_fusing import MASK_OPTIONS, WEIGHT_SETS, FusionOptions


class Settings(PluginSettings):
    """What a user can set."""

    base: Literal["alpha", "masks"] = setting(
        "alpha",
        "What the base is: a matting network's alpha, or masks of people with a soft edge",
        label="Base",
        words={"alpha": "alpha of a matting network", "masks": "masks of people"},
    )
    weights: Literal["builtin", "official"] = setting(
        "builtin",
        "Which weights of infer_background_matting made the second matte",
        label="Weights of the second matte",
        words={"builtin": "built-in", "official": "the paper's"},
        only_if={"base": ["alpha"]},
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
        0.0,
        "How far from the base's soft edge the second matte is asked, in a picture 720 high; 0: "
        "as the base needs it, 4 beside an alpha and 12 beside masks",
        label="Reach beside the edge",
        advanced=True,
        ge=0,
        le=64,
        unit="pixels",
        step=0.5,
        decimals=1,
        lowest_means="as the base needs it",
    )
    least_coverage: float = setting(
        0.0,
        "A pixel of the plate that was seen in a smaller share of the frames is not used; 0: as "
        "the base needs it, 0.02 beside an alpha and 0.12 beside masks",
        label="Least coverage of the plate",
        advanced=True,
        ge=0,
        le=1,
        step=0.01,
        lowest_means="as the base needs it",
    )

    @property
    def options(self) -> FusionOptions:
        """The engine's constants."""
        known = MASK_OPTIONS if self.base == "masks" else WEIGHT_SETS[self.weights]
        return replace(
            known,
            adding=self.strength * known.adding,
            removing=self.strength * known.removing,
            reach=self.reach or known.reach,
            least_coverage=self.least_coverage or known.least_coverage,
        )


class InferMatteFusionParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
