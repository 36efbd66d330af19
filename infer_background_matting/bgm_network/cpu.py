"""The refined network on the CPU: the same numbers without ever making a full-size feature map.

The plain network upsamples 36 coarse channels and both pictures to find a few thousand patches
in them. At ``backbone_scale`` 1/4 every patch is a fixed linear map of 5x5 coarse values and of
16x16 bytes, so only those are read.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor
from torch.nn import functional as F

from .folding import folded
from .matte import Matte
from .network import MattingRefine
from .refiner import CELL

WINDOW = 16
COARSE_RADIUS = 2


def supports(network: MattingRefine) -> bool:
    """Whether the patch-wise path covers ``network``'s settings."""
    refiner = getattr(network, "refiner", None)
    if refiner is None:
        return False
    is_patched = refiner.mode != "full" and refiner.kernel_size == 3
    return is_patched and network.backbone_scale == 0.25


class PatchwiseMatter:
    """Matte uint8 pictures whose sides are multiples of 4, one background after another.

    Args:
        network: A network that :func:`supports` accepts; a folded copy is used.
    """

    def __init__(self, network: MattingRefine) -> None:
        self._network = folded(network)
        for part in (self._network.backbone, self._network.aspp, self._network.decoder):
            part.to(memory_format=torch.channels_last)
        self._background: np.ndarray | None = None
        self._prepared: tuple[Tensor, np.ndarray] | None = None
        rows = _interpolation()
        self._interpolation = torch.kron(rows, rows).T.contiguous()

    @torch.inference_mode()
    def __call__(self, source: np.ndarray, background: np.ndarray) -> Matte:
        """Matte ``source`` before ``background``, uint8 RGB (H, W, 3) each."""
        if background is not self._background:
            self._prepared = (_small(background), _padded(background))
            self._background = background
        small_background, padded_background = self._prepared
        raw = self._network.raw(_small(source), small_background)
        alpha, error = raw.alpha.clamp(0, 1), raw.error.clamp(0, 1)
        height, width = source.shape[:2]
        cells = self._network.refiner.select(error, (height // CELL, width // CELL))
        coarse = torch.cat([raw.hidden, alpha, raw.residual], dim=1)
        output = _enlarged(coarse[0, -4:], width, height)
        rows, columns = torch.nonzero(cells[0, 0], as_tuple=True)
        if len(rows):
            pictures = (_padded(source), padded_background)
            patches = self._refine(coarse, pictures, rows.numpy(), columns.numpy())
            grid = output.reshape(height // CELL, CELL, width // CELL, CELL, 4)
            grid = grid.transpose(0, 2, 1, 3, 4)
            grid[rows.numpy(), columns.numpy()] = patches.permute(0, 2, 3, 1).numpy()
        residual = np.ascontiguousarray(output[..., 1:]) * np.float32(255)
        return Matte(
            np.clip(output[..., 0], 0, 1),
            cv2.add(source, residual, dtype=cv2.CV_8U),
            _enlarged(error[0], width, height),
        )

    def _refine(
        self,
        coarse: Tensor,
        pictures: tuple[np.ndarray, np.ndarray],
        rows: np.ndarray,
        columns: np.ndarray,
    ) -> Tensor:
        """Refined (P, 4, 4, 4): alpha and foreground residual of each chosen cell."""
        windows = [_windows(picture, rows, columns) for picture in pictures]
        colours = torch.from_numpy(np.concatenate(windows, axis=-1)).permute(0, 3, 1, 2)
        colours = colours.float().div_(255)
        half = torch.cat([self._coarse_patches(coarse, rows, columns), _halved(colours)], dim=1)
        refiner = self._network.refiner
        x = F.interpolate(refiner.half_convolutions(half), scale_factor=2, mode="nearest")
        return refiner.full_convolutions(torch.cat([x, colours[..., 4:12, 4:12]], dim=1))

    def _coarse_patches(self, coarse: Tensor, rows: np.ndarray, columns: np.ndarray) -> Tensor:
        """The (P, 36, 8, 8) half-resolution patches of ``coarse``, zero outside the picture."""
        _, channels, height, width = coarse.shape
        padded = F.pad(coarse, (COARSE_RADIUS,) * 4, mode="replicate")[0].permute(1, 2, 0)
        padded = padded.contiguous().numpy()
        side = 2 * COARSE_RADIUS + 1
        windows = sliding_window_view(padded, (side, side), axis=(0, 1))[rows, columns]
        # One product with the Kronecker square beats two batches of tiny ones sixfold.
        flat = torch.from_numpy(windows.reshape(-1, side * side))
        patches = (flat @ self._interpolation).view(len(rows), channels, 8, 8)
        offsets = np.arange(-3, 5)
        inside_y = _inside(rows, offsets, 2 * height)
        inside_x = _inside(columns, offsets, 2 * width)
        at_border = np.flatnonzero(~(inside_y.all(1) & inside_x.all(1)))
        if len(at_border):
            mask = inside_y[at_border, :, None] & inside_x[at_border, None, :]
            patches[at_border] *= torch.from_numpy(mask)[:, None]
        return patches


def _interpolation() -> Tensor:
    """(8, 5): half-resolution rows 2y - 3 … 2y + 4 from coarse rows y - 2 … y + 2."""
    matrix = torch.zeros(8, 2 * COARSE_RADIUS + 1)
    for index, offset in enumerate(range(-3, 5)):
        position = (offset + 0.5) / 2 - 0.5 + COARSE_RADIUS
        low = int(np.floor(position))
        matrix[index, low] += 1 - (position - low)
        if position > low:
            matrix[index, low + 1] += position - low
    return matrix


def _inside(cells: np.ndarray, offsets: np.ndarray, size: int) -> np.ndarray:
    positions = 2 * cells[:, None] + offsets
    return (positions >= 0) & (positions < size)


def _small(picture: np.ndarray) -> Tensor:
    """(1, 3, H / 4, W / 4) float32: bilinear sampling at 1/4 is the mean of the middle four."""
    middle = picture.astype(np.uint16)
    total = middle[1::4, 1::4] + middle[1::4, 2::4] + middle[2::4, 1::4] + middle[2::4, 2::4]
    small = torch.from_numpy(total.astype(np.float32) / np.float32(4 * 255))
    return small.permute(2, 0, 1)[None]


def _padded(picture: np.ndarray) -> np.ndarray:
    side = (WINDOW - CELL) // 2
    return np.pad(picture, ((side, side), (side, side), (0, 0)))


def _windows(padded: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Bytes (P, 16, 16, 3) around the cells of a padded picture."""
    height, width, channels = padded.shape
    s0, s1, s2 = padded.strides
    view = np.lib.stride_tricks.as_strided(
        padded,
        ((height - WINDOW) // CELL + 1, (width - WINDOW) // CELL + 1, WINDOW, WINDOW * channels),
        (CELL * s0, CELL * s1, s0, s2),
        writeable=False,
    )
    return view[rows, columns].reshape(len(rows), WINDOW, WINDOW, channels)


def _halved(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 2)


def _enlarged(x: Tensor, width: int, height: int) -> np.ndarray:
    """(C, h, w) to float32 (H, W, C), or (H, W) of one channel; bilinear as F.interpolate."""
    planes = np.ascontiguousarray(x.permute(1, 2, 0).numpy())
    return cv2.resize(planes, (width, height), interpolation=cv2.INTER_LINEAR)
