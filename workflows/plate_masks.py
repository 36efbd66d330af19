"""The first pass: who tells extract_background where people are, and how two opinions join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from workflows.matting import masks_workflow, plate_workflow

MATTES = ("auto", "rvm", "parsing", "rvm+parsing", "none")
RVM_ALPHA, PARSING_MASK = 1, 2
PEOPLE = 128
# EasyVolcap widens RVM's mask by a box of this many pixels before it is cut by the parsing's.
DILATION = 20


def fused(alpha: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """EasyVolcap's fusion: RVM's mask, dilated, AND the parsing's; uint8 (H, W), 0 or 255.

    RVM alone leaks into furniture, parsing alone misses what people hold; widened, RVM's mask
    keeps the parsing's outline and takes away what only the parsing saw.
    """
    wide = cv2.dilate((alpha >= PEOPLE).astype(np.uint8), np.ones((DILATION, DILATION), np.uint8))
    return np.where((wide > 0) & (mask > 0), 255, 0).astype(np.uint8)


@dataclass(frozen=True)
class FirstPass:
    """Workflows that make the plate, frame by frame.

    Attributes:
        plate: Ends with extract_background.
        masks: Makes the mattes for it, where they are more than infer_rvm's alone.
    """

    plate: Any
    masks: Any = None

    @property
    def extract(self) -> Any:
        return self.plate.find_task("extract_background", 0)

    def run(self, image: np.ndarray) -> None:
        """Take the next frame, uint8 RGB."""
        self.plate.set_image_input(array=image, index=0)
        if self.masks is not None:
            self.plate.set_image_input(array=self._matte(image), index=1)
        self.plate.run()

    def _matte(self, image: np.ndarray) -> np.ndarray:
        self.masks.set_image_input(array=image, index=0)
        self.masks.run()
        parsing = self.masks.find_task("infer_human_parsing", 0)
        mask = parsing.get_output(PARSING_MASK).get_image()
        if not self.masks.find_task("infer_rvm"):
            return mask
        rvm = self.masks.find_task("infer_rvm", 0)
        return fused(rvm.get_output(RVM_ALPHA).get_image(), mask)


def first_pass(matte: str, rvm: Mapping[str, object], parsing: Mapping[str, object]) -> FirstPass:
    """The workflows for ``matte``: rvm, parsing, rvm+parsing or none."""
    if matte in ("rvm", "none"):
        return FirstPass(plate_workflow(matte=matte == "rvm", rvm=rvm))
    masks = masks_workflow(rvm=rvm if matte == "rvm+parsing" else None, parsing=parsing)
    return FirstPass(plate_workflow(matte="input"), masks)
