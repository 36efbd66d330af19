"""Background Matting V2 for pictures; no ikomia, no files.

The networks stand in the plugin's copy of the kit, since ``train_background_matting`` trains them.
"""

from ..infer_background_matting_kit.bgmv2.network import MattingBase, MattingRefine
from .matting import Matte, Matting, build_matting

__all__ = ["Matte", "Matting", "MattingBase", "MattingRefine", "build_matting"]
