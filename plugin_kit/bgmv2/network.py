"""Background Matting V2 (Lin et al., CVPR 2021): the coarse network and the refined one."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.segmentation.deeplabv3 import ASPP

from ..backbones import built
from .encoder import ENCODERS, Decoder
from .refiner import Refiner

ASPP_RATES = (3, 6, 9)


class Raw(NamedTuple):
    """What the decoder says before anything is clamped, each (B, C, h, w)."""

    alpha: Tensor
    residual: Tensor
    error: Tensor
    hidden: Tensor


class MattingBase(nn.Module):
    """The coarse network: alpha, foreground, error and hidden features of a picture and its plate.

    Attribute names are the keys of the official checkpoints; backbones are those of ENCODERS.
    """

    def __init__(self, backbone: str = "resnet50") -> None:
        super().__init__()
        self.variant = backbone
        self.backbone = built(ENCODERS, backbone)
        x1, x2, x3, x4 = self.backbone.channels
        self.aspp = ASPP(x4, list(ASPP_RATES))
        self.decoder = Decoder((x3, x2, x1, 6))

    def raw(self, src: Tensor, bgr: Tensor) -> Raw:
        """Return the unclamped outputs; see :meth:`forward` for the inputs."""
        x0 = torch.cat([src, bgr], dim=1)
        x1, x2, x3, x4 = self.backbone(x0)
        x = self.decoder(self.aspp(x4), (x3, x2, x1, x0))
        return Raw(x[:, 0:1], x[:, 1:4], x[:, 4:5], F.relu(x[:, 5:]))

    def forward(self, src: Tensor, bgr: Tensor) -> tuple[Tensor, ...]:
        """Matte ``src`` before ``bgr``, both (B, 3, H, W) RGB in 0..1.

        Returns:
            alpha (B, 1, H, W), foreground (B, 3, H, W), error (B, 1, H, W), all in 0..1, and
            the hidden features (B, 32, H, W).
        """
        raw = self.raw(src, bgr)
        foreground = (raw.residual + src).clamp(0, 1)
        return raw.alpha.clamp(0, 1), foreground, raw.error.clamp(0, 1), raw.hidden


class Refined(NamedTuple):
    """Outputs of :class:`MattingRefine`; ``*_sm`` are the coarse ones, ``ref_sm`` the cells."""

    pha: Tensor
    fgr: Tensor
    pha_sm: Tensor
    fgr_sm: Tensor
    err_sm: Tensor
    ref_sm: Tensor


class MattingRefine(MattingBase):
    """The coarse network on a small copy, refined at full size where its error is high.

    The copy has ``backbone_scale`` of the size, at most 0.5; for the rest see :class:`Refiner`.
    """

    def __init__(
        self,
        backbone: str = "resnet50",
        backbone_scale: float = 0.25,
        refine_mode: str = "sampling",
        refine_sample_pixels: int = 80_000,
        refine_threshold: float = 0.7,
        refine_kernel_size: int = 3,
        refine_prevent_oversampling: bool = True,
    ) -> None:
        super().__init__(backbone)
        self.refiner = Refiner(
            refine_mode,
            refine_sample_pixels,
            refine_threshold,
            refine_kernel_size,
            refine_prevent_oversampling,
        )
        self.refine_by(backbone_scale, refine_mode, refine_sample_pixels, refine_threshold)

    def refine_by(
        self, backbone_scale: float, mode: str, sample_pixels: int, threshold: float
    ) -> None:
        """Change what needs no other weights: where is refined, and from how small a copy."""
        if not 0 < backbone_scale <= 0.5:
            raise ValueError(f"backbone_scale {backbone_scale} is outside (0, 0.5]")
        self.backbone_scale = backbone_scale
        self.refiner.refine_by(mode, sample_pixels, threshold)

    def small(self, x: Tensor) -> Tensor:
        """The copy that the coarse network sees; ValueError where nothing is left of a side."""
        if min(x.shape[-2:]) * self.backbone_scale < 1:
            raise ValueError(
                f"a picture of {x.shape[-1]}x{x.shape[-2]} has no pixels left at "
                f"model_backbone_scale {self.backbone_scale}; use a larger scale or picture"
            )
        return F.interpolate(
            x,
            scale_factor=self.backbone_scale,
            mode="bilinear",
            align_corners=False,
            recompute_scale_factor=True,
        )

    def forward(self, src: Tensor, bgr: Tensor) -> Refined:
        """Matte ``src`` before ``bgr``, both (B, 3, H, W) RGB in 0..1, H and W multiples of 4.

        Other sizes are a ValueError.
        """
        if src.shape != bgr.shape:
            raise ValueError(f"source {tuple(src.shape)} and background {tuple(bgr.shape)} differ")
        if src.shape[-2] % 4 or src.shape[-1] % 4:
            raise ValueError(f"height and width of {tuple(src.shape)} are not multiples of 4")
        src_sm = self.small(src)
        raw = self.raw(src_sm, self.small(bgr))
        pha_sm, err_sm = raw.alpha.clamp(0, 1), raw.error.clamp(0, 1)
        pha, residual, cells = self.refiner(src, bgr, pha_sm, raw.residual, err_sm, raw.hidden)
        return Refined(
            pha.clamp(0, 1),
            (residual + src).clamp(0, 1),
            pha_sm,
            (raw.residual + src_sm).clamp(0, 1),
            err_sm,
            cells,
        )
