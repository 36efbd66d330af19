"""Who is in the picture: boxes, keypoints, masks and identities of people; no ikomia."""

from .choosing import Choice, choose
from .finder import PeopleFinder
from .options import BACKENDS, SKELETONS, FinderOptions
from .people import FramePeople

__all__ = [
    "BACKENDS",
    "SKELETONS",
    "Choice",
    "FinderOptions",
    "FramePeople",
    "PeopleFinder",
    "choose",
]
