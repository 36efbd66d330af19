"""How to reconstruct."""

from __future__ import annotations

from dataclasses import dataclass

MODES = ("triangulate", "estimate_cameras", "refine_cameras")
METHODS = ("robust", "weighted", "plain")
ENGINES = ("native", "aniposelib")
OBJECTIVES = ("robust", "aist")


@dataclass(frozen=True)
class Options:
    """The task's parameters of the same names explain each."""

    mode: str = "triangulate"
    engine: str = "native"
    method: str = "robust"
    min_confidence: float = 0.15
    camera_confidence: float = 0.5
    optimise: bool = True
    objective: str = "robust"
    smooth: float = 1.0
    bone: float = 1.0
    repair_swaps: bool = True
    max_gap_fill: int = 30
    sync: str = "off"
    max_offset: int = 30
    person: int | None = None
    scale: str = "none"
    up_axis: str = "keep"
    units: str = "auto"
    start_cameras: str = "none"

    @property
    def is_robust(self) -> bool:
        """Whether outliers are looked for."""
        return self.engine == "native" and self.method == "robust"
