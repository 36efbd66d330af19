"""The first pass: who tells extract_background where people are, and how two opinions join."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from workflows.matting import masks_workflow, plate_workflow
from workflows.matting_options import MASK_TASKS, OPTIONS_OF, ChainOptions
from workflows.matting_report import Report

RVM_ALPHA = 1
PARSING_LABELS, PARSING_MASK = 1, 2
PEOPLE = 128
# EasyVolcap widens RVM's mask by a box of this many pixels before it is cut by the parsing's.
DILATION = 20


def fused(alpha: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """EasyVolcap's fusion: RVM's mask, dilated, AND the parsing's; uint8 (H, W), 0 or 255.

    RVM alone leaks into furniture, parsing alone sees people in it; what both see is people. The
    dilation keeps the parsing's outline where RVM's is too tight.
    """
    wide = cv2.dilate((alpha >= PEOPLE).astype(np.uint8), np.ones((DILATION, DILATION), np.uint8))
    return np.where((wide > 0) & (mask > 0), 255, 0).astype(np.uint8)


@dataclass(frozen=True)
class People:
    """Who is in a frame.

    Attributes:
        mask: uint8 (H, W): RVM's alpha, else 0 and 255.
        labels: Human parsing's labels, uint8 (H, W); None without it.
    """

    mask: np.ndarray
    labels: np.ndarray | None = None


class PeopleMasks:
    """Masks of people in the frames of one sequence.

    Args:
        matte: rvm, parsing or rvm+parsing.
        options: Where the weights are, and what goes with them.
    """

    def __init__(self, matte: str, options: ChainOptions) -> None:
        self._tasks = MASK_TASKS[matte]
        parameters = {"infer_rvm": options.rvm, "infer_human_parsing": options.parsing}
        self._parameters = {name: parameters[name] for name in self._tasks}
        self._workflow = masks_workflow(self._parameters)

    @property
    def settings(self) -> dict[str, str]:
        """What the masks depend on, by task and parameter."""
        return {
            f"{task}.{key}": str(value)
            for task, parameters in self._parameters.items()
            for key, value in parameters.items()
            if key not in ("device", "sequence")
        }

    def begin(self) -> None:
        """Begin another sequence: Robust Video Matting forgets the frames before."""
        if "infer_rvm" in self._tasks:
            self._workflow = masks_workflow(self._parameters)

    def load(self) -> None:
        """Load the networks.

        Raises:
            RuntimeError: One cannot be had; the text says what to do.
        """
        for name in self._tasks:
            load_network(self._workflow, name)

    def of(self, image: np.ndarray) -> People:
        """Find the people of the next frame, uint8 RGB (H, W, 3)."""
        self._workflow.set_image_input(array=image, index=0)
        self._workflow.run()
        if "infer_human_parsing" not in self._tasks:
            return People(self._output("infer_rvm", RVM_ALPHA).get_image())
        mask = self._output("infer_human_parsing", PARSING_MASK).get_image()
        labels = self._output("infer_human_parsing", PARSING_LABELS).get_mask()
        if "infer_rvm" in self._tasks:
            mask = fused(self._output("infer_rvm", RVM_ALPHA).get_image(), mask)
        return People(mask, labels)

    def _output(self, task: str, index: int) -> Any:
        return self._workflow.find_task(task, 0).get_output(index)


class PlatePass:
    """Makes the plate, frame by frame.

    Args:
        masks: Who finds the people; None: nobody does.

    Attributes:
        extract: The task extract_background.
        empty_masks: How many frames had nobody in them, as far as ``masks`` saw.
    """

    def __init__(self, masks: PeopleMasks | None) -> None:
        self._masks = masks
        self._workflow = plate_workflow(matte=False if masks is None else "input")
        self.extract = self._workflow.find_task("extract_background", 0)
        self.empty_masks = 0

    def run(self, image: np.ndarray) -> None:
        """Take the next frame, uint8 RGB (H, W, 3)."""
        self._workflow.set_image_input(array=image, index=0)
        if self._masks is not None:
            mask = self._masks.of(image).mask
            self.empty_masks += not (mask >= PEOPLE).any()
            self._workflow.set_image_input(array=mask, index=1)
        self._workflow.run()


def chosen_masks(options: ChainOptions, report: Report) -> PeopleMasks | None:
    """Who finds the people, with networks loaded; None: nobody. ``report`` says it, and why.

    Raises:
        RuntimeError: A network was asked for and cannot be had.
    """
    matte = "rvm" if options.matte == "auto" else options.matte
    report.matte, report.matte_reason = matte, "it was asked for"
    if matte == "none":
        return None
    try:
        with report.timed("load networks"):
            masks = PeopleMasks(matte, options)
            masks.load()
    except RuntimeError as error:
        if options.matte != "auto" or options.rvm_weights:
            raise
        report.matte, report.matte_reason = "none", "RVM's weights are not to be had"
        report.warn(f"The plate is made without a matte: {error}")
        return None
    if options.matte == "auto":
        report.matte_reason = "RVM's weights were found"
    return masks


def load_network(workflow: Any, name: str) -> None:
    """Load the network of the task ``name`` of ``workflow``.

    Raises:
        RuntimeError: It cannot be had; the text says what to do, with the command's options.
    """
    try:
        workflow.find_task(name, 0).init_long_process()
    except Exception as error:
        raise RuntimeError(f"{name}: {error} (In this command {OPTIONS_OF[name]}.)") from error
