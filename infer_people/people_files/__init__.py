"""People of whole videos, one a camera: found view by view, in arrays and files; no ikomia."""

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
