"""The refiner: full-resolution convolutions where the coarse matte is expected to be wrong."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .encoder import resize

REFINE_MODES = ("full", "sampling", "thresholding")
CELL = 4


class Refiner(nn.Module):
    """Refine 4x4-pixel cells of the alpha and of the foreground residual.

    Args:
        mode: ``full`` refines every cell, ``sampling`` the ``sample_pixels // 16`` cells of the
            highest expected error in each picture, ``thresholding`` those above ``threshold``.
        sample_pixels: Pixels to refine in ``sampling``; more than the picture holds means all.
        threshold: Expected error in 0..1, exclusive.
        kernel_size: 3 or 1.
        prevent_oversampling: In ``sampling``, leave out cells whose expected error is 0.
    """

    channels = (32, 24, 16, 12, 4)

    def __init__(
        self,
        mode: str,
        sample_pixels: int,
        threshold: float,
        kernel_size: int = 3,
        prevent_oversampling: bool = True,
    ) -> None:
        super().__init__()
        if kernel_size not in (1, 3):
            raise ValueError(f"refine kernel size {kernel_size} is neither 1 nor 3")
        self.refine_by(mode, sample_pixels, threshold)
        self.kernel_size, self.prevent_oversampling = kernel_size, prevent_oversampling
        # Zeros around the picture, at half and at full size, that unpadded convolutions need.
        self.half_padding, self.full_padding = (3, 2) if kernel_size == 3 else (0, 0)
        hidden, c1, c2, c3, c4 = self.channels
        self.conv1 = nn.Conv2d(hidden + 4 + 6, c1, kernel_size, bias=False)
        self.bn1 = nn.BatchNorm2d(c1)
        self.conv2 = nn.Conv2d(c1, c2, kernel_size, bias=False)
        self.bn2 = nn.BatchNorm2d(c2)
        self.conv3 = nn.Conv2d(c2 + 6, c3, kernel_size, bias=False)
        self.bn3 = nn.BatchNorm2d(c3)
        self.conv4 = nn.Conv2d(c3, c4, kernel_size)
        self.relu = nn.ReLU()

    def refine_by(self, mode: str, sample_pixels: int, threshold: float) -> None:
        """Change which cells are refined; see the class."""
        if mode not in REFINE_MODES:
            raise ValueError(f"refine mode {mode!r} is not one of {', '.join(REFINE_MODES)}")
        self.mode, self.sample_pixels, self.threshold = mode, sample_pixels, threshold

    def forward(
        self, src: Tensor, bgr: Tensor, pha: Tensor, fgr: Tensor, err: Tensor, hid: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Refine the coarse ``pha``, ``fgr`` (raw residual) and ``hid``, (B, C, h, w) each.

        Returns:
            alpha (B, 1, H, W) and foreground residual (B, 3, H, W), both unclamped, and the map
            of refined cells (B, 1, H // 4, W // 4) of zeros and ones.
        """
        height, width = src.shape[-2:]
        coarse = torch.cat([hid, pha, fgr], dim=1)
        pictures = torch.cat([src, bgr], dim=1)
        if self.mode == "full":
            cells = src.new_ones((len(src), 1, height // CELL, width // CELL))
            refined = self._refined(coarse, pictures, lambda x, _, around: F.pad(x, (around,) * 4))
            return refined[:, :1], refined[:, 1:], cells
        cells = self.select(err, (height // CELL, width // CELL))
        output = resize(coarse[:, -4:], (height, width))
        batch, _, rows, columns = torch.nonzero(cells, as_tuple=True)
        if len(batch):
            patches = self._refined(coarse, pictures, partial(crop_patches, (batch, rows, columns)))
            grid = output.view(len(src), 4, height // CELL, CELL, width // CELL, CELL)
            grid = grid.permute(0, 2, 4, 1, 3, 5).contiguous()
            grid = grid.index_put((batch, rows, columns), patches.to(grid.dtype))
            output = grid.permute(0, 3, 1, 4, 2, 5).reshape(len(src), 4, height, width)
        return output[:, :1], output[:, 1:], cells

    def select(self, err: Tensor, size: tuple[int, int]) -> Tensor:
        """Choose the cells to refine: (B, 1, H // 4, W // 4) of zeros and ones."""
        err = resize(err, size)
        if self.mode == "thresholding":
            return (err > self.threshold).to(err.dtype)
        flat = err.flatten(1)
        count = min(self.sample_pixels // CELL**2, flat.shape[1])
        highest = flat.topk(count, dim=1, sorted=False).indices
        cells = torch.zeros_like(flat).scatter_(1, highest, 1.0).view_as(err)
        return cells * (err > 0) if self.prevent_oversampling else cells

    def full_convolutions(self, x: Tensor) -> Tensor:
        return self.conv4(self.relu(self.bn3(self.conv3(x))))

    def _refined(
        self, coarse: Tensor, pictures: Tensor, cut: Callable[[Tensor, int, int], Tensor]
    ) -> Tensor:
        """Alpha and residual of what ``cut`` takes, of a side and a padding, out of a picture."""
        half_size = (pictures.shape[-2] // 2, pictures.shape[-1] // 2)
        half = torch.cat([resize(coarse, half_size), resize(pictures, half_size)], dim=1)
        x = self.relu(self.bn1(self.conv1(cut(half, 2, self.half_padding))))
        x = self.relu(self.bn2(self.conv2(x)))
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        return self.full_convolutions(torch.cat([x, cut(pictures, CELL, self.full_padding)], dim=1))


def crop_patches(
    index: tuple[Tensor, Tensor, Tensor], x: Tensor, cell: int, padding: int
) -> Tensor:
    """Cut (P, C, cell + 2 padding, same) around the indexed cells of the zero-padded ``x``."""
    batch, rows, columns = index
    padded = F.pad(x, (padding,) * 4).permute(0, 2, 3, 1)
    side = cell + 2 * padding
    windows = padded.unfold(1, side, cell).unfold(2, side, cell)
    return windows[batch, rows, columns]
