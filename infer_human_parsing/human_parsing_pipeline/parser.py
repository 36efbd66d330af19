"""People of a picture: crop, parse in batches, restore, merge."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ..human_parsing_network import ClassSet, ParsingNetwork, folded, optimised, rearranged
from ..human_parsing_network.classes import DEVIATION_BGR, MEAN_BGR
from ..infer_human_parsing_kit.openvino_engine import Engine, OpenVinoNetwork
from ..infer_human_parsing_kit.stopping import ShouldStop, check_stop, never
from .crops import crop_input, restore_bands
from .merging import Canvas, Parsing, border_weight, mask_weight
from .persons import Person, Window, window_of

logger = logging.getLogger(__name__)

# The network halves its input four times; what it is traced with holds no size.
TRACED_SIZE = 65
KeepApart = Literal["auto", "masks", "borders", "off"]


@dataclass(frozen=True, kw_only=True)
class ParserOptions:
    """How people are cropped and merged.

    Attributes:
        enlarge: Size of a crop over that of its box.
        batch: Crops that the network sees at once.
        input_size: Side of the network's input in pixels; None is the class set's.
        overwrite: A later crop overwrites an earlier one; else see :class:`Canvas`.
        keep_apart: What weights a crop's claims against its neighbours': instance masks, soft
            borders, nothing; auto is masks where there are any, else borders.
        flip_test: Average with the mirrored crop's logits.
    """

    enlarge: float = 1.2
    batch: int = 4
    input_size: int | None = None
    overwrite: bool = False
    keep_apart: KeepApart = "auto"
    flip_test: bool = False


class HumanParser:
    """Parse pictures with a network whose weights are loaded.

    Args:
        network: As its loader gives it.
        classes: What its labels mean.
        device: cpu, or a CUDA device.
        dtype: Of the convolutions: float32, or float16 on CUDA.
        engine: What runs the network; openvino takes float32 on the CPU alone.

    Raises:
        ImportError: The engine is openvino, and its package is missing.
    """

    def __init__(
        self,
        network: ParsingNetwork,
        classes: ClassSet,
        options: ParserOptions | None = None,
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        engine: Engine = "torch",
    ) -> None:
        if network.classes != len(classes.names):
            raise ValueError(
                f"the network has {network.classes} labels, {classes.name} {len(classes.names)}"
            )
        self.classes = classes
        self.options = options or ParserOptions()
        self._device, self._dtype = torch.device(device), dtype
        self.engine: Engine = engine
        self._network = self._prepared(network)
        logger.info("human parsing runs by %s on %s", engine, self._device)
        self._mirrored = torch.tensor(classes.mirrored(), device=self._device)

    def __call__(
        self, image: np.ndarray, persons: Sequence[Person], should_stop: ShouldStop = never
    ) -> Parsing:
        """Parse ``persons`` of uint8 RGB (H, W, 3); those outside the picture are left out.

        Raises:
            Stopped: ``should_stop`` returned True between two batches.
        """
        height, width = image.shape[:2]
        windows = ((p, window_of(p.box, self.options.enlarge, height, width)) for p in persons)
        visible = ((person, window) for person, window in windows if window is not None)
        placed = [(index, *found) for index, found in enumerate(visible)]
        canvas = Canvas(height, width, self._device, self.options.overwrite)
        for start in range(0, len(placed), self.options.batch):
            batch = placed[start : start + self.options.batch]
            check_stop(should_stop, "the parsing")
            logits = self.crop_logits(image, [window for _, _, window in batch])
            for (index, person, window), crop in zip(batch, logits, strict=True):
                self._lay(canvas, index, window, crop, self._weight(person, window, image))
        return canvas.result(tuple(person for _, person, _ in placed))

    @property
    def input_size(self) -> int:
        return self.options.input_size or self.classes.input_size

    @torch.inference_mode()
    def crop_logits(self, image: np.ndarray, windows: Sequence[Window]) -> Tensor:
        """Fusion logits (B, C, h, w), float32, of windows of uint8 RGB (H, W, 3)."""
        crops = np.stack([crop_input(image, window, self.input_size) for window in windows])
        x = torch.from_numpy(crops).to(self._device).permute(0, 3, 1, 2).float().div_(255)
        mean, deviation = (x.new_tensor(v)[:, None, None] for v in (MEAN_BGR, DEVIATION_BGR))
        x = ((x - mean) / deviation).contiguous(memory_format=torch.channels_last)
        logits = self._forward(x)
        if self.options.flip_test:
            # Corners are aligned throughout, so that mirrored logits lie exactly on these.
            mirrored = self._forward(x.flip(-1)).flip(-1)
            logits = (logits + mirrored[:, self._mirrored]) / 2
        return logits

    def _prepared(self, network: ParsingNetwork) -> Any:
        is_plain = self._device.type == "cpu" and self._dtype == torch.float32
        if self.engine == "openvino":
            assert is_plain, "engine=openvino: float32 on the CPU"
            return OpenVinoNetwork(rearranged(network), torch.zeros(1, 3, TRACED_SIZE, TRACED_SIZE))
        if is_plain:
            return optimised(network)
        return folded(network).to(self._device).to(memory_format=torch.channels_last)

    def _forward(self, x: Tensor) -> Tensor:
        is_half = self._dtype != torch.float32
        # Weights stay float32; autocast knows what may run in half precision.
        with torch.autocast(self._device.type, self._dtype, enabled=is_half):
            found = self._network(x)
        return (found[0] if self.engine == "openvino" else found).float()

    def _weight(self, person: Person, window: Window, image: np.ndarray) -> np.ndarray | None:
        how = self.options.keep_apart
        if how == "off" or (how == "masks" and person.mask is None):
            return None
        if person.mask is not None and how != "borders":
            return mask_weight(person.mask, window)
        return border_weight(window, *image.shape[:2])

    @torch.inference_mode()
    def _lay(
        self, canvas: Canvas, index: int, window: Window, logits: Tensor, weight: np.ndarray | None
    ) -> None:
        weights = None if weight is None else torch.from_numpy(weight).to(self._device)
        for band, restored in restore_bands(logits, window, self.input_size):
            rows = slice(band.top - window.top, band.bottom - window.top)
            canvas.add(index, band, restored, 1.0 if weights is None else weights[rows])
