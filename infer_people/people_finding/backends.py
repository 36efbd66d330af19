"""Who looks for people, and who for their keypoints, as the options ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from .detection import Detection
from .multipose import MultiPose
from .openpose import OpenPose
from .options import FinderOptions
from .rtmpose import Rtmo, RtmPose, is_one_stage, rtmpose_file
from .thunder import Thunder


class Search(Protocol):
    """Look at a whole picture, RGB uint8 (H, W, 3), for so many people at most."""

    def __call__(self, picture: np.ndarray, most: int) -> list[Detection]: ...


class Refinement(Protocol):
    """Find the keypoints (17 or 26, 3) of the person in each box (4,)."""

    def __call__(self, picture: np.ndarray, boxes: Sequence[np.ndarray]) -> list[np.ndarray]: ...


@dataclass(frozen=True)
class Backend:
    """A search, and what makes its people better; None where they are final."""

    search: Search
    refinement: Refinement | None


def backend_of(options: FinderOptions) -> Backend:
    """Load what ``options`` names.

    Raises:
        FileNotFoundError: A file, or OpenPose's program, is not there.
        ValueError: A file is another network, or ``device`` is not to be had.
        RuntimeError: A network could not be fetched.
    """
    if options.backend == "openpose":
        program = OpenPose(options.openpose_program, options.openpose_models, options.input_size)
        return Backend(program, None)
    place = {"device": options.device, "threads": options.threads}
    if options.backend == "rtmpose":
        path = Path(options.keypoint_file or rtmpose_file(options.rtmpose_model))
        if is_one_stage(path):
            return Backend(Rtmo(path, **place), None)
        refinement: Refinement = RtmPose(path, flip=options.flip, **place)
    else:
        refinement = Thunder(options.keypoint_file, flip=options.flip, **place)
    search = MultiPose(options.detector_file, input_size=options.input_size, **place)
    return Backend(search, refinement)
