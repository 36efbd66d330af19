"""People before a green or blue screen: alpha, and colours without the screen's light."""

from .keyer import Keyed, Keyer
from .options import KeyOptions
from .screen_colour import ScreenError

__all__ = ["KeyOptions", "Keyed", "Keyer", "ScreenError"]
