"""From a picture to the parts of its people: detect, crop, parse, restore, merge; no ikomia."""

from .detector import PersonDetector, build_detector
from .folders import parse_easyvolcap
from .merging import Canvas, Parsing
from .outputs import coloured, describe, palette, person_mask, trimap
from .parser import HumanParser, ParserOptions
from .persons import Person, Window, suppress_claimed, whole_picture, window_of
