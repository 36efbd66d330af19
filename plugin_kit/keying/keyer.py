"""Frame after frame before a screen: colour, light, alpha, foreground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from ..foreground import extend_foreground
from ..pictures import size_within
from .options import CHANNELS, KeyOptions
from .screen_colour import FoundScreen, ScreenError, difference, find_screen
from .screen_light import SteadyLight, fit_light
from .soft_key import cleaned, noise_of, plain_key, soft_key
from .spill import without_spill

WORKING_SIDE = 192
REFERENCE_SIDE = 720
# A region's matte counts as a person from here on.
OPAQUE = 0.5
STEP = 4
SPILL_REACH = 40.0
LEAST_BORDER, LEAST_EVENNESS, MOST_NOISE, LEAST_HELD = 0.5, 0.4, 0.12, 0.002
NAMES = {0: "red", **{channel: name for name, channel in CHANNELS.items()}}


@dataclass(frozen=True)
class Keyed:
    """One frame's key.

    Attributes:
        alpha: float32 (H, W) in 0..1.
        foreground: uint8 RGB (H, W, 3), without the screen's light; beyond the edge the edge's
            colour carried on.
        report: ``screen`` (its name), ``screen_colour`` (R, G, B), ``share`` of the picture,
            ``border_share`` of its top and sides, ``evenness`` of its light (1: wholly even),
            ``noise`` of alpha on it, ``held_share``: the part of the picture that has the
            screen's colour and was kept as the region's core, and ``warnings``.
    """

    alpha: np.ndarray
    foreground: np.ndarray
    report: dict[str, Any]


class Keyer:
    """Keys the frames of one sequence.

    Example:
        >>> import numpy as np
        >>> frame = np.full((90, 160, 3), (40, 170, 70), np.uint8)
        >>> frame[30:, 60:100] = (200, 150, 120)
        >>> keyed = Keyer()(frame)
        >>> keyed.alpha[60, 80], keyed.alpha[10, 10], keyed.report["screen"]
        (np.float32(1.0), np.float32(0.0), 'green')
    """

    def __init__(self, options: KeyOptions | None = None) -> None:
        self._options = options or KeyOptions()
        self._light = SteadyLight(self._options.steadiness)
        self._last: FoundScreen | None = None

    def reset(self) -> None:
        """Begin another sequence."""
        self._light.reset()
        self._last = None

    def __call__(self, image: np.ndarray, region: np.ndarray | None = None) -> Keyed:
        """Key the next frame.

        Args:
            image: uint8 RGB (H, W, 3).
            region: A rough matte of who is wanted, float (H, W) in 0..1: nothing far from it is
                kept, and everything deep in it.

        Raises:
            ScreenError: Neither this frame nor one before it in the sequence has a screen.
            ValueError: The region's size is not the frame's.
        """
        if region is not None and region.shape != image.shape[:2]:
            raise ValueError(f"the region is {region.shape}, but the frame {image.shape}")
        options = self._options
        pixels = image.astype(np.float32)
        found, light, seen = self._screen(pixels, region)
        height, width = image.shape[:2]
        screen = cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR)
        scale = min(height, width) / REFERENCE_SIDE
        is_core = None if region is None else _core(region, options.core_margin * scale)
        raw = soft_key(pixels, screen, found.channel, is_core=is_core)
        noise = noise_of(_on_screen(raw, seen))
        alpha = cleaned(raw, noise)
        alpha = np.clip((alpha - options.black) / (options.white - options.black), 0, 1)
        held = 0.0
        if region is not None and is_core is not None:
            sampled = np.s_[::STEP, ::STEP]
            own = plain_key(pixels[sampled], screen[sampled], found.channel)
            held = float((is_core[sampled] & (own < OPAQUE)).mean())
            alpha = np.where(is_core, np.float32(1), alpha)
            alpha *= _surroundings(region, options.region_margin * scale)
        foreground = extend_foreground(image, alpha)
        foreground = without_spill(
            foreground,
            alpha,
            screen,
            found.channel,
            strength=options.spill,
            reach=SPILL_REACH * scale,
        )
        report = _report(found, light, seen, noise=noise, held=held, has_region=region is not None)
        return Keyed(alpha, foreground, report)

    def _screen(
        self, pixels: np.ndarray, region: np.ndarray | None
    ) -> tuple[FoundScreen, np.ndarray, np.ndarray]:
        """The screen of this frame, its light float32 (h, w, 3), and where it was seen."""
        size = size_within(pixels.shape, WORKING_SIDE)
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        ignored = None
        if region is not None:
            wide = cv2.resize(region.astype(np.float32), size, interpolation=cv2.INTER_AREA)
            ignored = wide > OPAQUE
        wanted = self._options.screen
        if wanted == "auto" and self._last is not None:
            wanted = NAMES[self._last.channel]
        try:
            found = find_screen(small, wanted, ignored)
        except ScreenError:
            if self._last is None or self._light.last is None:
                raise
            hidden = np.zeros(small.shape[:2], bool)
            found = replace(self._last, is_screen=hidden, share=0.0, border_share=0.0)
            return found, self._light.last, hidden
        self._last = found
        light, seen = fit_light(small, found.is_screen)
        return found, self._light(light, seen), seen


def _on_screen(alpha: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Some of the alphas (N,) where the screen is seen and nothing is near."""
    sampled = alpha[::STEP, ::STEP]
    inside = cv2.erode(seen.astype(np.uint8), np.ones((3, 3), np.uint8))
    size = sampled.shape[::-1]
    return sampled[cv2.resize(inside, size, interpolation=cv2.INTER_NEAREST) > 0]


def _core(region: np.ndarray, margin: float) -> np.ndarray:
    """What lies at least so deep in ``region``, bool (H, W)."""
    is_inside = (region > OPAQUE).astype(np.uint8)
    # Beyond the picture's border the person goes on.
    padded = cv2.copyMakeBorder(is_inside, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1] > max(margin, 0.5)


def _surroundings(region: np.ndarray, margin: float) -> np.ndarray:
    """1 within ``margin`` of ``region``, falling to 0 over another quarter of it, float32."""
    is_outside = (region <= OPAQUE).astype(np.uint8)
    if is_outside.all():
        return np.zeros(region.shape, np.float32)
    distance = cv2.distanceTransform(is_outside, cv2.DIST_L2, 5)
    return np.clip(1 - (distance - margin) / max(margin / 4, 1), 0, 1)


def _report(
    found: FoundScreen,
    light: np.ndarray,
    seen: np.ndarray,
    *,
    noise: float,
    held: float,
    has_region: bool,
) -> dict[str, Any]:
    strengths = difference(light, found.channel)[seen] if seen.any() else np.ones(1, np.float32)
    low, middle, high = np.quantile(strengths, (0.02, 0.5, 0.98))
    evenness = float(np.clip(1 - (high - low) / max(middle, 1), 0, 1))
    warnings = []
    if not seen.any():
        warnings.append("no screen in this frame: the light of the frames before is used")
    elif found.border_share < LEAST_BORDER and not has_region:
        warnings.append(
            "less than half of the picture's top and sides is screen: what lies beside it is kept "
            "as foreground; connect a region, such as the matte of infer_rvm"
        )
    if evenness < LEAST_EVENNESS:
        warnings.append("the screen is lit very unevenly: shadows may stay as a veil")
    if noise > MOST_NOISE:
        warnings.append("the screen is very noisy: thin hair may be lost")
    if held > LEAST_HELD:
        warnings.append("things of the screen's colour were kept, as they lie deep in the region")
    return {
        "screen": NAMES[found.channel],
        "screen_colour": list(found.colour),
        "share": found.share,
        "border_share": found.border_share,
        "evenness": evenness,
        "noise": noise,
        "held_share": held,
        "warnings": warnings,
    }
