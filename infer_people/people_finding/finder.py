"""From pictures to people: detect, refine, follow, cut out."""

from __future__ import annotations

import numpy as np

from .options import FinderOptions
from .people import FramePeople


class PeopleFinder:
    """Find people in a picture, or in the frames of a video one after another.

    In a video ``person`` can be answered only with what was seen so far: nobody before the frame
    of a point, the largest of the frame in which somebody first is. With all frames at hand use
    :func:`choose`.

    Raises:
        FileNotFoundError: A network's file, or OpenPose's program, is not there.
        ValueError: A file is another network, or ``device`` is not to be had.
    """

    def __init__(self, options: FinderOptions) -> None:
        self.options = options

    def reset(self) -> None:
        """Forget who was seen: a new video begins."""

    def __call__(self, picture: np.ndarray, *, boxes: np.ndarray | None = None) -> FramePeople:
        """Find the people of one frame.

        Args:
            picture: RGB uint8 (H, W, 3); it is not written to.
            boxes: (B, 4) of another detector, pixels, in place of the detector of this package.

        Raises:
            ValueError: ``picture`` or ``boxes`` are of another kind.
        """
        return FramePeople.nobody(self.options.skeleton, picture.shape[:2])
