"""``make demo``: the matting chain on footage whose truth is known, with pictures of all of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console

from development.demo.output import demo_options, frames_of, prepare_output
from development.demo.pictures import over_checkerboard, write_pictures
from development.demo.stabilised import compare_stabilised
from development.synthetic.clip import SyntheticClip, write_frames
from development.synthetic.scenes import metrics
from development.tables import new_table
from plugin_kit.picture_files import read_picture, write_picture
from plugin_kit.pictures import resized
from workflows.matting.options import ChainOptions
from workflows.matting.run import run_chain

SHOWN_FRAMES = (0.25, 0.5, 0.75)


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


def composite_error(clip: SyntheticClip, folder: Path, behind: np.ndarray) -> float:
    """How many grey levels the composite in ``folder`` is off from the truth, on average."""
    errors = []
    for index, composite in enumerate(frames_of(folder / "composite.mp4")):
        _, alpha, colours = clip.frame(index)
        ideal = colours * alpha[..., None] + behind * (1 - alpha[..., None])
        errors.append(np.abs(composite - ideal).mean())
    return float(np.mean(errors))


def write_side_by_side(clip: SyntheticClip, folder: Path) -> list[np.ndarray]:
    """Write source | alpha | composite as a video; return the frames shown in the pictures."""
    half = (clip.width // 2, clip.height // 2)
    chosen = {round(share * (clip.frames - 1)) for share in SHOWN_FRAMES}
    shown = []

    def rows() -> Iterator[np.ndarray]:
        videos = (frames_of(folder / name) for name in ("alpha.mp4", "composite.mp4"))
        for index, frames in enumerate(zip(*videos, strict=True)):
            pictures = (clip.frame(index)[0], *frames)
            row = np.hstack([resized(picture, *half) for picture in pictures])
            if index in chosen:
                shown.append(row)
            yield row

    write_frames(folder / "side_by_side.mp4", rows(), clip.rate)
    return shown


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; everything that it writes lies below ``--output``."""
    parser = demo_options(__doc__, 48, "also renew the READMEs' pictures in this checkout")
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument(
        "--rvm-weights", type=Path, metavar="FILE", help="for infer_rvm's picture, which needs them"
    )
    given = parser.parse_args(arguments)
    folder = prepare_output(given.output, "matting")
    clip = SyntheticClip(width=given.height * 16 // 9, height=given.height, frames=given.frames)
    source = clip.write(folder / "source.mp4")
    behind = new_background(clip.width, clip.height)
    write_picture(folder / "new_background.png", behind)
    run_chain(
        ChainOptions(
            video=source,
            output=folder,
            background=str(folder / "new_background.png"),
            matte="none",
            weights="builtin",
            stabilise=False,
        )
    )
    write_picture(folder / "side_by_side.png", np.vstack(write_side_by_side(clip, folder)))
    write_picture(folder / "cut_out.png", over_checkerboard(folder, clip.frames // 2))
    plate_error, plate_share = metrics(read_picture(folder / "plate.png"), clip.background)
    composite = composite_error(clip, folder, behind)
    raw, stable = compare_stabilised(clip, folder)
    rows = [
        ("plate: mean grey-level error (AGE)", f"{plate_error:.2f}"),
        ("plate: pixels off by more than 20 levels", f"{plate_share:.3%}"),
        ("alpha: MAD x 1e3", f"{raw.mad:.2f}", f"{stable.mad:.2f}"),
        ("alpha: MSE x 1e3", f"{raw.mse:.2f}", f"{stable.mse:.2f}"),
        ("alpha: flicker, dtSSD x 1e2", f"{raw.dtssd:.2f}", f"{stable.dtssd:.2f}"),
        ("composite: mean error in levels", f"{composite:.2f}"),
    ]
    columns = ("measure", "value", "stabilised")
    Console().print(new_table("error against the truth", columns, rows, words=1))
    videos = "side_by_side.mp4 and stabilised.mp4"
    Console().print(f"Look at {videos} in {folder}, and the pictures beside them.")
    if given.pictures:
        for path in write_pictures(clip, folder, given.rvm_weights):
            Console().print(f"  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
