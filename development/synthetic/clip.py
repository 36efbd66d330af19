"""The demo's own footage: a figure walks through a textured room, and the truth is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from workflows.media.video_writer import VideoSink

SUPERSAMPLING = 2
SKIN, SHIRT, TROUSERS = (214, 168, 140), (176, 52, 60), (52, 66, 110)
HAIR, SHOES = (58, 40, 30), (38, 36, 38)


@dataclass(frozen=True)
class SyntheticClip:
    """A deterministic clip with its alpha, foreground and empty background.

    Args:
        width, height: Size in pixels.
        frames: Number of frames; the figure crosses the room once in them.
        rate: Frames a second.
        noise: Standard deviation of the camera's noise, in grey levels.
        seed: Seed of textures and noise.
    """

    width: int = 1280
    height: int = 720
    frames: int = 48
    rate: int = 24
    noise: float = 2.0
    seed: int = 7

    @cached_property
    def background(self) -> np.ndarray:
        """The empty room without noise, uint8 RGB (H, W, 3)."""
        rng = np.random.default_rng(self.seed)
        h, w = self.height, self.width
        horizon = int(0.68 * h)
        room = np.empty((h, w, 3), np.float32)
        room[:horizon] = np.array((188, 180, 164)) + 10 * _texture(rng, horizon, w, 24)[..., None]
        boards = (np.arange(w) // max(1, w // 22)) % 2
        floor_shade = np.linspace(0.75, 1.1, h - horizon)[:, None, None]
        floor = np.array((128, 92, 62)) + 10 * boards[None, :, None]
        grain = _texture(rng, h - horizon, w, 6)[..., None]
        room[horizon:] = (floor + 14 * grain) * floor_shade
        self._furniture(room, rng, horizon)
        light = 1.08 - 0.22 * np.linspace(0, 1, w)[None, :, None] ** 1.5
        return np.clip(np.rint(room * light), 0, 255).astype(np.uint8)

    def _furniture(self, room: np.ndarray, rng: np.random.Generator, horizon: int) -> None:
        h, w = self.height, self.width

        def box(x0: float, y0: float, x1: float, y1: float, colour: tuple[int, ...]) -> None:
            top_left, bottom_right = (int(x0 * w), int(y0 * h)), (int(x1 * w), int(y1 * h))
            cv2.rectangle(room, top_left, bottom_right, colour, -1, cv2.LINE_AA)

        box(0.08, 0.10, 0.30, 0.46, (240, 240, 236))
        box(0.09, 0.115, 0.185, 0.445, (150, 190, 222))
        box(0.195, 0.115, 0.29, 0.445, (158, 198, 228))
        box(0.42, 0.14, 0.58, 0.34, (70, 54, 40))
        picture = _texture(rng, int(0.17 * h), int(0.14 * w), 8)
        y, x = int(0.155 * h), int(0.43 * w)
        colours = np.stack([120 + 60 * picture, 130 - 40 * picture, 110 + 50 * picture[::-1]], -1)
        room[y : y + picture.shape[0], x : x + picture.shape[1]] = colours
        box(0.70, 0.22, 0.93, 0.70, (104, 74, 50))
        for row in range(4):
            box(0.71, 0.235 + row * 0.115, 0.92, 0.335 + row * 0.115, (74, 52, 36))
            position = 0.715
            while position < 0.905:
                thickness = rng.uniform(0.006, 0.014)
                tall = rng.uniform(0.06, 0.095)
                colour = tuple(int(c) for c in rng.uniform(50, 210, 3))
                bottom = 0.335 + row * 0.115
                box(position, bottom - tall, position + thickness, bottom, colour)
                position += thickness + 0.002
        cv2.line(room, (0, horizon), (w, horizon), (232, 228, 220), max(2, h // 90), cv2.LINE_AA)

    def frame(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (image uint8 RGB, alpha float32 (H, W) in 0..1, foreground uint8 RGB)."""
        colours, alpha = self._figure(index)
        mixed = self.background + alpha[..., None] * (colours - self.background)
        rng = np.random.default_rng((self.seed, index))
        noise = rng.standard_normal(mixed.shape, dtype=np.float32) * self.noise
        image = np.clip(np.rint(mixed + noise), 0, 255).astype(np.uint8)
        return image, alpha, np.clip(np.rint(colours), 0, 255).astype(np.uint8)

    def _figure(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        scale = SUPERSAMPLING
        h, w = self.height * scale, self.width * scale
        time = index / max(1, self.frames - 1)
        colours = np.full((h, w, 3), SHIRT, np.uint8)
        alpha = np.zeros((h, w), np.uint8)
        size = 0.78 * h
        hip = np.array([w * (0.14 + 0.72 * time), 0.55 * h])
        phase = 2 * np.pi * (index / self.rate) * 0.9
        hip[1] += 0.012 * size * np.cos(2 * phase)

        def limb(start: np.ndarray, end: np.ndarray, width: float, colour: tuple) -> None:
            a, b = (tuple(int(v) for v in np.rint(point)) for point in (start, end))
            thickness = max(1, int(width * size))
            # Wider than the alpha, so that soft edges keep the limb's own colour.
            cv2.line(colours, a, b, colour, thickness + 6 * scale, cv2.LINE_AA)
            cv2.line(alpha, a, b, 255, thickness, cv2.LINE_AA)

        def bone(start: np.ndarray, angle: float, length: float) -> np.ndarray:
            return start + length * size * np.array([np.sin(angle), np.cos(angle)])

        neck = hip + np.array([0.02 * size, -0.30 * size])
        for side in (1, -1):
            swing = side * 0.5 * np.sin(phase)
            knee = bone(hip, swing, 0.22)
            bend = swing - 0.55 * max(0.0, np.cos(phase + (0 if side > 0 else np.pi)))
            ankle = bone(knee, bend, 0.22)
            limb(hip, knee, 0.085, TROUSERS)
            limb(knee, ankle, 0.065, TROUSERS)
            limb(ankle, ankle + np.array([0.06 * size, 0.01 * size]), 0.045, SHOES)
        for side in (-1, 1):
            swing = -side * 0.6 * np.sin(phase)
            elbow = bone(neck + np.array([0, 0.03 * size]), swing, 0.16)
            hand = bone(elbow, swing + 0.45, 0.15)
            limb(neck + np.array([0, 0.03 * size]), elbow, 0.06, SHIRT)
            limb(elbow, hand, 0.045, SKIN)
            if side < 0:
                limb(neck + np.array([0, 0.04 * size]), hip, 0.15, SHIRT)
        head = neck + np.array([0.015 * size, -0.085 * size])
        limb(neck, head, 0.05, SKIN)
        limb(head, head + np.array([0.0, 0.012 * size]), 0.115, SKIN)
        parting = np.array([[-0.012, -0.03], [0.0, -0.035]])
        left, right = head + parting * size
        limb(left, right, 0.1, HAIR)
        self._hair(colours, alpha, head, size, phase)
        stripes = (np.arange(h) // int(0.02 * size)) % 2 == 0
        cloth = (colours == SHIRT).all(-1) & stripes[:, None]
        colours[cloth] = (222, 214, 206)
        shrink = (self.width, self.height)
        soft = cv2.GaussianBlur(alpha, (0, 0), 0.8 * scale)
        small, covered = (
            cv2.resize(layer, shrink, interpolation=cv2.INTER_AREA).astype(np.float32)
            for layer in (colours, soft)
        )
        return small, covered / 255

    def _hair(
        self, colours: np.ndarray, alpha: np.ndarray, head: np.ndarray, size: float, phase: float
    ) -> None:
        rng = np.random.default_rng(self.seed)
        for strand in range(90):
            angle = rng.uniform(-2.6, 0.3)
            root = head + 0.05 * size * np.array([np.sin(angle), -abs(np.cos(angle)) - 0.2])
            length = size * rng.uniform(0.04, 0.10)
            sway = 0.25 * np.sin(phase + strand) - 0.5
            steps = np.linspace(0, 1, 8)[:, None]
            drop = np.array([[sway, 0.9]]) * length
            curve = root + steps * drop + steps**2 * rng.normal(0, 0.25, (1, 2)) * length
            points = [np.rint(curve).astype(np.int32)]
            cv2.polylines(colours, points, False, HAIR, 4, cv2.LINE_AA)
            cv2.polylines(alpha, points, False, 255, 2, cv2.LINE_AA)

    def write(self, path: str | Path) -> Path:
        """Write the clip as H.264 of visually lossless quality, and return its path."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        images = (self.frame(index)[0] for index in range(self.frames))
        return write_frames(path, images, self.rate, crf=12)


def write_frames(path: Path, frames: Iterable[np.ndarray], frame_rate: int, **options: Any) -> Path:
    """Write pictures of one size as a video, with ``options`` of :class:`VideoSink`."""
    waiting, rate = iter(frames), Fraction(frame_rate)
    first = next(waiting)
    height, width = first.shape[:2]
    with VideoSink(path, width, height, rate, 1 / rate, **options) as sink:
        for index, frame in enumerate(chain([first], waiting)):
            sink.write(frame, index)
    return path


def _texture(rng: np.random.Generator, height: int, width: int, cell: int) -> np.ndarray:
    """Multi-octave value noise in about -1..1, float32 (height, width)."""
    total = np.zeros((height, width), np.float32)
    amplitude = 1.0
    while cell >= 2:
        grid = rng.standard_normal((height // cell + 2, width // cell + 2), dtype=np.float32)
        total += amplitude * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        cell, amplitude = cell // 3, amplitude * 0.5
    return total / 2
