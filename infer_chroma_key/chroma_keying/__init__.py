"""The keyer: numpy, OpenCV and numba, no ikomia.

Its parts stand in the plugin's copy of the kit, since ``train_flow_matting`` keys as well.
"""

from ..infer_chroma_key_kit.keying import Keyed, Keyer, KeyOptions, ScreenError

__all__ = ["KeyOptions", "Keyed", "Keyer", "ScreenError"]
