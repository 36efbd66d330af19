"""``make demo``: the matting chain on footage whose truth is known, with pictures of all of it."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from workflows.demo_stabilised import compare_stabilised
from workflows.matting_chain import ChainOptions, run_chain
from workflows.pictures import cut_out, write_pictures
from workflows.plugins import quiet_ikomia
from workflows.synthetic_clip import SyntheticClip
from workflows.video_reader import VideoInfo, VideoReader
from workflows.video_writer import VideoSink

SHOWN_FRAMES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Errors:
    """Errors of plate and composite against the truth, in grey levels."""

    plate_age: float
    plate_worst: float
    composite_levels: float


def new_background(width: int, height: int) -> np.ndarray:
    """A sunset over water, uint8 RGB."""
    y = np.linspace(0, 1, height)[:, None]
    x = np.linspace(-1, 1, width)[None]
    sky = np.stack([250 - 60 * y + 0 * x, 120 + 90 * y + 0 * x, 90 + 60 * (1 - y) + 0 * x], -1)
    sun = np.exp(-((x * 1.8) ** 2 + ((y - 0.5) * 3.2) ** 2) * 14)[..., None]
    waves = 0.85 + 0.15 * np.sin(260 * y**2 + 9 * x + 2 * np.sin(14 * x))
    sea = np.stack([170 * waves, 95 * waves, 110 * waves], -1)
    scene = np.where((y < 0.62)[..., None], sky, sea) + sun * (110, 90, 40)
    return np.clip(np.rint(scene), 0, 255).astype(np.uint8)


def measure(clip: SyntheticClip, folder: Path, behind: np.ndarray) -> Errors:
    """Compare what the chain wrote in ``folder`` with the clip's truth."""
    plate = cv2.cvtColor(cv2.imread(str(folder / "plate.png")), cv2.COLOR_BGR2GRAY).astype(float)
    truth = cv2.cvtColor(clip.background, cv2.COLOR_RGB2GRAY)
    difference = np.abs(plate - truth)
    off = []
    composites = VideoReader(VideoInfo.from_path(folder / "composite.mp4"))
    for index, composite in enumerate(composites):
        _, true_alpha, colours = clip.frame(index)
        ideal = colours * true_alpha[..., None] + behind * (1 - true_alpha[..., None])
        off.append(np.abs(composite.image - ideal).mean())
    share = float((difference > 20).mean())
    return Errors(float(difference.mean()), share, float(np.mean(off)))


def side_by_side(clip: SyntheticClip, folder: Path) -> list[np.ndarray]:
    """Write source | alpha | composite as a video; return the frames shown in the pictures."""
    names = ("alpha.mp4", "composite.mp4")
    readers = [VideoReader(VideoInfo.from_path(folder / name)) for name in names]
    half = (clip.width // 2, clip.height // 2)
    shown = []
    chosen = {round(share * (clip.frames - 1)) for share in SHOWN_FRAMES}
    rate = Fraction(clip.rate)
    with VideoSink(folder / "side_by_side.mp4", 3 * half[0], half[1], rate, 1 / rate) as sink:
        for index, frames in enumerate(zip(*readers, strict=True)):
            pictures = [clip.frame(index)[0], *(frame.image for frame in frames)]
            small = [cv2.resize(p, half, interpolation=cv2.INTER_AREA) for p in pictures]
            row = np.ascontiguousarray(np.hstack(small))
            sink.write(row, index)
            if index in chosen:
                shown.append(row)
    return shown


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; everything that it writes lies below ``--output``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("output/demo"))
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument(
        "--pictures", action="store_true", help="also renew the READMEs' pictures in this checkout"
    )
    parser.add_argument(
        "--rvm-weights", type=Path, metavar="FILE", help="for infer_rvm's picture, which needs them"
    )
    given = parser.parse_args(arguments)
    folder = given.output / "matting"
    folder.mkdir(parents=True, exist_ok=True)
    # Ikomia keeps its settings in the home folder; the demo's lies with its outputs.
    os.environ["HOME"] = str((given.output / ".home").resolve())
    Path(os.environ["HOME"]).mkdir(exist_ok=True)
    quiet_ikomia()
    clip = SyntheticClip(width=given.height * 16 // 9, height=given.height, frames=given.frames)
    source = clip.write(folder / "source.mp4")
    behind = new_background(clip.width, clip.height)
    _save(folder / "new_background.png", behind)
    run_chain(
        ChainOptions(
            video=source,
            output=folder,
            background=str(folder / "new_background.png"),
            matte="none",
            weights="builtin",
        )
    )
    shown = side_by_side(clip, folder)
    _save(folder / "side_by_side.png", np.vstack(shown))
    _save(folder / "cut_out.png", cut_out(folder, clip.frames // 2))
    errors = measure(clip, folder, behind)
    raw, stable = compare_stabilised(clip, folder)
    table = Table(title="error against the truth")
    table.add_column("measure")
    table.add_column("value", justify="right")
    table.add_column("stabilised", justify="right")
    table.add_row("plate: mean grey-level error (AGE)", f"{errors.plate_age:.2f}")
    table.add_row("plate: pixels off by more than 20 levels", f"{errors.plate_worst:.3%}")
    table.add_row("alpha: MAD x 1e3", f"{raw.mad:.2f}", f"{stable.mad:.2f}")
    table.add_row("alpha: MSE x 1e3", f"{raw.mse:.2f}", f"{stable.mse:.2f}")
    table.add_row("alpha: flicker, dtSSD x 1e2", f"{raw.dtssd:.2f}", f"{stable.dtssd:.2f}")
    table.add_row("composite: mean error in levels", f"{errors.composite_levels:.2f}")
    Console().print(table)
    names = ("side_by_side.mp4", "stabilised.mp4")
    Console().print(f"Look at {' and '.join(names)} in {folder}, and the pictures beside them.")
    if given.pictures:
        for path in write_pictures(clip, folder, given.rvm_weights):
            Console().print(f"  {path}")
    return 0


def _save(path: Path, image: np.ndarray) -> None:
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    sys.exit(main())
