"""The pictures that the READMEs show, made from a run of the demo."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from workflows.new_background import read_picture
from workflows.plugins import REPOSITORY, load_plugin
from workflows.synthetic_clip import SyntheticClip, checker
from workflows.video_reader import VideoInfo, VideoReader

MOST_BYTES = 200_000
PANEL_WIDTH = 480
GAP, CAPTION = 6, 28
INK, PAPER = (60, 60, 60), 255
WARM_UP = 16


def write_pictures(clip: SyntheticClip, run: Path, rvm_weights: Path | None) -> list[Path]:
    """Write every README's picture into this checkout; return their paths.

    Args:
        clip: The demo's clip.
        run: The folder with what the chain wrote for it.
        rvm_weights: Robust Video Matting's; without them its picture stays as it is.
    """
    index = clip.frames // 2
    source = clip.frame(index)[0]
    alpha, composite = (frame_at(run / name, index) for name in ("alpha.mp4", "composite.mp4"))
    foreground = cut_out(run, index)
    plate, coverage = (read_picture(run / name) for name in ("plate.png", "coverage.png"))
    panels = {
        "docs/images/matting.jpg": {"source": source, "alpha": alpha, "composite": composite},
        "extract_background/images/demo.jpg": {
            "frame": source,
            "plate": plate,
            "coverage": coverage,
        },
        "infer_background_matting/images/demo.jpg": {
            "frame": source,
            "alpha": alpha,
            "foreground": foreground,
            "composite": composite,
        },
    }
    if rvm_weights is not None:
        behind = read_picture(run / "new_background.png")
        panels["infer_rvm/images/demo.jpg"] = _rvm_panels(clip, index, behind, rvm_weights)
    return [_write(REPOSITORY / name, side_by_side(items)) for name, items in panels.items()]


def frame_at(video: Path, index: int) -> np.ndarray:
    """One frame of a video, uint8 RGB (H, W, 3).

    Raises:
        ValueError: The video is shorter.
    """
    for position, frame in enumerate(VideoReader(VideoInfo.from_path(video))):
        if position == index:
            return frame.image
    raise ValueError(f"{video} has no frame {index}")


def cut_out(run: Path, index: int) -> np.ndarray:
    """The foreground of one frame of the chain's output over a checkerboard."""
    foreground = frame_at(run / "foreground.mp4", index)
    share = frame_at(run / "alpha.mp4", index).astype(np.float32) / 255
    height, width = foreground.shape[:2]
    mixed = foreground * share + checker(width, height) * (1 - share)
    return np.rint(mixed).astype(np.uint8)


def side_by_side(panels: dict[str, np.ndarray]) -> np.ndarray:
    """Pictures (H, W, 3) of one size in a row, each under its name."""
    columns = [_captioned(name, picture) for name, picture in panels.items()]
    gap = np.full((columns[0].shape[0], GAP, 3), PAPER, np.uint8)
    parts = [part for column in columns for part in (gap, column)]
    return np.hstack(parts[1:])


def _captioned(name: str, picture: np.ndarray) -> np.ndarray:
    height = round(picture.shape[0] * PANEL_WIDTH / picture.shape[1])
    small = cv2.resize(picture, (PANEL_WIDTH, height), interpolation=cv2.INTER_AREA)
    caption = np.full((CAPTION, PANEL_WIDTH, 3), PAPER, np.uint8)
    at = (2, CAPTION - 9)
    cv2.putText(caption, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
    return np.vstack([caption, small])


def _rvm_panels(
    clip: SyntheticClip, index: int, behind: np.ndarray, weights: Path
) -> dict[str, np.ndarray]:
    from ikomia.dataprocess.workflow import Workflow

    load_plugin("infer_rvm")
    workflow = Workflow("picture")
    parameters = {"sequence": "stream", "model_weight_file": str(weights)}
    task = workflow.add_task(name="infer_rvm", params=parameters, auto_connect=False)
    workflow.connect_tasks(workflow.root(), task, [(0, 0), (1, 1)])
    workflow.set_image_input(array=np.zeros((8, 8, 3), np.uint8), index=0)
    workflow.set_image_input(array=behind, index=1)
    # The network's memory settles over the first frames.
    for position in range(max(0, index - WARM_UP), index + 1):
        source = clip.frame(position)[0]
        workflow.set_image_input(array=source, index=0)
        workflow.run()
    alpha = cv2.cvtColor(task.get_output(1).get_image(), cv2.COLOR_GRAY2RGB)
    return {"source": source, "alpha": alpha, "composite": task.get_output(0).get_image()}


def _write(path: Path, picture: np.ndarray) -> Path:
    """As JPEG of the best quality that stays within the limit."""
    swapped = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    for quality in (92, 85, 75, 60):
        _, encoded = cv2.imencode(".jpg", swapped, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if encoded.size <= MOST_BYTES:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded.tobytes())
    return path
