"""The alpha of each frame, of what the first pass found and the plate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import cv2
import numpy as np

from extract_background.plate_estimation import Plate
from extract_background.plate_estimation.moving import PlateView
from infer_background_matting.ports import Input
from infer_background_matting.ports import Output as MattingOutput
from infer_matte_fusion.matte_fusing import MASK_OPTIONS, WEIGHT_SETS, FusionOptions, fuse
from workflows.matting.base_alpha import BaseAlpha
from workflows.matting.first_pass import FirstPass
from workflows.matting.graph import MATTING, matting_workflow
from workflows.matting.job import VideoJob
from workflows.matting.masks import load_network
from workflows.matting.options import ChainOptions
from workflows.plugins import run_workflow, task_of

# Does what is left to do of a frame's alpha: float32 (H, W) in 0..1. No network is asked any more,
# so that another thread may call it, frame after frame, while the next one's networks run.
Unfinished = Callable[[], np.ndarray]


class AlphaSource(Protocol):
    """Makes the alpha of the frames of a video in order."""

    @property
    def foreground(self) -> np.ndarray | None:
        """Of the last frame the person's own colours, uint8 RGB (H, W, 3), where the alpha's maker
        knows them; None where they are to be estimated.
        """
        ...

    def __call__(self, index: int, image: np.ndarray) -> Unfinished:
        """Run the networks on frame ``index``, uint8 RGB (H, W, 3); what is returned is called."""
        ...

    def report(self) -> dict[str, Any]:
        """How it went; JSON values."""
        ...


class BackgroundNetwork:
    """Background matting's alpha of a frame before a plate."""

    def __init__(self, options: ChainOptions) -> None:
        self._workflow = matting_workflow(new_background=False, matting=options.matting)
        self._plate: np.ndarray | None = None

    def load(self) -> None:
        """Load the network; a RuntimeError says why that cannot be done."""
        load_network(self._workflow, MATTING)

    def __call__(self, image: np.ndarray, plate: np.ndarray) -> np.ndarray:
        """float32 (H, W) in 0..1, of two pictures uint8 RGB (H, W, 3)."""
        self._workflow.set_image_input(array=image, index=Input.SOURCE)
        # What depends on the plate alone is kept for as long as it is the same array.
        if plate is not self._plate:
            self._workflow.set_image_input(array=plate, index=Input.BACKGROUND)
            self._plate = plate
        run_workflow(self._workflow)
        return task_of(self._workflow, MATTING).get_output(MattingOutput.ALPHA_ARRAY).get_array()


class BaseOnly:
    """The base alone, kept from the first pass or made now.

    Args:
        base: Who makes it.
        first: What the first pass found.
        job: The video.
    """

    foreground: np.ndarray | None = None

    def __init__(self, base: BaseAlpha | None, first: FirstPass, job: VideoJob) -> None:
        self._base, self._first = base, first
        if first.alphas is None:
            assert base is not None
            base.begin(job.first_frames())

    def __call__(self, index: int, image: np.ndarray) -> Unfinished:
        return partial(_as_floats, self.levels(index, image))

    def levels(self, index: int, image: np.ndarray) -> np.ndarray:
        """The alpha as uint8 (H, W)."""
        if self._first.alphas is not None:
            return self._first.alphas[index]
        assert self._base is not None
        alpha = self._base(image)
        self.foreground = self._base.foreground
        return alpha

    def report(self) -> dict[str, Any]:
        return {}


class PlateOnly:
    """Background matting's alone; a frame that cannot be registered takes the last one's plate."""

    foreground: np.ndarray | None = None

    def __init__(self, network: BackgroundNetwork, plate: Plate) -> None:
        self._network, self._plate = network, plate
        self._last = plate.background
        self._lost = 0

    def __call__(self, index: int, image: np.ndarray) -> Unfinished:
        behind = self._plate.behind(index, image)
        if behind is None:
            self._lost += 1
        else:
            self._last = behind.background
        alpha = self._network(image, self._last)
        return lambda: alpha

    def report(self) -> dict[str, Any]:
        return {"frames_not_registered": self._lost} if self._plate.moving else {}


@dataclass
class Fused:
    """The base, helped by background matting where the plate was seen and fits the frame.

    Attributes:
        base: Makes the base alpha.
        network: Makes the second one.
        plate: Before which.
        options: The fusion's constants.
    """

    base: BaseOnly
    network: BackgroundNetwork
    plate: Plate
    options: FusionOptions
    shares: list[float] = field(default_factory=list)
    misfits: list[float] = field(default_factory=list)
    refused: int = 0
    foreground: np.ndarray | None = None
    _coverage: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, index: int, image: np.ndarray) -> Unfinished:
        base = self.base.levels(index, image)
        behind = self.plate.behind(index, image, base)
        second = None if behind is None else self.network(image, behind.background)
        return partial(self._fused, image, base, second, behind)

    def _fused(
        self,
        image: np.ndarray,
        levels: np.ndarray,
        second: np.ndarray | None,
        behind: PlateView | None,
    ) -> np.ndarray:
        base = _as_floats(levels)
        if behind is None or second is None:
            self.refused += 1
            return base
        fused = fuse(
            image,
            base,
            second,
            behind.background,
            coverage=behind.coverage,
            options=self.options,
        )
        self.shares.append(fused.report["edge_share"])
        if fused.report["misfit"] is not None:
            self.misfits.append(fused.report["misfit"])
        self.refused += not fused.share.any()
        return fused.alpha

    def report(self) -> dict[str, Any]:
        used = [share for share in self.shares if share > 0]
        return {
            "frames_fused": len(used),
            "frames_of_the_base_alone": self.refused,
            "edge_share": round(float(np.mean(used)), 4) if used else 0.0,
            "misfit": round(float(np.mean(self.misfits)), 4) if self.misfits else None,
            "worst_misfit": round(float(np.max(self.misfits)), 4) if self.misfits else None,
        }


class Wanted:
    """Another alpha, of the people alone who are wanted."""

    def __init__(self, source: AlphaSource, first: FirstPass) -> None:
        assert first.wanted is not None
        self._source, self._wanted = source, first.wanted

    @property
    def foreground(self) -> np.ndarray | None:
        return self._source.foreground

    def __call__(self, index: int, image: np.ndarray) -> Unfinished:
        unfinished = self._source(index, image)
        return lambda: cv2.multiply(unfinished(), self._wanted.share(index))

    def report(self) -> dict[str, Any]:
        return self._source.report()


def _as_floats(levels: np.ndarray) -> np.ndarray:
    """uint8 (H, W) as float32 in 0..1."""
    return np.divide(levels, np.float32(255), dtype=np.float32)


def fusion_options(weights: str, base: str) -> FusionOptions:
    """The constants for ``weights`` of background matting, and for who made the base."""
    if base == "people":
        return MASK_OPTIONS
    return WEIGHT_SETS["builtin" if weights == "builtin" else "official"]
