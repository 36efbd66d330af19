"""Who is in the picture: boxes, keypoints, masks and identities of people; no ikomia."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .options import BACKENDS, SKELETONS, FinderOptions

if TYPE_CHECKING:
    from .choosing import Choice, choose, wanted_identities
    from .finder import PeopleFinder
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

# Where each is. Imported when asked for: options alone need neither networks nor SciPy.
PLACES = {
    "Choice": "choosing",
    "choose": "choosing",
    "wanted_identities": "choosing",
    "PeopleFinder": "finder",
    "FramePeople": "people",
    "WantedRegions": "regions",
    "wanted_share": "regions",
}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{PLACES[name]}"), name)
