"""Names, bones and left/right pairs of the keypoints that detectors write; the kit's table."""

from ..infer_multiview_triangulation_kit.keypoints.skeletons import (
    DETECTED,
    SKELETONS,
    Skeleton,
    skeleton_of,
)

__all__ = ["DETECTED", "SKELETONS", "Skeleton", "skeleton_of"]
