"""Clips of real people whose alpha is known: photographs cut out and laid over moving scenes.

The people come from a folder that you give, as :data:`PEOPLE` names their files, and so do
Robust Video Matting's weights, :data:`RVM_WEIGHTS`. A person's true alpha is the mean of two
networks' on the photograph, Robust Video Matting's and, before the photograph's own empty scene,
background matting's; this favours whatever averages the two a little, so ``truth="rvm"`` takes the
first alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from plugin_kit.picture_files import read_picture

if TYPE_CHECKING:
    from infer_background_matting.bgm_network import Matting
    from infer_rvm.rvm_network import MattingStream

Truth = Literal["mean", "rvm"]

RVM_WEIGHTS = "rvm_mobilenetv3_int8.pth"
# A photograph, the empty scene that it was taken in, and whether that has to be aligned.
PEOPLE = {
    "person": ("person.png", "person_background.png", False),
    "front": ("handheld_0001.png", "handheld_background.png", True),
    "side": ("handheld_1000.png", "handheld_background.png", True),
    "standing": ("person_whiteboard.png", "new_background.png", True),
}
# A kind's place is a part of its seed: new ones go to the end.
KINDS = (
    "static", "hole", "drift", "noise", "hand-held", "pan", "pan and shake", "zoom", "sensor noise",
)  # fmt: skip
FIXED = ("static", "hole", "drift", "noise", "sensor noise")
EARLIER = 8
SETTLING_FRAMES = 6
# In shares of the picture's width: the scene beyond its borders, the way of a pan, how far a hand
# moves to either side, and a walker's step from frame to frame.
MARGIN, PAN, SHAKE, STEP = 0.16, 0.24, 0.006, 0.008
TURN_DEGREES = 0.3
ZOOM = 1.25
# Standard deviations in levels, and the variance that each level of brightness adds to a dark take:
# a sensor's noise of reading it out, and that of the light itself.
NOISE, STRONG_NOISE = 1.5, 4.0
READ_NOISE, SHOT_NOISE = 6.0, 0.4
EXPOSURE = np.array([0.12, 0.11, 0.13], np.float32)
# In shares of the picture's height.
PERSON_HEIGHT, BELOW_BORDER = 0.9, 0.08
RATE = 24


@dataclass(frozen=True)
class Person:
    """A cut-out: ``colours`` float32 (h, w, 3) in 0..255, ``alpha`` float32 (h, w) in 0..1."""

    colours: np.ndarray
    alpha: np.ndarray


@dataclass(frozen=True)
class Composite:
    """A take; the first ``earlier`` frames are moments far apart, from which a plate can be made.

    Attributes:
        frames: uint8 RGB (N, H, W, 3).
        truth: float32 (N, H, W) in 0..1.
        earlier: How many frames come before the clip itself, whose frames are consecutive.
        cameras: Homographies float64 (N, 3, 3) from the scene's pixels to the frame's.
    """

    frames: np.ndarray
    truth: np.ndarray
    earlier: int
    cameras: np.ndarray


def rvm_stream(folder: str | Path) -> MattingStream:
    """Robust Video Matting with the weights of ``folder``.

    Raises:
        FileNotFoundError: They are not there.
        ValueError: The file holds something else.
    """
    from infer_rvm.checkpoints import load_checkpoint
    from infer_rvm.rvm_network import MattingNetwork, MattingStream

    path = Path(folder) / RVM_WEIGHTS
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: Robust Video Matting's weights")
    network = MattingNetwork("mobilenetv3")
    load_checkpoint(network, path)
    return MattingStream(network)


@cache
def load_person(folder: str | Path, name: str, truth: Truth = "mean") -> Person:
    """Cut one of :data:`PEOPLE` out of its photograph.

    Raises:
        FileNotFoundError: A picture or the weights are missing.
    """
    photograph, empty, moves = PEOPLE[name]
    picture = read_picture(Path(folder) / photograph)
    stream = rvm_stream(folder)
    matte = [stream(picture) for _ in range(SETTLING_FRAMES)][-1]
    alpha = matte.alpha
    if truth == "mean":
        plate = read_picture(Path(folder) / empty)
        alpha = (alpha + _background_alpha(picture, plate, align=moves)) / 2
    alpha = alpha * _largest_part(alpha > 0.02)
    rows, columns = (np.flatnonzero((alpha > 0.02).any(axis=axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Person(matte.foreground[box].astype(np.float32), alpha[box])


def _largest_part(mask: np.ndarray) -> np.ndarray:
    """Where the largest connected part of ``mask`` (H, W) is, bool."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
    return labels == 1 + np.argmax(statistics[1:, cv2.CC_STAT_AREA])


def _background_alpha(picture: np.ndarray, plate: np.ndarray, *, align: bool) -> np.ndarray:
    from infer_background_matting.bgm_network.scene import BackgroundAligner

    plate = BackgroundAligner(plate)(picture) if align else plate
    return builtin_matting()(picture, plate).alpha


@cache
def builtin_matting() -> Matting:
    """Background matting with the built-in weights."""
    import torch

    from infer_background_matting.bgm_network import MattingRefine, build_matting
    from infer_background_matting.checkpoints import BUILTIN_FILE, load_checkpoint

    network = MattingRefine("mobilenetv2")
    load_checkpoint(network, BUILTIN_FILE)
    return build_matting(network, "cpu", torch.float32)


def make_composite(
    kind: str,
    person: Person,
    background: np.ndarray,
    *,
    seed: int = 0,
    frames: int = 10,
    width: int = 1280,
    height: int = 720,
) -> Composite:
    """Lay ``person`` over ``background`` (uint8 RGB of any size) as one of :data:`KINDS`.

    The person walks through the picture, but sways in place in ``hole``. The camera's movements
    are a flat scene's: there is no parallax.
    """
    rng = np.random.default_rng((seed, KINDS.index(kind)))
    times = np.concatenate([np.linspace(0, 1, EARLIER), 1.2 + np.arange(frames) / RATE])
    scene = _scene(background, width, height)
    hands = _hands(kind, rng, times, width, height)
    cameras = hands @ _travels(kind, times, width, height)
    pictures = np.empty((len(times), height, width, 3), np.uint8)
    truth = np.empty((len(times), height, width), np.float32)
    for index, (place, sway) in enumerate(zip(*_walk(kind, frames, times), strict=True)):
        behind = cv2.warpPerspective(scene, cameras[index], (width, height))
        # The camera follows the person, who does not share its way, but its shaking.
        where = hands[index] @ _placed(person, place * width, sway, height)
        colours, truth[index] = (
            cv2.warpPerspective(layer, where, (width, height))
            for layer in (person.colours, person.alpha)
        )
        picture = behind + truth[index][..., None] * (colours - behind)
        if kind == "drift":
            picture *= 1 + np.sin(2 * np.pi * 0.9 * times[index]) * EXPOSURE
        picture += _noise_of(kind, picture) * rng.standard_normal(picture.shape, dtype=np.float32)
        pictures[index] = np.clip(np.rint(picture), 0, 255)
    return Composite(pictures, truth, EARLIER, cameras)


def _noise_of(kind: str, picture: np.ndarray) -> float | np.ndarray:
    """The noise's standard deviation in levels, everywhere or float32 (H, W, 3) by brightness."""
    if kind == "sensor noise":
        return np.sqrt(READ_NOISE**2 + SHOT_NOISE * picture.clip(0, 255))
    return STRONG_NOISE if kind == "noise" else NOISE


def _scene(background: np.ndarray, width: int, height: int) -> np.ndarray:
    """``background`` as large as the picture and its margins, float32."""
    margin = round(MARGIN * width)
    size = (width + 2 * margin, height + 2 * margin)
    scale = max(size[0] / background.shape[1], size[1] / background.shape[0])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    large = cv2.resize(background, None, fx=scale, fy=scale, interpolation=method)
    return np.ascontiguousarray(large[: size[1], : size[0]], np.float32)


def _hands(
    kind: str, rng: np.random.Generator, times: np.ndarray, width: int, height: int
) -> np.ndarray:
    """What a hand does to a picture at each time, homographies (N, 3, 3)."""
    hands = np.tile(np.eye(3), (len(times), 1, 1))
    if kind not in ("hand-held", "pan and shake"):
        return hands
    rates, phases = rng.uniform(0.4, 2.5, (3, 4)), rng.uniform(0, 2 * np.pi, (3, 4))
    waves = np.sin(2 * np.pi * times[:, None, None] * rates + phases).mean(axis=-1)
    centre = (width / 2, height / 2)
    for hand, (x, y, turn) in zip(hands, waves, strict=True):
        hand[:2] = cv2.getRotationMatrix2D(centre, TURN_DEGREES * turn, 1)
        hand[:2, 2] += 2 * SHAKE * width * np.array([x, y])
    return hands


def _travels(kind: str, times: np.ndarray, width: int, height: int) -> np.ndarray:
    """From the scene to the picture of a steady hand, homographies (N, 3, 3)."""
    margin = round(MARGIN * width)
    travels = np.tile(np.array([[1.0, 0, -margin], [0, 1, -margin], [0, 0, 1]]), (len(times), 1, 1))
    share = times / times[-1]
    if kind.startswith("pan"):
        travels[:, 0, 2] += PAN * width * (0.5 - share)
    if kind == "zoom":
        for travel, scale in zip(travels, 1 + (ZOOM - 1) * share, strict=True):
            zoom = np.eye(3)
            zoom[:2] = cv2.getRotationMatrix2D((width / 2, height / 2), 0, scale)
            travel[:] = zoom @ travel
    return travels


def _walk(kind: str, frames: int, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the person's middle is, in shares of the width, and its lean in degrees; (N,) each."""
    sway = 2.5 * np.sin(2 * np.pi * 0.8 * times)
    if kind == "hole":
        return 0.5 + 0.01 * np.sin(2 * np.pi * 0.7 * times), sway
    clip = 0.7 - STEP * np.arange(frames)
    return np.concatenate([np.linspace(0.2, 0.8, len(times) - frames), clip]), sway


def _placed(person: Person, x: float, lean: float, height: int) -> np.ndarray:
    """From the cut-out's pixels to the picture's, (3, 3)."""
    tall, wide = person.alpha.shape
    scale = PERSON_HEIGHT * height / tall
    place = np.eye(3)
    place[:2] = cv2.getRotationMatrix2D((wide / 2, tall), lean, scale)
    place[:2, 2] += (x - wide / 2, (1 + BELOW_BORDER) * height - tall)
    return place
