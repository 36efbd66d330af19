"""Robust High-Resolution Video Matting with Temporal Guidance (Lin et al., WACV 2022)."""

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional as F

from ..infer_rvm_kit.backbones import built
from .decoder import NewStates, RecurrentDecoder, States
from .encoder import ENCODERS, LiteASPP
from .refiner import REFINERS

NO_STATES: States = (None, None, None, None)


class MattingNetwork(nn.Module):
    """Alpha and foreground of people in a video, frame after frame with a recurrent state.

    Attribute names are the keys of the official checkpoints, whose refiner is the deep one; the
    other names are those of ENCODERS and REFINERS.
    """

    def __init__(self, variant: str = "mobilenetv3", refiner: str = "deep_guided_filter") -> None:
        super().__init__()
        self.variant = variant
        self.backbone = built(ENCODERS, variant)
        f1, f2, f3, f4 = self.backbone.channels
        aspp, first = (128, (80, 40)) if variant == "mobilenetv3" else (256, (128, 64))
        self.aspp = LiteASPP(f4, aspp)
        self.decoder = RecurrentDecoder((f1, f2, f3, aspp), (*first, 32, 16))
        self.project_mat = nn.Sequential(OrderedDict(conv=nn.Conv2d(16, 4, 1)))
        self.project_seg = nn.Sequential(OrderedDict(conv=nn.Conv2d(16, 1, 1)))
        self.refiner = built(REFINERS, refiner)

    def forward(
        self,
        src: Tensor,
        r1: Tensor | None = None,
        r2: Tensor | None = None,
        r3: Tensor | None = None,
        r4: Tensor | None = None,
        downsample_ratio: float = 1,
        segmentation_pass: bool = False,
    ) -> list[Tensor]:
        """Matte ``src``, RGB in 0..1, (B, 3, H, W) or (B, T, 3, H, W).

        Args:
            r1, r2, r3, r4: The states that the previous call returned; None at the start.
            downsample_ratio: Size of the picture that the network sees, in (0, 1].
            segmentation_pass: Return the segmentation's logits at the small size instead.

        Returns:
            [foreground, alpha, r1, r2, r3, r4], or [logits, r1, r2, r3, r4]; pictures of the
            rank of ``src``, states (B, C, h, w).
        """
        frames = src.shape[1] if src.ndim == 5 else 1
        source = src.flatten(0, 1) if src.ndim == 5 else src
        small = shrink(source, downsample_ratio)
        hidden, states = self.decode(small, (r1, r2, r3, r4), frames)
        if segmentation_pass:
            return [self._unfold(self.project_seg(hidden), src), *states]
        projected = self.project_mat(hidden)
        residual, alpha = projected[:, :3], projected[:, 3:]
        if downsample_ratio != 1:
            residual, alpha = self.refiner(source, small, residual, alpha, hidden)
        foreground = (residual + source).clamp(0, 1)
        return [self._unfold(foreground, src), self._unfold(alpha.clamp(0, 1), src), *states]

    def decode(self, small: Tensor, states: States, frames: int = 1) -> tuple[Tensor, NewStates]:
        """Return 16 hidden channels at the size of ``small``, and the new states."""
        f1, f2, f3, f4 = self.backbone(small)
        return self.decoder(small, (f1, f2, f3, self.aspp(f4)), states, frames)

    @staticmethod
    def _unfold(x: Tensor, like: Tensor) -> Tensor:
        return x.unflatten(0, like.shape[:2]) if like.ndim == 5 else x


def shrink(x: Tensor, ratio: float) -> Tensor:
    """Resize by the factor ``ratio``; the sampling step is 1 / ratio whatever the size's floor."""
    if ratio == 1:
        return x
    return F.interpolate(
        x, scale_factor=ratio, mode="bilinear", align_corners=False, recompute_scale_factor=False
    )
