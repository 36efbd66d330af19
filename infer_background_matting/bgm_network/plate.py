"""The background as the network takes it: RGB, of the picture's size, aligned, and checked."""

import logging
from dataclasses import dataclass

import numpy as np

from ..infer_background_matting_kit.pictures import as_rgb, resized
from .scene import AlignmentError, BackgroundAligner, compare_scene

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Prepared:
    """A plate, uint8 RGB of the picture's size and not aligned, and what it was prepared from.

    ``original`` is a copy of the background as it was given; ``options`` are the picture's shape,
    whether to align, and how to check.
    """

    original: np.ndarray
    options: tuple[tuple[int, ...], bool, str]
    plate: np.ndarray
    aligner: BackgroundAligner | None

    def plate_for(self, source: np.ndarray) -> np.ndarray:
        """The plate behind ``source``."""
        if self.aligner is None:
            return self.plate
        try:
            return self.aligner(source)
        except AlignmentError as error:
            if self.options[2] == "refuse":
                raise
            logger.warning("the background is used as it is, not aligned: %s", error)
            return self.plate


class PreparedPlate:
    """Prepares a background anew only when its pixels, the picture's size or the options change.

    Pixels are compared, not objects: Ikomia hands out a new array for the same picture with
    every frame of a video, and a program may write a new background into an old array.
    """

    def __init__(self) -> None:
        self._prepared: _Prepared | None = None

    def __call__(
        self, source: np.ndarray, background: np.ndarray, *, align: bool, check: str
    ) -> np.ndarray:
        """Return the plate behind ``source``; the same array for as long as nothing changes.

        Args:
            source: uint8 RGB (H, W, 3).
            background: A picture of the empty scene of any size, as :func:`as_rgb` takes it.
            align: Warp it onto each picture, for hand-held cameras.
            check: refuse, warn or off: what to do if it is not this scene or cannot be aligned.

        Raises:
            ValueError: ``check`` is refuse, and the background is not this scene.
            AlignmentError: ``check`` is refuse, and the background cannot be aligned.
        """
        options = (source.shape, align, check)
        known = self._prepared
        if known and options == known.options and np.array_equal(background, known.original):
            return known.plate_for(source)
        self._prepared = None
        rgb = as_rgb(background)
        aligner = BackgroundAligner(rgb) if align else None
        prepared = _Prepared(background.copy(), options, _fitted(source, rgb), aligner)
        plate = prepared.plate_for(source)
        _check_scene(source, plate, check)
        # Kept only now, so that a refused background is refused the next time as well.
        self._prepared = prepared
        return plate


def _fitted(source: np.ndarray, background: np.ndarray) -> np.ndarray:
    if background.shape == source.shape:
        # The caller's array may change later; what is remembered of it must not.
        return background.copy()
    logger.info("the background is resized from %s to %s", background.shape, source.shape)
    return resized(background, source.shape[1], source.shape[0])


def _check_scene(source: np.ndarray, plate: np.ndarray, check: str) -> None:
    if check == "off":
        return
    match = compare_scene(source, plate)
    if match.is_same_scene:
        return
    text = (
        f"the background (input 1) does not look like the scene of the picture (input 0): "
        f"{match}. Input 1 takes the empty scene, the new background goes to input 2; for a "
        "hand-held camera set align_background=True; background_check=off accepts it as it is."
    )
    if check == "refuse":
        raise ValueError(text)
    logger.warning(text)
