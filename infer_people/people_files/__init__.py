"""People of whole videos, one a camera: found view by view, in arrays and files; no ikomia."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .in_views import ViewFileOptions, find_in_views
    from .openpose_json import openpose_frame
    from .results_folder import ARRAYS, MASKS, OPENPOSE
    from .videos import View, find_views
    from .view_arrays import arrays_of, known_keypoints, summary_of
    from .view_people import ViewPeople

__all__ = [
    "ARRAYS",
    "MASKS",
    "OPENPOSE",
    "View",
    "ViewFileOptions",
    "ViewPeople",
    "arrays_of",
    "find_in_views",
    "find_views",
    "known_keypoints",
    "openpose_frame",
    "summary_of",
]

# Where each is. Imported when asked for: who reads files needs no networks.
PLACES = {
    "ViewFileOptions": "in_views",
    "find_in_views": "in_views",
    "openpose_frame": "openpose_json",
    "ARRAYS": "results_folder",
    "MASKS": "results_folder",
    "OPENPOSE": "results_folder",
    "View": "videos",
    "find_views": "videos",
    "arrays_of": "view_arrays",
    "known_keypoints": "view_arrays",
    "summary_of": "view_arrays",
    "ViewPeople": "view_people",
}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{PLACES[name]}"), name)
