"""Dense optical flow, by OpenCV or RAFT: where each pixel of a picture lies in the next."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ..files import FileError
from ..pictures import size_within
from ..weights import load_state, read_state

# OpenCV's type stubs ask for an array; without one it allocates its own.
NO_FIRST_GUESS: Any = None


# Flow from a first to a second picture, both uint8 RGB (H, W, 3), as float32 (H, W, 2).
DenseFlow = Callable[[np.ndarray, np.ndarray], np.ndarray]
STRIDE = 8
# The coarsest correlation level needs this many pixels a side.
LEAST_SIDE = 128
# Only the large network learns how to enlarge its flow.
LARGE_ONLY = "mask_predictor."


class DisFlow:
    """OpenCV's dense inverse search: no weights, tens of milliseconds on one core.

    Flow is computed at ``long_side`` pixels at most, and brought to the picture's size.
    """

    def __init__(self, long_side: int = 640) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.long_side = long_side

    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        height, width = first.shape[:2]
        size = size_within(first.shape, self.long_side)
        grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
        flow = self._dis.calc(downscaled(grey[0], size), downscaled(grey[1], size), NO_FIRST_GUESS)
        return upscaled_flow(flow, height, width)


def downscaled(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``image`` at ``size`` (width, height); the same object where it has that size."""
    if (image.shape[1], image.shape[0]) == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def upscaled_flow(flow: np.ndarray, height: int, width: int) -> np.ndarray:
    """``flow`` (h, w, 2) at (height, width), its vectors in the new pixels."""
    h, w = flow.shape[:2]
    if (h, w) == (height, width):
        return flow
    large = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR)
    large *= np.array((width / w, height / h), np.float32)
    return large


class RaftFlow:
    """A dense flow, as :data:`DenseFlow` says; the variant shows in the weights.

    Args:
        weights: A state_dict of raft_small or raft_large.
        device: Where it runs.
        long_side: Flow is computed at this size at most, and brought to the picture's.

    Raises:
        ValueError: The file is no RAFT checkpoint.
    """

    def __init__(self, weights: str | Path, device: str = "cpu", long_side: int = 640) -> None:
        self._network = _network_of(Path(weights)).eval().to(device)
        self._device, self.long_side = device, long_side

    @torch.inference_mode()
    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        height, width = first.shape[:2]
        size = size_within(first.shape, self.long_side)
        pair = [self._tensor(downscaled(image, size)) for image in (first, second)]
        flow = self._network(*pair)[-1][0].permute(1, 2, 0).float().cpu().numpy()
        flow = np.ascontiguousarray(flow[: size[1], : size[0]])
        return upscaled_flow(flow, height, width)

    def _tensor(self, image: np.ndarray) -> Tensor:
        """uint8 (h, w, 3) to (1, 3, h', w') in -1..1, both sides multiples of 8."""
        height, width = image.shape[:2]
        below, right = (
            max(LEAST_SIDE, -(-side // STRIDE) * STRIDE) - side for side in (height, width)
        )
        image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
        pixels = torch.from_numpy(image).to(self._device).permute(2, 0, 1)[None]
        return pixels.float() / 127.5 - 1


def _network_of(path: Path) -> nn.Module:
    # torchvision takes long to import, and few ask for RAFT.
    from torchvision.models import optical_flow

    try:
        state = read_state(path)
        is_large = any(key.startswith(LARGE_ONLY) for key in state)
        build = optical_flow.raft_large if is_large else optical_flow.raft_small
        network = build(weights=None, progress=False)
        load_state(network, state, path, parameters="flow_weight_file")
    except ValueError as error:
        problem = f"holds no weights of torchvision's RAFT ({error})"
        raise FileError(path, problem, "give those of raft_small or raft_large") from error
    return network
