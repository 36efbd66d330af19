"""A figure with hair before a drawn screen, whose alpha, colours and screen are known."""

from dataclasses import dataclass

import cv2
import numpy as np

from plugin_kit.pictures import blend

HEIGHT, WIDTH = 180, 320
SCREENS = {"green": (45, 165, 70), "blue": (35, 70, 185)}
SKIN, CLOTH, HAIR = (205, 150, 120), (90, 92, 90), (95, 65, 45)
FACE = np.s_[46:114, 136:184]
HEAD, BODY = (160, 70), (100, 110, 220, 180)


@dataclass(frozen=True)
class Scene:
    """``frame`` and ``foreground`` uint8 (H, W, 3), ``alpha`` float32 (H, W), ``screen`` float."""

    frame: np.ndarray
    alpha: np.ndarray
    foreground: np.ndarray
    screen: np.ndarray


def make_scene(colour="green", *, noise=1.5, unevenness=0.4, spill=0.08, tie=False, seed=0):
    """The ``tie`` is a strip of the screen's own colour on the body."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    light = 1 - unevenness * ((x / WIDTH - 0.7) ** 2 + (y / HEIGHT - 0.3) ** 2)
    screen = np.float32(SCREENS[colour]) * light[..., None]
    shape = np.zeros((HEIGHT, WIDTH), np.float32)
    for angle in rng.uniform(-2.8, -0.3, 24):
        tip = (int(HEAD[0] + 50 * np.cos(angle)), int(HEAD[1] + 58 * np.sin(angle)))
        cv2.line(shape, HEAD, tip, 0.7, 1)
    cv2.ellipse(shape, HEAD, (32, 42), 0, 0, 360, 1, -1)
    left, top, right, bottom = BODY
    cv2.rectangle(shape, (left, top), (right, bottom), 1, -1)
    alpha = cv2.GaussianBlur(shape, (0, 0), 0.8)
    foreground = np.full((HEIGHT, WIDTH, 3), HAIR, np.uint8)
    foreground[50:110, 140:180] = SKIN
    foreground[110:] = CLOTH
    foreground = cv2.blur(foreground, (3, 3))
    if tie:
        foreground[120:170, 152:168] = screen[120:170, 152:168]
    lit = np.clip(foreground + spill * screen, 0, 255).astype(np.uint8)
    picture = blend(lit, alpha, screen.astype(np.uint8)) + rng.normal(0, noise, lit.shape)
    return Scene(np.clip(np.rint(picture), 0, 255).astype(np.uint8), alpha, foreground, screen)


def mad(found, truth):
    """Mean absolute difference of two alphas, times 1000."""
    return 1000 * float(np.abs(found - truth).mean())
