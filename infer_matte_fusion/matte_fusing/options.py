"""How far the second matte is followed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FusionOptions:
    """Constants of the fusion. Lengths are pixels of a picture 720 high, and grow with it.

    Attributes:
        adding, removing: The second matte's share, 0 to 1, where it is above the base and where it
            is below, with the plate wholly trusted.
        by_contrast: Whether it may add only where the frame differs from the plate, and remove
            only where the two look alike.
        reach: How far from the base's soft edge the second matte is asked.
        levels: Difference of frame and plate nearby, in grey levels, at which trust has fallen to
            1/e.
        neighbourhood: Standard deviation of the Gaussian that weighs the differences nearby.
        least_coverage: A pixel of the plate that was seen in a smaller share of the frames is a
            guess.
        hole_margin: How near such a guess the second matte is not asked.
        doubted_misfit, refused_misfit: Share of the background that differs from the plate by more
            than 20 levels from which trust falls everywhere, and at which it has gone.
    """

    adding: float = 0.75
    removing: float = 0.5
    by_contrast: bool = True
    reach: float = 4.0
    levels: float = 8.0
    neighbourhood: float = 16.0
    least_coverage: float = 0.02
    hole_margin: float = 8.0
    doubted_misfit: float = 0.04
    refused_misfit: float = 0.07

    def __post_init__(self) -> None:
        for name in ("adding", "removing", "least_coverage"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} {getattr(self, name)} must be from 0 to 1")
        for name in ("reach", "levels", "neighbourhood", "hole_margin"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} {getattr(self, name)} must be above 0")
        if not 0 <= self.doubted_misfit < self.refused_misfit <= 1:
            raise ValueError(
                f"doubted_misfit {self.doubted_misfit} must be from 0 to below refused_misfit "
                f"{self.refused_misfit}, which is at most 1"
            )


# By the weights that made the second matte. The built-in ones draw what the base lost, but thin
# out hair, so they may remove nothing that differs from the plate: chosen on composites of two
# people and two scenes that neither tests nor benchmarks show. The official ones could not be
# measured: these are the constants of an even fusion that gained on other composites.
WEIGHT_SETS = {
    "builtin": FusionOptions(),
    "official": FusionOptions(adding=0.5, removing=0.5, by_contrast=False, levels=12.0),
}

# Where the base is masks of people with a soft edge, such as infer_people's, in place of a matting
# network's alpha: they err farther from their edge, mostly by what they hold too much, and now and
# then lose a limb for a frame, which is then in the plate. Chosen on composites of the same two
# people over three scenes, with the built-in weights: 17 % off the masks' MAD, where an even share
# that did not ask the contrast added as much.
MASK_OPTIONS = FusionOptions(adding=0.75, removing=1.0, reach=12.0, least_coverage=0.12)
