"""What a reconstruction says of itself: plain numbers and texts, as JSON holds them.

The task's README explains each key.
"""

from __future__ import annotations

from typing import TypedDict


class ErrorFigures(TypedDict):
    """Reprojection errors of one view in pixels; None where it has none."""

    observed: float
    inlier_share: float | None
    median: float | None
    mad: float | None
    bias: list[float] | None


class ViewQuality(ErrorFigures):
    """The same with what else is known of the view."""

    name: str
    swapped_frames: int
    late_frames: int | None
    left_out_median: float | None


class Quality(TypedDict):
    """Figures of all views together, a row a view, and what went wrong, in words."""

    views: list[ViewQuality]
    outlier_scale: float
    reprojection_median: float | None
    left_out_median: float | None
    parallax_degrees: float | None
    measured_share: float
    interpolated_share: float
    rejected_share: float
    warnings: list[str]
    scale: float
