"""The refiner as products of matrices that compute every value once, and only where it is needed.

The selected 4x4-pixel cells lie together along outlines, so their 8x8 windows overlap: a half-size
value is in up to nine of them. Here the first convolution runs once for each distinct cell of
the selected ones and their neighbours, on the coarse map itself: at ``backbone_scale`` 1/4,
enlarging twofold and convolving is one linear map of 3x3 coarse values.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..infer_background_matting_kit.bgmv2.refiner import CELL, Refiner
from .pixel_groups import group_layer, grouped, grouped_doubled, pixels_of

CELLS_AT_ONCE = 512
# Half-size rows 2y - 1 ... 2y + 2 from the coarse rows y - 1, y, y + 1.
ENLARGE = torch.tensor([[0.75, 0.25, 0], [0.25, 0.75, 0], [0, 0.75, 0.25], [0, 0.25, 0.75]])

BITS = 2 ** np.arange(8)


class Picture:
    """A uint8 RGB picture (H, W, 3) with the zero borders that the refiner reads."""

    def __init__(self, pixels: np.ndarray) -> None:
        height, width = pixels.shape[:2]
        self._whole = cv2.copyMakeBorder(pixels, 2, 2, 2, 2, cv2.BORDER_CONSTANT)
        # The mean of four values times four is their exact sum; cv2 is fastest in this form.
        fourfold = np.multiply(pixels, 4, dtype=np.uint16)
        sums = cv2.resize(fourfold, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        self._half = cv2.copyMakeBorder(sums, 3, 3, 3, 3, cv2.BORDER_CONSTANT)

    def half_windows(self, rows: np.ndarray, columns: np.ndarray) -> Tensor:
        """(N, 48): sums of 2x2 pixels, half-size 4x4x3 around cells counted from -1."""
        windows = _windows(self._half, 4, 2, rows + 1, columns + 1).astype(np.float32)
        return torch.from_numpy(windows.reshape(len(rows), -1))

    def windows(self, rows: np.ndarray, columns: np.ndarray) -> Tensor:
        """(N, 4, 4, 2, 6) uint8: groups of 2x2 pixels around cells counted from 0."""
        windows = _windows(self._whole, 8, CELL, rows, columns)
        return torch.from_numpy(windows.reshape(len(rows), 4, 2, 4, 6)).transpose(2, 3)


def _windows(x: np.ndarray, side: int, step: int, rows: np.ndarray, columns: np.ndarray):
    """Windows (N, side, side * C) of ``x`` (H, W, C) whose corners are ``step`` apart."""
    height, width, channels = x.shape
    s0, s1, s2 = x.strides
    shape = ((height - side) // step + 1, (width - side) // step + 1, side, side * channels)
    strides = (step * s0, step * s1, s0, s2)
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)[rows, columns]


@dataclass(frozen=True)
class _Neighbourhood:
    """Selected cells and those within one cell of them, counted from -1.

    Attributes:
        rows, columns: (N,); -1 and the map's height or width may occur.
        marked: (H4 + 2, W4 + 2) uint8, 1 where there is such a cell.
        number: (H4 + 2, W4 + 2), the index in ``rows`` of the cell there.
        kind: (N,), 8 bits: which half-size rows and columns of its 4x4 window are in the picture.
    """

    rows: np.ndarray
    columns: np.ndarray
    marked: np.ndarray
    number: np.ndarray
    kind: np.ndarray


def _neighbourhood(selected: np.ndarray) -> _Neighbourhood:
    marked = _dilated(np.pad(selected, 1).astype(np.uint8))
    rows, columns = (places - 1 for places in np.nonzero(marked))
    inside = np.hstack(
        [_is_inside(rows, selected.shape[0]), _is_inside(columns, selected.shape[1])]
    )
    return _Neighbourhood(rows, columns, marked, _numbered(marked), inside @ BITS)


def _is_inside(cells: np.ndarray, size: int) -> np.ndarray:
    places = 2 * cells[:, None] + np.arange(-1, 3)
    return (places >= 0) & (places < 2 * size)


def _dilated(marked: np.ndarray) -> np.ndarray:
    return cv2.dilate(marked, np.ones((3, 3), np.uint8))


def _numbered(marked: np.ndarray) -> np.ndarray:
    number = np.zeros(marked.shape, np.int64)
    number[marked > 0] = np.arange(np.count_nonzero(marked))
    return number


class CellRefiner:
    """What :class:`Refiner`, a folded one, computes in patch modes, for kernel size 3, one picture.

    Of ``head``, the decoder's last convolution, the channels from 5 on are the hidden ones. What
    follows the first convolution works on groups of 2x2 pixels: see :mod:`.pixel_groups`.
    """

    def __init__(self, refiner: Refiner, head: torch.nn.Conv2d) -> None:
        # Folding gave each convolution the bias of its normalisation.
        second, third, fourth = (
            (layer.weight.detach(), layer.bias)
            for layer in (refiner.conv2, refiner.conv3, refiner.conv4)
        )
        self._second = group_layer(grouped(second[0]), second[1], activated=True)
        # Its pictures come as whole numbers.
        pictures = third[0][:, -6:] / 255
        weights = [
            grouped_doubled(third[0][:, :-6]),
            *(grouped(part) for part in (pictures[:, :3], pictures[:, 3:])),
        ]
        self._third = group_layer(torch.cat(weights, dim=1), third[1], activated=True)
        self._fourth = group_layer(grouped(fourth[0]), fourth[1], activated=False)
        self._hidden = head.weight[5:].permute(2, 3, 1, 0).flatten(0, 2).contiguous()
        conv = refiner.conv1
        assert head.bias is not None and conv.bias is not None
        self._hidden_bias = head.bias[5:]
        taps = conv.weight.permute(2, 3, 1, 0)
        # (4, 4, 42, 2, 2, 24): from a 4x4 half-size window to the 2x2 outputs in its middle.
        stencil = taps.new_zeros(4, 4, taps.shape[2], 2, 2, taps.shape[3])
        for a in range(2):
            for b in range(2):
                stencil[a : a + 3, b : b + 3, :, a, b] = taps
        colours = stencil[:, :, -6:] / (4 * 255)
        self._source_map = _matrix(colours[:, :, :3])
        self._background_map = _matrix(colours[:, :, 3:])
        self._coarse_stencil = stencil[:, :, :-6]
        self._coarse_maps: dict[int, Tensor] = {}
        self._bias = conv.bias.repeat(4)

    def __call__(
        self,
        features: Tensor,
        heads: Tensor,
        source: Picture,
        background: Picture,
        selected: np.ndarray,
    ) -> Tensor:
        """Refine the cells that the boolean map ``selected`` (H4, W4) marks.

        Args:
            features: (H4 + 2, W4 + 2, C) inputs of the decoder's last convolution, zero-padded.
            heads: (H4, W4, 4) its alpha, clamped, and its foreground residual.

        Returns:
            (P, 4, 4, 4): rows, columns, and alpha with the residual, in row-major order of cells.
        """
        around = _neighbourhood(selected)
        first = self._first_layer(features, heads, source, background, around)
        rows, columns = np.nonzero(selected)
        refined = torch.empty(len(rows), CELL, CELL, 4)
        for part in _parts(len(rows)):
            place = (rows[part], columns[part])
            x = F.embedding(_around(around.number, *place), first)
            x = pixels_of(_called(self._second, x))
            joined = torch.empty(len(x), 4, 4, x.shape[-1] + 2 * 12)
            joined[..., : x.shape[-1]].view(x.shape).copy_(x)
            for pixels, picture in zip(
                joined[..., x.shape[-1] :].split(12, dim=3), (source, background), strict=True
            ):
                pixels.unflatten(3, (2, 6)).copy_(picture.windows(*place))
            cells = pixels_of(_called(self._fourth, _called(self._third, joined)))
            refined[part].view(cells.shape).copy_(cells)
        return refined

    def _first_layer(
        self,
        features: Tensor,
        heads: Tensor,
        source: Picture,
        background: Picture,
        around: _Neighbourhood,
    ) -> Tensor:
        """(N, 96): the first convolution at the four half-size places of each cell."""
        coarse, number = self._coarse_values(features, heads, around)
        height, width = number.shape
        output = coarse.new_empty(len(around.rows), len(self._bias))
        offsets = np.arange(-1, 2)
        for part in _parts(len(around.rows)):
            rows, columns, kinds = around.rows[part], around.columns[part], around.kind[part]
            # Beyond its border the coarse map repeats; what lies outside is masked by the kind.
            ys = np.clip(rows[:, None] + offsets, 0, height - 1)
            xs = np.clip(columns[:, None] + offsets, 0, width - 1)
            places = torch.from_numpy(number[ys[:, :, None], xs[:, None, :]])
            nine = F.embedding(places, coarse).flatten(1)
            out = torch.addmm(self._bias, source.half_windows(rows, columns), self._source_map)
            out.addmm_(background.half_windows(rows, columns), self._background_map)
            for kind in np.unique(kinds).tolist():
                alike = slice(None) if (kinds == kind).all() else np.flatnonzero(kinds == kind)
                out[alike] += nine[alike] @ self._coarse_map(kind)
            output[part] = out.relu_()
        return output

    def _coarse_values(
        self, features: Tensor, heads: Tensor, around: _Neighbourhood
    ) -> tuple[Tensor, np.ndarray]:
        """The 36 coarse channels (M, 36) wherever they are read, and a map (H4, W4) to them."""
        read = _dilated(around.marked)[1:-1, 1:-1]
        rows, columns = np.nonzero(read)
        hidden_channels = self._hidden.shape[1]
        coarse = features.new_empty(len(rows), hidden_channels + 4)
        coarse[:, hidden_channels:] = heads[rows, columns]
        for part in _parts(len(rows)):
            windows = _windows(features.numpy(), 3, 1, rows[part], columns[part])
            flat = torch.from_numpy(windows.reshape(len(windows), -1))
            hidden = torch.addmm(self._hidden_bias, flat, self._hidden)
            coarse[part, :hidden_channels] = hidden.relu_()
        return coarse, _numbered(read)

    def _coarse_map(self, kind: int) -> Tensor:
        """(324, 96): 3x3 coarse values to the first layer, for one kind of place at the border."""
        if kind not in self._coarse_maps:
            inside = torch.from_numpy((kind & BITS) > 0).view(2, 4, 1)
            taps = torch.einsum(
                "iy,jx,ijcabo->yxcabo",
                ENLARGE * inside[0],
                ENLARGE * inside[1],
                self._coarse_stencil,
            )
            self._coarse_maps[kind] = _matrix(taps)
        return self._coarse_maps[kind]


def _matrix(taps: Tensor) -> Tensor:
    return taps.flatten(3).flatten(0, 2).contiguous()


def _parts(count: int) -> list[slice]:
    return [slice(i, min(i + CELLS_AT_ONCE, count)) for i in range(0, count, CELLS_AT_ONCE)]


def _around(number: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> Tensor:
    """(P, 3, 3): the numbers of each cell and of its neighbours."""
    three = np.arange(3)
    places = (rows[:, None] + three)[:, :, None], (columns[:, None] + three)[:, None]
    return torch.from_numpy(number[places])


def _called(layer: nn.Module, groups: Tensor) -> Tensor:
    """``layer`` of groups (N, h, w, C), channels last in memory before and after."""
    return layer(groups.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
