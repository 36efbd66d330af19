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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from infer_background_matting.bgm_network import MattingRefine
from infer_background_matting.bgm_network.scene import BackgroundAligner
from infer_background_matting.checkpoints import BUILTIN_FILE, load_checkpoint
from plugin_kit.picture_files import read_picture, write_picture

from .compose import Batch, Composer
from .losses import boundary
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


@dataclass(frozen=True)
class Score:
    """Mean absolute differences of alpha, in 0..1, of one picture."""

    kind: str
    refined: float
    coarse: float
    refined_boundary: float
    coarse_boundary: float


def kind_of(batch: Batch) -> str:
    """What makes the one picture of ``batch`` hard, or ordinary."""
    if batch.camouflaged.item():
        return "camouflaged"
    return "translucent" if batch.translucent.item() else "ordinary"


def score(kind: str, refined: Tensor, coarse: Tensor, truth: Tensor) -> Score:
    """Compare alphas (1, 1, H, W) in 0..1; ``coarse`` may be smaller than ``truth``."""
    coarse = F.interpolate(coarse, truth.shape[-2:], mode="bilinear", align_corners=False)
    edge = boundary(truth, BOUNDARY_RADIUS)
    area = edge.sum().clamp_min(1)
    errors = [(alpha - truth).abs() for alpha in (refined, coarse)]
    means = [error.mean().item() for error in errors]
    return Score(kind, *means, *((error * edge).sum().div(area).item() for error in errors))


def held_out(
    count: int, processes: int, size: tuple[int, int] = (720, 1280), seed: int = SEED
) -> Iterator[Batch]:
    """Compose ``count`` pictures, one by one, from assets of their own."""
    pool = build_pool(count, max(1, count // 2), seed, processes)
    composer = Composer(pool, torch.device("cpu"), seed)
    for _ in range(count):
        yield composer.batch(1, *size)


def load_network(weights: Path) -> MattingRefine:
    """The network as the plugin runs it by default, in float32."""
    network = MattingRefine("mobilenetv2")
    load_checkpoint(network, weights)
    return network.eval()


def to_tensor(picture: np.ndarray) -> Tensor:
    """uint8 (H, W, 3) to float32 (1, 3, H, W) in 0..1."""
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


@torch.inference_mode()
def score_held_out(network: MattingRefine, options: argparse.Namespace) -> list[Score]:
    scores = []
    for index, batch in enumerate(held_out(options.count, options.processes, seed=options.seed)):
        out = network(batch.source, batch.plate)
        scores.append(score(kind_of(batch), out.pha, out.pha_sm, batch.alpha))
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
        out = network(to_tensor(source), to_tensor(plate))
        scores.append(score(name, out.pha, out.pha_sm, reference))
        if pictures:
            parts = (to_tensor(source), to_tensor(plate), reference, out.pha_sm, out.pha)
            save_panel(pictures / f"real_{Path(name).stem}.png", parts)
    return scores


def save_panel(path: Path, parts: tuple[Tensor, ...]) -> None:
    """Put source, plate, reference, coarse and refined alpha side by side."""
    height, width = parts[0].shape[-2:]
    columns = [
        F.interpolate(part, (height, width), mode="bilinear", align_corners=False).expand(
            -1, 3, -1, -1
        )
        for part in parts
    ]
    picture = (torch.cat(columns, -1)[0].permute(1, 2, 0) * 255).round().byte().numpy()
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
        values = np.array(
            [
                (s.refined, s.coarse, s.refined_boundary, s.coarse_boundary)
                for s in scores
                if s.kind == kind
            ]
        )
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
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--real", type=Path, help="folder with the real pairs and RVM's weights")
    parser.add_argument("--pictures", type=Path, help="folder for panels to look at")
    options = parser.parse_args(arguments)
    network = load_network(options.weights)
    rows = []
    if options.count:
        rows += summarise(score_held_out(network, options))
    if options.real:
        rows += summarise(score_real(network, options.real, options.pictures))
    print(table(rows))


if __name__ == "__main__":
    main()
