"""What both demos are asked, where they write, and how they look at it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from plugin_kit.files import prepare_folder
from plugin_kit.video import VideoInfo, VideoReader
from workflows.plugins import quiet_ikomia


def demo_options(description: str | None, frames: int, pictures: str) -> argparse.ArgumentParser:
    """The options of a demo of so many frames; ``pictures`` says what ``--pictures`` renews."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--output", type=Path, default=Path("output/demo"))
    parser.add_argument("--frames", type=int, default=frames)
    parser.add_argument("--pictures", action="store_true", help=pictures)
    return parser


def prepare_output(output: Path, name: str) -> Path:
    """Return the folder ``name`` below ``output``, made, with Ikomia quiet and its home beside."""
    folder, home = output / name, (output / ".home").resolve()
    prepare_folder(folder)
    # Ikomia keeps its settings in the home folder; the demo's lies with its outputs.
    prepare_folder(home)
    os.environ["HOME"] = str(home)
    quiet_ikomia()
    return folder


def frames_of(path: Path) -> Iterator[np.ndarray]:
    """The pictures of a video, uint8 RGB (H, W, 3)."""
    return (frame.image for frame in VideoReader(VideoInfo.from_path(path)))
