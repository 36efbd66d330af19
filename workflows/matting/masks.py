"""Who tells the first pass where people are, and how two opinions join."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from infer_human_parsing.ports import Output as ParsingOutput
from infer_people.ports import Output as PeopleOutput
from infer_rvm.ports import Output as RvmOutput
from workflows.matting.graph import PARSING, PEOPLE, RVM, masks_workflow
from workflows.matting.options import MASK_TASKS, OPTIONS_OF, ChainOptions
from workflows.matting.report import Report
from workflows.plugins import run_workflow, task_of

OPAQUE = 128
# EasyVolcap widens RVM's mask by a box of this many pixels before it is cut by the parsing's.
DILATION = 20


def fused(alpha: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """EasyVolcap's fusion: RVM's mask, dilated, AND the parsing's; uint8 (H, W), 0 or 255.

    RVM alone leaks into furniture, parsing alone sees people in it; what both see is people. The
    dilation keeps the parsing's outline where RVM's is too tight.
    """
    wide = cv2.dilate((alpha >= OPAQUE).astype(np.uint8), np.ones((DILATION, DILATION), np.uint8))
    return np.where((wide > 0) & (mask > 0), 255, 0).astype(np.uint8)


@dataclass(frozen=True)
class People:
    """Who is in a frame.

    Attributes:
        mask: uint8 (H, W): alpha of RVM or of infer_people, else 0 and 255.
        labels: Human parsing's labels, uint8 (H, W); None without it.
        alpha: RVM's alpha, uint8 (H, W); None without it.
    """

    mask: np.ndarray
    labels: np.ndarray | None = None
    alpha: np.ndarray | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the mask shows nobody."""
        return not (self.mask >= OPAQUE).any()


class PeopleFinder:
    """Finds people in the frames of one sequence.

    Args:
        matte: rvm, people, parsing or rvm+parsing.
        options: Where the weights are, and what goes with them.
    """

    def __init__(self, matte: str, options: ChainOptions) -> None:
        self._tasks = MASK_TASKS[matte]
        parameters = {RVM: options.rvm, PEOPLE: options.people, PARSING: options.parsing}
        self._parameters = {name: parameters[name] for name in self._tasks}
        self._workflow = masks_workflow(self._parameters)
        self._is_used = False

    @property
    def settings(self) -> dict[str, str]:
        """What the masks depend on, by task and parameter."""
        return {
            f"{task}.{key}": str(value)
            for task, parameters in self._parameters.items()
            for key, value in parameters.items()
            if key not in ("device", "engine", "sequence", "outputs")
        }

    def begin_sequence(self) -> None:
        """Begin another sequence: what remembers the frames before forgets them."""
        # Networks that were loaded for the first sequence are not loaded anew.
        if self._is_used and {RVM, PEOPLE} & set(self._tasks):
            self._workflow = masks_workflow(self._parameters)

    def load(self) -> None:
        """Load the networks; a RuntimeError says which cannot be had, and what to do."""
        for name in self._tasks:
            load_network(self._workflow, name)

    def find(self, image: np.ndarray) -> People:
        """Find the people of the next frame, uint8 RGB (H, W, 3)."""
        self._is_used = True
        self._workflow.set_image_input(array=image, index=0)
        run_workflow(self._workflow)
        if PEOPLE in self._tasks:
            found = task_of(self._workflow, PEOPLE).get_output(PeopleOutput.MASK)
            return People(found.get_image())
        alpha = self._alpha() if RVM in self._tasks else None
        if PARSING not in self._tasks:
            assert alpha is not None
            return People(alpha, alpha=alpha)
        parsing = task_of(self._workflow, PARSING)
        mask = parsing.get_output(ParsingOutput.MASK).get_image()
        labels = parsing.get_output(ParsingOutput.SEGMENTATION).get_mask()
        return People(mask if alpha is None else fused(alpha, mask), labels, alpha)

    def _alpha(self) -> np.ndarray:
        return task_of(self._workflow, RVM).get_output(RvmOutput.ALPHA).get_image()


def choose_finder(options: ChainOptions, report: Report) -> PeopleFinder | None:
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
            finder = PeopleFinder(matte, options)
            finder.load()
    except RuntimeError as error:
        if options.matte != "auto" or options.rvm_weights:
            raise
        report.matte, report.matte_reason = "people", "RVM's weights are not to be had"
        report.warn(f"The people are found by infer_people: {error}")
        finder = PeopleFinder("people", options)
        finder.load()
        return finder
    if options.matte == "auto":
        report.matte_reason = "RVM's weights were found"
    return finder


def load_network(workflow: Any, name: str) -> None:
    """Load the network of a task; a RuntimeError says, with the command's options, why not."""
    try:
        task_of(workflow, name).init_long_process()
    except Exception as error:
        raise RuntimeError(f"{name}: {error} (In this command {OPTIONS_OF[name]}.)") from error
