"""When each view's frames were: views that are late are told, or brought forward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .camera import Camera
from .inputs import Options
from .sequence.synchronisation import find_offsets, shift_views

# Frames by which each view is late, None where that cannot be told; or None where nobody asked.
Late = Sequence[int | None] | None
# Shutters differ by up to a frame, which is no reason for a warning.
MIN_TOLD = 2
# Where more than this share of the distances would remain, the calibration is to blame.
MAX_REMAINS = 0.9


def synchronise(
    cameras: Sequence[Camera], people: np.ndarray, options: Options, warnings: list[str]
) -> tuple[np.ndarray, Late]:
    """Find the frames by which each view is late and, with sync=auto, bring late ones forward.

    What was found is added to ``warnings``, but of two views, which ``two_view_warnings`` judges,
    and with sync=report of views of which nothing can be told or that are hardly late.

    Args:
        people: (V, F, P, J, 3); who is who in the views need not be known.

    Returns:
        The people and the frames.
    """
    if options.sync == "off":
        return people, None
    is_auto = options.sync == "auto"
    offsets = find_offsets(cameras, people, options.max_offset)
    told = [
        frames if certain else None
        for frames, certain in zip(offsets.frames.tolist(), offsets.certain, strict=True)
    ]
    if is_auto or len(cameras) > 2:
        warnings += _offset_warnings(cameras, told, offsets.remains, is_auto)
        is_at_limit = offsets.at_limit & (is_auto | (offsets.remains < MAX_REMAINS))
        if is_at_limit.any():
            names = [
                camera.name for camera, is_so in zip(cameras, is_at_limit, strict=True) if is_so
            ]
            warnings.append(
                f"the views {', '.join(names)} fit best at the limit of the search, max_offset "
                f"{options.max_offset} frames: they may be later than that; raise max_offset"
            )
    if is_auto:
        people = shift_views(people, np.array([frames or 0 for frames in told]))
    return people, told


def _offset_warnings(
    cameras: Sequence[Camera],
    late: Sequence[int | None],
    remains: np.ndarray,
    is_auto: bool,
) -> list[str]:
    warnings = []
    for camera, frames, left in zip(cameras, late, remains, strict=True):
        if frames is None and is_auto:
            warnings.append(f"view {camera.name}: too little motion to tell whether it is late")
        elif frames and (is_auto or (abs(frames) >= MIN_TOLD and left < MAX_REMAINS)):
            done = "corrected" if is_auto else "set sync=auto to correct it"
            warnings.append(f"view {camera.name} is {frames:+d} frames late ({done})")
    return warnings
