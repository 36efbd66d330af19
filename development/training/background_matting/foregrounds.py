"""Procedural foregrounds: articulated people, abstract shapes and translucent things, as RGBA."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from .textures import Rng, colour, noise, skin, surface

SHIFT = 4
HAIR_TONES = np.array([[20, 15, 12], [60, 40, 25], [130, 90, 50], [200, 190, 180]])


def foreground(rng: Rng, size: int = 768) -> tuple[np.ndarray, bool]:
    """Draw one foreground as straight-alpha RGBA uint8; also say whether it is translucent."""
    painter = Painter(rng, size)
    if rng.random() < 0.75:
        painter.person()
    else:
        painter.shape()
    if rng.random() < 0.2:
        painter.held_thing()
    translucent = rng.random() < 0.08
    if translucent:
        veil = np.clip(rng.uniform(0.35, 0.75) + 0.15 * noise(rng, size, size, 120), 0.1, 0.95)
        painter.layers *= veil[..., None]
    if rng.random() < 0.3:
        painter.layers = cv2.GaussianBlur(painter.layers, (0, 0), rng.uniform(0.6, 3.0))
    return painter.rgba(), translucent


def _points(points: np.ndarray) -> np.ndarray:
    return np.rint(np.asarray(points) * 2**SHIFT).astype(np.int32)


def _bone(start: np.ndarray, angle: float, length: float) -> np.ndarray:
    return start + length * np.array([np.sin(angle), np.cos(angle)])


@dataclass
class Painter:
    """Paints parts over one another with the random numbers of ``rng``, on a square of ``size``."""

    rng: Rng
    size: int

    @cached_property
    def layers(self) -> np.ndarray:
        """Premultiplied colour and alpha, float32 (size, size, 4)."""
        return np.zeros((self.size, self.size, 4), np.float32)

    def rgba(self) -> np.ndarray:
        """Straight-alpha uint8 (size, size, 4); colours reach a little beyond the edge."""
        alpha = self.layers[..., 3:]
        wide = cv2.GaussianBlur(self.layers, (0, 0), 3)
        spread, inside = (x[..., :3] / np.maximum(x[..., 3:], 1e-4) for x in (wide, self.layers))
        whole = np.dstack([np.where(alpha > 0.02, inside, spread), alpha])
        return np.clip(np.rint(whole * 255), 0, 255).astype(np.uint8)

    def blank(self) -> np.ndarray:
        """A mask to draw on, uint8."""
        return np.zeros((self.size, self.size), np.uint8)

    def over(self, mask: np.ndarray, base: Any = None, kind: str = "cloth") -> None:
        """Lay a part over what is there, through ``mask``: uint8, or float32 in 0..1.

        Args:
            base: Its colour, (3,) in 0..1; by chance where there is none.
            kind: ``cloth`` is shaded as if it were round, ``hair`` has strands, ``plain`` neither.
        """
        x, y, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
        if not (width and height):
            return
        window = (slice(y, y + height), slice(x, x + width))
        part = mask[window]
        if part.dtype == np.uint8:
            part = part.astype(np.float32) / 255
        if kind == "cloth":
            filling = self._lit(part, surface(self.rng, height, width, base))
        elif kind == "hair":
            filling = base * (1 + 0.25 * noise(self.rng, height, width, 8))[..., None]
        else:
            filling = np.broadcast_to(base, (height, width, 3))
        part = part[..., None]
        painted = np.dstack([filling * part, part])
        self.layers[window] = self.layers[window] * (1 - part) + painted

    def _lit(self, mask: np.ndarray, filling: np.ndarray) -> np.ndarray:
        """Shade a part by the slope of its blurred mask."""
        smooth = cv2.GaussianBlur(mask, (0, 0), self.rng.uniform(6, 20))
        gx, gy = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
        angle = self.rng.uniform(0, 2 * np.pi)
        slope = (np.cos(angle) * gx + np.sin(angle) * gy) * self.rng.uniform(0, 4)
        return filling * (1 + np.clip(slope, -0.5, 0.4))[..., None]

    def capsules(self, chain: list[np.ndarray], widths: list[float]) -> np.ndarray:
        mask = self.blank()
        for (start, end), width in zip(itertools.pairwise(chain), widths, strict=True):
            a, b = (_points(point).tolist() for point in (start, end))
            cv2.line(mask, a, b, 255, max(1, round(width)), cv2.LINE_AA, SHIFT)
        return mask

    def polygon(self, points: np.ndarray) -> np.ndarray:
        return cv2.fillPoly(self.blank(), [_points(points)], 255, cv2.LINE_AA, SHIFT)

    def ellipse(
        self, centre: np.ndarray, axes: tuple, tilt: float, sweep: tuple = (0, 360)
    ) -> np.ndarray:
        sizes = tuple(round(axis * 2**SHIFT) for axis in axes)
        place = tuple(_points(centre).tolist())
        mask, (start, end) = self.blank(), sweep
        return cv2.ellipse(mask, place, sizes, tilt, start, end, 255, -1, cv2.LINE_AA, SHIFT)

    def person(self) -> None:
        rng, size = self.rng, self.size
        tall = size * rng.uniform(0.8, 0.95)
        build = rng.uniform(0.8, 1.35)
        neck = np.array([size * 0.5, size * 0.03 + tall * 0.17])
        lean = rng.normal(0, 0.12)
        hip = _bone(neck, lean, tall * 0.31)
        shoulder = tall * rng.uniform(0.09, 0.125) * build
        hip_width = tall * rng.uniform(0.055, 0.085) * build
        shirt, trousers, flesh = colour(rng), colour(rng), skin(rng)
        bare_legs, sleeves = rng.random() < 0.2, rng.random()
        if rng.random() < 0.35:
            self._hair(neck - [0, tall * 0.115], tall, behind=True)
        for side in (-1, 1):
            joint = hip + np.array([side * hip_width * 0.55, 0])
            bend = rng.normal(side * 0.08, 0.28)
            knee = _bone(joint, bend, tall * 0.25)
            ankle = _bone(knee, bend + rng.normal(0, 0.3), tall * 0.24)
            widths = [tall * 0.085 * build, tall * 0.06 * build]
            self.over(self.capsules([joint, knee, ankle], widths), flesh if bare_legs else trousers)
            toe = ankle + np.array([side * tall * 0.03, tall * 0.02])
            self.over(self.capsules([ankle, toe], [tall * 0.05]))

        def arms() -> None:
            for side in (-1, 1):
                joint = neck + np.array([side * shoulder * 0.9, tall * 0.035])
                raised = side * abs(rng.normal(0.35, 0.6))
                elbow = _bone(joint, raised, tall * 0.17)
                hand = _bone(elbow, raised + rng.normal(0, 0.9), tall * 0.16)
                widths = [tall * 0.055 * build, tall * 0.042 * build]
                self.over(self.capsules([elbow, hand], widths[1:]), flesh)
                for finger in range(4):
                    tip = _bone(hand, raised + rng.normal(0, 0.5) + 0.15 * finger, tall * 0.04)
                    self.over(self.capsules([hand, tip], [tall * 0.012]), flesh, "plain")
                chain = [joint, elbow, hand] if sleeves > 0.5 else [joint, elbow]
                self.over(self.capsules(chain, widths[: len(chain) - 1]), shirt)

        arms_behind = rng.random() < 0.5
        if arms_behind:
            arms()
        flare = rng.choice([1.0, 1.0, 2.2]) if bare_legs else rng.uniform(0.95, 1.25)
        hem = hip + np.array([0, tall * (0.12 if flare > 2 else 0.04)])
        right = [
            (neck, shoulder * 0.35, -tall * 0.01),
            (neck, shoulder, tall * 0.04),
            (hip, hip_width, -tall * 0.08),
            (hem, hip_width * flare, 0.0),
        ]
        outline = [place + np.array([-x, y]) for place, x, y in right]
        outline += [place + np.array([x, y]) for place, x, y in reversed(right)]
        torso = self.polygon(np.array(outline)).astype(np.float32) / 255
        torso = cv2.GaussianBlur(torso, (0, 0), tall * 0.006)
        self.over(np.clip((torso - 0.5) * tall * 0.012 + 0.5, 0, 1), shirt)
        head = _bone(neck, np.pi + lean * 0.5 + rng.normal(0, 0.12), tall * 0.105)
        self.over(self.capsules([neck, head], [tall * 0.055 * build]), flesh)
        if not arms_behind:
            arms()
        self.over(self.ellipse(head, (tall * 0.05, tall * 0.066), rng.normal(0, 8)), flesh)
        if rng.random() < 0.9:
            self._hair(head - [0, tall * 0.02], tall, behind=False)

    def _hair(self, crown: np.ndarray, tall: float, *, behind: bool) -> None:
        """A cap of hair with strands of about one pixel that stand off it."""
        rng = self.rng
        tone = np.array(rng.choice(HAIR_TONES)) / 255
        tone = np.clip(tone * rng.uniform(0.6, 1.3), 0, 1).astype(np.float32)
        radius = tall * rng.uniform(0.05, 0.075)
        length = tall * (rng.uniform(0.1, 0.3) if behind else rng.uniform(0.01, 0.12))
        axes = (radius, radius * (1.6 if behind else 1.0))
        sweep = (0, 360) if behind else (180, 360)
        self.over(self.ellipse(crown, axes, rng.normal(0, 6), sweep), tone)
        self._strands(crown, radius, length, tone=tone, count=int(rng.uniform(40, 260)))

    def _strands(
        self, centre: np.ndarray, radius: float, length: float, *, tone: np.ndarray, count: int
    ) -> None:
        rng, mask = self.rng, self.blank()
        steps = np.linspace(0, 1, 10)[:, None]
        gravity = np.array([[rng.normal(0, 0.3), rng.uniform(0.2, 1.2)]])
        for _ in range(count):
            angle = rng.uniform(np.pi * 0.35, np.pi * 1.65)
            outward = np.array([[np.sin(angle), np.cos(angle)]])
            reach = length * rng.uniform(0.3, 1.2)
            curl = rng.normal(0, 0.35, (1, 2))
            root = centre + outward[0] * radius * rng.uniform(0.6, 1.0)
            curve = root + reach * (steps * outward * 0.6 + steps**2 * (gravity + curl))
            opacity = int(255 * rng.uniform(0.25, 1.0))
            cv2.polylines(mask, [_points(curve)], False, opacity, 1, cv2.LINE_AA, SHIFT)
        self.over(mask, tone, "hair")

    def shape(self) -> None:
        """Up to three blots, some with a hole or with hair."""
        rng = self.rng
        for _ in range(rng.integers(1, 4)):
            centre = self.size * rng.uniform(0.35, 0.65, 2)
            radius = self.size * rng.uniform(0.1, 0.32)
            angles = np.linspace(0, 2 * np.pi, 160, endpoint=False)
            outline = np.ones_like(angles)
            for order in range(2, 9):
                outline += rng.normal(0, 0.5 / order) * np.cos(order * angles + rng.uniform(0, 6.3))
            rim = np.stack([np.cos(angles), np.sin(angles)], -1) * outline[:, None] * radius
            mask = self.polygon(centre + rim)
            if rng.random() < 0.3:
                mask = cv2.subtract(mask, self.polygon(centre + rim * rng.uniform(0.25, 0.6)))
            base = colour(rng)
            self.over(mask, base)
            if rng.random() < 0.5:
                count = int(rng.uniform(100, 400))
                length = radius * rng.uniform(0.2, 0.6)
                self._strands(centre, radius * 0.9, length, tone=base, count=count)

    def held_thing(self) -> None:
        rng = self.rng
        centre = self.size * np.array([rng.uniform(0.25, 0.75), rng.uniform(0.35, 0.7)])
        angle, half = rng.uniform(0, np.pi), self.size * rng.uniform(0.02, 0.1, 2)
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        self.over(self.polygon(centre + corners @ rotation.T))
