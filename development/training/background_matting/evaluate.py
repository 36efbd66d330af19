"""Measure trained weights on held-out composites and on real pairs.

``python -m development.training.background_matting.evaluate`` composes 100 pictures of 1280x720
from assets that training never drew, and prints errors by kind. With ``--real FOLDER`` it also
compares with Robust Video Matting on photographs whose truth nobody knows. ``--pictures DIR`` keeps
crops to look at. The numbers, times 1000:

MAD       mean absolute difference of alpha over the picture
boundary  the same within 4 pixels of where the true alpha changes
coarse    what the refiner starts from, resized to the full size
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from infer_background_matting.bgm_network import MattingRefine
from infer_background_matting.bgm_network.scene import BackgroundAligner
from infer_background_matting.checkpoints import BUILTIN_FILE, load_checkpoint
from plugin_kit.picture_files import read_picture, write_picture
from train_background_matting.background_matting_training import PLAIN, Augmentation
from train_background_matting.background_matting_training.compose import Composer
from train_background_matting.background_matting_training.losses import boundary

from .pool import build_pool

# Neither training (1) nor the checks during training (10 000) draw from this seed.
SEED = 20_000
BOUNDARY_RADIUS = 4
KINDS = ("ordinary", "camouflaged", "translucent")
REAL_PAIRS = (
    ("person.png", "person_background.png", False),
    ("handheld_0001.png", "handheld_background.png", True),
    ("handheld_1000.png", "handheld_background.png", True),
)
RVM_FILE = "rvm_mobilenetv3_int8.pth"


class Score(NamedTuple):
    """Mean absolute differences of alpha, in 0..1, of one picture."""

    kind: str
    refined: float
    coarse: float
    refined_boundary: float
    coarse_boundary: float


def score(kind: str, refined: Tensor, coarse: Tensor, truth: Tensor) -> Score:
    """Compare alphas (1, 1, H, W) in 0..1; ``coarse`` may be smaller than ``truth``."""
    coarse = F.interpolate(coarse, truth.shape[-2:], mode="bilinear")
    edge = boundary(truth, BOUNDARY_RADIUS)
    area = edge.sum().clamp_min(1)
    errors = [(alpha - truth).abs() for alpha in (refined, coarse)]
    means = [error.mean().item() for error in errors]
    return Score(kind, *means, *((error * edge).sum().div(area).item() for error in errors))


@torch.inference_mode()
def score_held_out(network: MattingRefine, options: argparse.Namespace) -> list[Score]:
    """Compose pictures of 1280x720, one by one, from assets of their own, and compare."""
    count, seed = options.count, options.seed
    pool = build_pool(count, max(1, count // 2), seed, options.processes)
    augmentation = Augmentation() if options.hard else PLAIN
    composer = Composer(pool, torch.device("cpu"), seed, augmentation=augmentation)
    scores = []
    for index in range(count):
        batch = composer.batch(1, 720, 1280)
        out = network(batch.source, batch.plate)
        kind = "translucent" if batch.translucent.item() else "ordinary"
        kind = "camouflaged" if batch.camouflaged.item() else kind
        scores.append(score(kind, out.pha, out.pha_sm, batch.alpha))
        if options.pictures and index < 12:
            parts = (batch.source, batch.plate, batch.alpha, out.pha_sm, out.pha)
            save_panel(options.pictures / f"held_out_{index:02}.png", parts)
    return scores


@torch.inference_mode()
def score_real(network: MattingRefine, folder: Path, pictures: Path | None) -> list[Score]:
    """Compare with Robust Video Matting on the pairs of ``folder``."""
    # Only this comparison needs the neighbour plugin.
    from infer_rvm.checkpoints import load_checkpoint as load_rvm
    from infer_rvm.rvm_network import MattingNetwork, MattingStream

    rvm = MattingNetwork("mobilenetv3")
    load_rvm(rvm, folder / RVM_FILE)
    scores = []
    for name, background, handheld in REAL_PAIRS:
        source, plate = (read_picture(folder / file) for file in (name, background))
        if handheld:
            plate = BackgroundAligner(plate)(source)
        reference = torch.from_numpy(MattingStream(rvm.eval())(source).alpha)[None, None]
        pair = [torch.from_numpy(x).permute(2, 0, 1)[None].float() / 255 for x in (source, plate)]
        out = network(*pair)
        scores.append(score(name, out.pha, out.pha_sm, reference))
        if pictures:
            parts = (*pair, reference, out.pha_sm, out.pha)
            save_panel(pictures / f"real_{Path(name).stem}.png", parts)
    return scores


def save_panel(path: Path, parts: tuple[Tensor, ...]) -> None:
    """Put source, plate, reference, coarse and refined alpha side by side."""
    height, width = parts[0].shape[-2:]
    resized = (F.interpolate(part, (height, width), mode="bilinear") for part in parts)
    columns = torch.cat([column.expand(-1, 3, -1, -1) for column in resized], -1)
    picture = (columns[0].permute(1, 2, 0) * 255).round().byte().numpy()
    write_picture(path, picture)


def table(rows: list[tuple[str, int, str, np.ndarray]]) -> str:
    """Markdown of (name, pictures, statistic, four differences) with the differences x 1000."""
    lines = [
        "| pictures | count | | MAD refined | MAD coarse | boundary refined | boundary coarse |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, count, statistic, values in rows:
        numbers = " | ".join(f"{1000 * value:.1f}" for value in values)
        lines.append(f"| {name} | {count} | {statistic} | {numbers} |")
    return "\n".join(lines)


def summarise(scores: list[Score]) -> list[tuple[str, int, str, np.ndarray]]:
    """Median and mean of each kind; a kind of one picture is left as it is."""
    rows = []
    for kind in dict.fromkeys([*KINDS, *(s.kind for s in scores)]):
        values = np.array([s[1:] for s in scores if s.kind == kind])
        if len(values) == 1:
            rows.append((kind, 1, "", values[0]))
        elif len(values):
            rows.append((kind, len(values), "median", np.median(values, axis=0)))
            rows.append((kind, len(values), "mean", values.mean(axis=0)))
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, default=BUILTIN_FILE)
    parser.add_argument("--count", type=int, default=100, help="held-out pictures; 0 for none")
    parser.add_argument("--seed", type=int, default=SEED, help="of the held-out pictures")
    parser.add_argument(
        "--hard",
        action="store_true",
        help="plates with holes, sunlight of sharp edges and striped clothes as well",
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--real", type=Path, help="folder with the real pairs and RVM's weights")
    parser.add_argument("--pictures", type=Path, help="folder for panels to look at")
    options = parser.parse_args(arguments)
    network = MattingRefine("mobilenetv2").eval()
    load_checkpoint(network, options.weights)
    rows = summarise(score_held_out(network, options)) if options.count else []
    if options.real:
        rows += summarise(score_real(network, options.real, options.pictures))
    print(table(rows))


if __name__ == "__main__":
    main()
