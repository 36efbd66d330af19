"""Who is in the picture: boxes, keypoints, masks and identities of people; no ikomia."""

from .choosing import Choice, choose, wanted_identities
from .finder import PeopleFinder
from .options import BACKENDS, SKELETONS, FinderOptions
from .people import FramePeople
from .regions import WantedRegions, wanted_share

__all__ = [
    "BACKENDS",
    "SKELETONS",
    "Choice",
    "FinderOptions",
    "FramePeople",
    "PeopleFinder",
    "WantedRegions",
    "choose",
    "wanted_identities",
    "wanted_share",
]
