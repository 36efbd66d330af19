"""Background Matting V2 as plain torch modules; no ikomia, no files."""

from .matting import Matte, Matting, build_matting
from .network import MattingBase, MattingRefine
