"""People before a drawn green or blue screen, with the alpha and the colours that made each frame.

What a studio's camera sees is drawn step by step: a screen lit unevenly, with wrinkles; light of it
on the person, most at the edge (spill); sensor noise; a codec that keeps colour at half the
resolution (H.264, 4:2:0).
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
import cv2
import numpy as np

from development.synthetic.composites import Person

SCREENS = {"green": (45, 165, 70), "blue": (35, 70, 185)}
# What is wrong with a take; each kind holds all that the kinds before it have.
TAKES = ("even", "uneven", "spill", "noise", "h264")
# Shares of the screen's brightness: light falling off, wrinkles, and what the channels differ by.
FALL_OFF, WRINKLES, TINT = 0.35, 0.03, 0.06
SPILL_EVERYWHERE, SPILL_AT_EDGE, SPILL_REACH = 0.03, 0.14, 0.02
NOISE = 3.0
RATE, QUALITY = 24, 23
PERSON_HEIGHT = 0.86
STEP = 0.006


@dataclass(frozen=True)
class ScreenTake:
    """A clip before a screen.

    Attributes:
        frames: uint8 RGB (N, H, W, 3).
        alpha: float32 (N, H, W) in 0..1.
        foreground: uint8 RGB (N, H, W, 3): the person's colours without the screen's light.
        screen: uint8 RGB (H, W, 3): the empty screen, without noise.
    """

    frames: np.ndarray
    alpha: np.ndarray
    foreground: np.ndarray
    screen: np.ndarray


def make_take(
    person: Person,
    *,
    colour: str = "green",
    kind: str = "h264",
    seed: int = 0,
    frames: int = 6,
    width: int = 1280,
    height: int = 720,
) -> ScreenTake:
    """``person`` walks before one of :data:`SCREENS`, with the faults of one of :data:`TAKES`."""
    rng = np.random.default_rng((seed, len(colour)))
    level = TAKES.index(kind)
    even = np.full((height, width, 3), SCREENS[colour], np.float32)
    screen = even * _light(rng, height, width) if level >= 1 else even
    made = np.empty((3, frames, height, width, 3), np.float32)
    alphas = np.empty((frames, height, width), np.float32)
    for index in range(frames):
        place = _place(person, index, width, height)
        colours, alpha = (
            cv2.warpPerspective(x, place, (width, height)) for x in (person.colours, person.alpha)
        )
        lit = colours + screen * _spill(alpha) if level >= 2 else colours
        picture = screen + alpha[..., None] * (lit - screen)
        if level >= 3:
            picture = picture + NOISE * rng.standard_normal(picture.shape, dtype=np.float32)
        made[0, index], made[1, index], alphas[index] = picture, colours, alpha
    pictures, foreground = np.clip(np.rint(made[:2]), 0, 255).astype(np.uint8)
    if level >= 4:
        pictures = compressed(pictures)
    return ScreenTake(pictures, alphas, foreground, np.clip(screen, 0, 255).astype(np.uint8))


def compressed(frames: np.ndarray, quality: int = QUALITY) -> np.ndarray:
    """``frames`` uint8 RGB (N, H, W, 3) through H.264 in 4:2:0 at a constant rate factor."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(quality), "preset": "fast"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as container:
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(decoded)


def _light(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """What multiplies an even screen, (H, W, 3): two lamps, wrinkles, a tint to one side."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x / width - 0.5, y / width - height / width / 2
    lamps = np.sum(
        [
            np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 0.15)
            for cx, cy in rng.uniform((-0.5, -0.3), (0.5, 0.1), (2, 2))
        ],
        axis=0,
    )
    light = 1 - FALL_OFF * (1 - lamps / lamps.max())
    coarse = rng.standard_normal((5, 9)).astype(np.float32)
    light += WRINKLES * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    tint = TINT * rng.uniform(-1, 1, 3) * 2
    return (light[..., None] * (1 + x[..., None] * tint)).astype(np.float32)


def _spill(alpha: np.ndarray) -> np.ndarray:
    """How much of the screen's light falls on the person, (H, W, 1)."""
    inside = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    at_edge = np.exp(-inside / (SPILL_REACH * alpha.shape[0]))
    return (SPILL_EVERYWHERE + SPILL_AT_EDGE * at_edge)[..., None].astype(np.float32)


def _place(person: Person, index: int, width: int, height: int) -> np.ndarray:
    """From the cut-out's pixels to the frame's, (3, 3)."""
    tall, wide = person.alpha.shape
    place = np.eye(3)
    lean = 2 * np.sin(0.3 * index)
    place[:2] = cv2.getRotationMatrix2D((wide / 2, tall), lean, PERSON_HEIGHT * height / tall)
    place[:2, 2] += ((0.5 + STEP * index) * width - wide / 2, 1.02 * height - tall)
    return place
