"""Procedural foregrounds: articulated people, abstract shapes and translucent things, as RGBA."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from .textures import Rng, colour, noise, skin, surface

SHIFT = 4
Window = tuple[slice, slice]


def window_of(mask: np.ndarray) -> Window | None:
    """The smallest window that holds everything of ``mask``; None if it is empty."""
    x, y, w, h = cv2.boundingRect((mask > 0).astype(np.uint8))
    return (slice(y, y + h), slice(x, x + w)) if w and h else None


class Canvas:
    """Paint layers over one another; colour is kept premultiplied until the end."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.premultiplied: np.ndarray = np.zeros((size, size, 3), np.float32)
        self.alpha: np.ndarray = np.zeros((size, size), np.float32)

    def over(self, window: Window, mask: np.ndarray, filling: np.ndarray) -> None:
        """Lay ``filling`` (h, w, 3) over ``window`` through ``mask`` (h, w) in 0..1."""
        keep = 1 - mask
        below = self.premultiplied[window]
        self.premultiplied[window] = below * keep[..., None] + filling * mask[..., None]
        self.alpha[window] = self.alpha[window] * keep + mask

    def rgba(self) -> np.ndarray:
        """Straight-alpha uint8 (size, size, 4); colours reach a little beyond the edge."""
        wide = cv2.GaussianBlur(np.dstack([self.premultiplied, self.alpha]), (0, 0), 3)
        spread = wide[..., :3] / np.maximum(wide[..., 3:], 1e-4)
        inside = self.premultiplied / np.maximum(self.alpha, 1e-4)[..., None]
        straight = np.where(self.alpha[..., None] > 0.02, inside, spread)
        whole = np.dstack([straight, self.alpha])
        return np.clip(np.rint(whole * 255), 0, 255).astype(np.uint8)


def foreground(rng: Rng, size: int = 768) -> tuple[np.ndarray, bool]:
    """Draw one foreground as straight-alpha RGBA uint8; also say whether it is translucent."""
    canvas = Canvas(size)
    if rng.random() < 0.75:
        _person(rng, canvas)
    else:
        _shape(rng, canvas)
    if rng.random() < 0.2:
        _hold_something(rng, canvas)
    translucent = rng.random() < 0.08
    if translucent:
        veil = np.clip(rng.uniform(0.35, 0.75) + 0.15 * noise(rng, size, size, 120), 0.1, 0.95)
        canvas.premultiplied *= veil[..., None]
        canvas.alpha *= veil
    if rng.random() < 0.3:
        _defocus(rng, canvas)
    return canvas.rgba(), translucent


def _points(points: np.ndarray) -> np.ndarray:
    return np.rint(np.asarray(points) * 2**SHIFT).astype(np.int32)


def _lit(rng: Rng, mask: np.ndarray, filling: np.ndarray) -> np.ndarray:
    """Shade a part as if it were round, by the slope of its blurred mask."""
    smooth = cv2.GaussianBlur(mask, (0, 0), rng.uniform(6, 20))
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    angle = rng.uniform(0, 2 * np.pi)
    slope = (np.cos(angle) * gx + np.sin(angle) * gy) * rng.uniform(0, 4)
    return filling * (1 + np.clip(slope, -0.5, 0.4))[..., None]


def _paint(rng: Rng, canvas: Canvas, mask: np.ndarray, base: np.ndarray | None = None) -> None:
    window = window_of(mask)
    if window is not None:
        part = mask[window]
        height, width = part.shape
        canvas.over(window, part, _lit(rng, part, surface(rng, height, width, base)))


def _capsules(canvas: Canvas, chain: np.ndarray, widths: list[float]) -> np.ndarray:
    mask = np.zeros((canvas.size, canvas.size), np.uint8)
    for (start, end), width in zip(itertools.pairwise(chain), widths, strict=True):
        a, b = (tuple(int(v) for v in _points(p)) for p in (start, end))
        cv2.line(mask, a, b, 255, max(1, round(width)), cv2.LINE_AA, SHIFT)
    return mask.astype(np.float32) / 255


def _polygon(canvas: Canvas, points: np.ndarray) -> np.ndarray:
    mask = np.zeros((canvas.size, canvas.size), np.uint8)
    cv2.fillPoly(mask, [_points(points)], 255, cv2.LINE_AA, SHIFT)
    return mask.astype(np.float32) / 255


def _bone(start: np.ndarray, angle: float, length: float) -> np.ndarray:
    return start + length * np.array([np.sin(angle), np.cos(angle)])


def _person(rng: Rng, canvas: Canvas) -> None:
    size = canvas.size
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
        _hair_mass(rng, canvas, neck, tall, behind=True)
    for side in (-1, 1):
        joint = hip + np.array([side * hip_width * 0.55, 0])
        bend = rng.normal(side * 0.08, 0.28)
        knee = _bone(joint, bend, tall * 0.25)
        ankle = _bone(knee, bend + rng.normal(0, 0.3), tall * 0.24)
        widths = [tall * 0.085 * build, tall * 0.06 * build]
        leg = _capsules(canvas, np.array([joint, knee, ankle]), widths)
        _paint(rng, canvas, leg, flesh if bare_legs else trousers)
        toe = ankle + np.array([side * tall * 0.03, tall * 0.02])
        _paint(rng, canvas, _capsules(canvas, np.array([ankle, toe]), [tall * 0.05]))
    arms_behind = rng.random() < 0.5
    if arms_behind:
        _arms(rng, canvas, neck, tall, build, shoulder, shirt, flesh, sleeves)
    flare = rng.choice([1.0, 1.0, 2.2]) if bare_legs else rng.uniform(0.95, 1.25)
    hem = hip + np.array([0, tall * (0.12 if flare > 2 else 0.04)])
    outline = [
        neck + np.array([-shoulder * 0.35, -tall * 0.01]),
        neck + np.array([-shoulder, tall * 0.04]),
        hip + np.array([-hip_width, -tall * 0.08]),
        hem + np.array([-hip_width * flare, 0]),
        hem + np.array([hip_width * flare, 0]),
        hip + np.array([hip_width, -tall * 0.08]),
        neck + np.array([shoulder, tall * 0.04]),
        neck + np.array([shoulder * 0.35, -tall * 0.01]),
    ]
    torso = cv2.GaussianBlur(_polygon(canvas, np.array(outline)), (0, 0), tall * 0.006)
    _paint(rng, canvas, np.clip((torso - 0.5) * tall * 0.012 + 0.5, 0, 1), shirt)
    head = _bone(neck, np.pi + lean * 0.5 + rng.normal(0, 0.12), tall * 0.105)
    throat = _capsules(canvas, np.array([neck, head]), [tall * 0.055 * build])
    _paint(rng, canvas, throat, flesh)
    if not arms_behind:
        _arms(rng, canvas, neck, tall, build, shoulder, shirt, flesh, sleeves)
    oval = np.zeros((canvas.size, canvas.size), np.uint8)
    axes = (round(tall * 0.05 * 2**SHIFT), round(tall * 0.066 * 2**SHIFT))
    centre = tuple(int(v) for v in _points(head))
    cv2.ellipse(oval, centre, axes, rng.normal(0, 8), 0, 360, 255, -1, cv2.LINE_AA, SHIFT)
    _paint(rng, canvas, oval.astype(np.float32) / 255, flesh)
    if rng.random() < 0.9:
        _hair_mass(rng, canvas, neck, tall, behind=False, head=head)


def _arms(
    rng: Rng,
    canvas: Canvas,
    neck: np.ndarray,
    tall: float,
    build: float,
    shoulder: float,
    shirt: np.ndarray,
    flesh: np.ndarray,
    sleeves: float,
) -> None:
    for side in (-1, 1):
        joint = neck + np.array([side * shoulder * 0.9, tall * 0.035])
        raised = side * abs(rng.normal(0.35, 0.6))
        elbow = _bone(joint, raised, tall * 0.17)
        hand = _bone(elbow, raised + rng.normal(0, 0.9), tall * 0.16)
        widths = [tall * 0.055 * build, tall * 0.042 * build]
        _paint(rng, canvas, _capsules(canvas, np.array([elbow, hand]), widths[1:]), flesh)
        for finger in range(4):
            tip = _bone(hand, raised + rng.normal(0, 0.5) + 0.15 * finger, tall * 0.04)
            _paint_flat(canvas, _capsules(canvas, np.array([hand, tip]), [tall * 0.012]), flesh)
        sleeve_end = hand if sleeves > 0.5 else elbow
        chain = np.array([joint, elbow, sleeve_end])[: 3 if sleeves > 0.5 else 2]
        _paint(rng, canvas, _capsules(canvas, chain, widths[: len(chain) - 1]), shirt)


def _paint_flat(canvas: Canvas, mask: np.ndarray, base: np.ndarray) -> None:
    window = window_of(mask)
    if window is not None:
        part = mask[window]
        canvas.over(window, part, np.broadcast_to(base, (*part.shape, 3)))


def _hair_mass(
    rng: Rng,
    canvas: Canvas,
    neck: np.ndarray,
    tall: float,
    *,
    behind: bool,
    head: np.ndarray | None = None,
) -> None:
    """A cap of hair with strands of about one pixel that stand off it."""
    crown = neck - [0, tall * 0.115] if head is None else head - [0, tall * 0.02]
    tone = np.array(rng.choice([[20, 15, 12], [60, 40, 25], [130, 90, 50], [200, 190, 180]])) / 255
    tone = np.clip(tone * rng.uniform(0.6, 1.3), 0, 1).astype(np.float32)
    radius = tall * rng.uniform(0.05, 0.075)
    length = tall * (rng.uniform(0.1, 0.3) if behind else rng.uniform(0.01, 0.12))
    cap = np.zeros((canvas.size, canvas.size), np.uint8)
    axes = (round(radius * 2**SHIFT), round(radius * (1.6 if behind else 1.0) * 2**SHIFT))
    sweep = (0, 360) if behind else (180, 360)
    centre = tuple(int(v) for v in _points(crown))
    cv2.ellipse(cap, centre, axes, rng.normal(0, 6), *sweep, 255, -1, cv2.LINE_AA, SHIFT)
    _paint(rng, canvas, cap.astype(np.float32) / 255, tone)
    _strands(rng, canvas, crown, radius, length, tone, count=int(rng.uniform(40, 260)))


def _strands(
    rng: Rng,
    canvas: Canvas,
    centre: np.ndarray,
    radius: float,
    length: float,
    tone: np.ndarray,
    count: int,
) -> None:
    mask = np.zeros((canvas.size, canvas.size), np.uint8)
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
    window = window_of(mask)
    if window is not None:
        part = mask[window].astype(np.float32) / 255
        height, width = part.shape
        canvas.over(window, part, tone * (1 + 0.25 * noise(rng, height, width, 8))[..., None])


def _shape(rng: Rng, canvas: Canvas) -> None:
    size = canvas.size
    for _ in range(rng.integers(1, 4)):
        centre = size * rng.uniform(0.35, 0.65, 2)
        radius = size * rng.uniform(0.1, 0.32)
        angles = np.linspace(0, 2 * np.pi, 160, endpoint=False)
        outline = np.ones_like(angles)
        for order in range(2, 9):
            outline += rng.normal(0, 0.5 / order) * np.cos(order * angles + rng.uniform(0, 6.3))
        rim = np.stack([np.cos(angles), np.sin(angles)], -1) * outline[:, None] * radius
        mask = _polygon(canvas, centre + rim)
        if rng.random() < 0.3:
            hole = _polygon(canvas, centre + rim * rng.uniform(0.25, 0.6))
            mask = np.clip(mask - hole, 0, 1)
        base = colour(rng)
        _paint(rng, canvas, mask, base)
        if rng.random() < 0.5:
            count = int(rng.uniform(100, 400))
            _strands(rng, canvas, centre, radius * 0.9, radius * rng.uniform(0.2, 0.6), base, count)


def _hold_something(rng: Rng, canvas: Canvas) -> None:
    size = canvas.size
    centre = size * np.array([rng.uniform(0.25, 0.75), rng.uniform(0.35, 0.7)])
    angle, half = rng.uniform(0, np.pi), size * rng.uniform(0.02, 0.1, 2)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    _paint(rng, canvas, _polygon(canvas, centre + corners @ rotation.T))


def _defocus(rng: Rng, canvas: Canvas) -> None:
    sigma = rng.uniform(0.6, 3.0)
    canvas.premultiplied = cv2.GaussianBlur(canvas.premultiplied, (0, 0), sigma)
    canvas.alpha = cv2.GaussianBlur(canvas.alpha, (0, 0), sigma)
