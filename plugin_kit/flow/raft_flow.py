"""Dense optical flow by torchvision's RAFT, with weights of the user's."""

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models import optical_flow

from ..files import FileError
from ..pictures import size_within
from ..weights import load_state, read_state
from .dense_flow import downscaled, upscaled_flow

STRIDE = 8
# The coarsest correlation level needs this many pixels a side.
LEAST_SIDE = 128
# Only the large network learns how to enlarge its flow.
LARGE_ONLY = "mask_predictor."


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
