"""What the keyer gains on people before drawn screens, whose alpha and colours are known.

The people come from a folder that is not part of this project (``development/synthetic/composites``
names its files); without it the table is empty and says what is missing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.table import Table

from development.synthetic.composites import Truth, load_person
from development.synthetic.screens import TAKES, ScreenTake, make_take
from development.tables import new_table
from plugin_kit.flow.matte_metrics import mean_score, score_clip
from plugin_kit.keying import Keyer
from plugin_kit.keying.screen_colour import difference
from plugin_kit.pictures import blend, plain
from workflows.plugins import REPOSITORY

FOLDER = REPOSITORY.parent / "shared" / "data" / "matting"
# Other photographs and screens than those that the keyer's constants were chosen on, which were
# person and front with seeds 1 and 2.
CLIPS = (("side", 13), ("standing", 14))
FRAMES = 4
CHANNELS = {"green": 1, "blue": 2}
# A usual clip of black and white of a plain key.
BLACK, WHITE = 0.1, 0.9
BEHIND = (128, 128, 128)
COLUMNS = ("screen", "take", "plain key", "keyer", "frame over grey", "foreground over grey")


def plain_alphas(frames: np.ndarray, channel: int) -> np.ndarray:
    """The colour difference key with one screen colour, the border's median; (N, H, W) in 0..1."""
    differences = np.stack([difference(frame.astype(np.float32), channel) for frame in frames])
    border = np.concatenate([differences[:, 0].ravel(), differences[..., [0, -1]].ravel()])
    alphas = 1 - differences / np.median(border)
    return np.clip((alphas - BLACK) / (WHITE - BLACK), 0, 1)


def composite_error(foregrounds: np.ndarray, alphas: np.ndarray, take: ScreenTake) -> float:
    """Mean error in grey levels over grey, where the true alpha is above 0."""
    errors = []
    for foreground, alpha, colours, truth in zip(
        foregrounds, alphas, take.foreground, take.alpha, strict=True
    ):
        behind = plain(BEHIND, *truth.shape)
        made, wanted = blend(foreground, alpha, behind), blend(colours, truth, behind)
        errors.append(np.abs(made.astype(np.float32) - wanted)[truth > 0].mean())
    return float(np.mean(errors))


def table(folder: Path = FOLDER, truth: Truth = "mean") -> Table:
    """Errors of a plain key and of the keyer, for each colour of screen and kind of take."""
    title = f"key: mean of {len(CLIPS)} clips of 1280x720, MAD x1000 / Grad / dtSSD x100; levels"
    rows, caption = [], None
    try:
        people = [(load_person(folder, name, truth), seed) for name, seed in CLIPS]
        for colour, channel in CHANNELS.items():
            for kind in TAKES:
                takes = [
                    make_take(p, colour=colour, kind=kind, seed=seed, frames=FRAMES)
                    for p, seed in people
                ]
                rows.append((colour, kind, *_cells(takes, channel)))
    except FileNotFoundError as error:
        caption = f"skipped: {error}"
    return new_table(title, COLUMNS, rows, words=2, caption=caption)


def _cells(takes: list[ScreenTake], channel: int) -> list[str]:
    plain_scores, scores, before, after = [], [], [], []
    for take in takes:
        keyer = Keyer()
        keyed = [keyer(frame) for frame in take.frames]
        alphas = np.stack([found.alpha for found in keyed])
        foregrounds = np.stack([found.foreground for found in keyed])
        plain_scores.append(score_clip(plain_alphas(take.frames, channel), take.alpha))
        scores.append(score_clip(alphas, take.alpha))
        before.append(composite_error(take.frames, alphas, take))
        after.append(composite_error(foregrounds, alphas, take))
    means = [mean_score(plain_scores), mean_score(scores)]
    mattes = [f"{score.mad:.2f}/{score.grad:.1f}/{score.dtssd:.1f}" for score in means]
    return [*mattes, f"{np.mean(before):.2f}", f"{np.mean(after):.2f}"]
