"""The pictures that the READMEs show, made from a run of the demo."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from development.synthetic.clip import SyntheticClip
from infer_rvm.ports import Input, Output
from plugin_kit.files import write_bytes
from plugin_kit.picture_files import read_picture
from plugin_kit.pictures import blend, plain, resized, to_uint8
from plugin_kit.video import frame_at
from workflows.matting.graph import RVM
from workflows.plugins import REPOSITORY, add_task, new_workflow

MOST_BYTES = 200_000
PANEL_WIDTH = 480
GAP, CAPTION = 6, 28
INK, PAPER = (60, 60, 60), (255, 255, 255)
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
    foreground = over_checkerboard(run, index)
    plate, coverage = (read_picture(run / name) for name in ("plate.png", "coverage.png"))
    plates = {"frame": source, "plate": plate, "coverage": coverage}
    mattes = {"alpha": alpha, "foreground": foreground, "composite": composite}
    panels = {
        "docs/images/matting.jpg": {"source": source, "alpha": alpha, "composite": composite},
        "extract_background/images/demo.jpg": plates,
        "infer_background_matting/images/demo.jpg": {"frame": source, **mattes},
    }
    if rvm_weights is not None:
        behind = read_picture(run / "new_background.png")
        panels["infer_rvm/images/demo.jpg"] = _rvm_panels(clip, index, behind, weights=rvm_weights)
    return [write_jpeg(REPOSITORY / name, side_by_side(items)) for name, items in panels.items()]


def over_checkerboard(run: Path, index: int) -> np.ndarray:
    """The foreground of one frame of the chain's output over a checkerboard."""
    foreground = frame_at(run / "foreground.mp4", index)
    alpha = frame_at(run / "alpha.mp4", index)[..., 0].astype(np.float32) / 255
    height, width = alpha.shape
    return blend(foreground, alpha, checkerboard(width, height))


def checkerboard(width: int, height: int) -> np.ndarray:
    """Grey squares, uint8 RGB, to show transparency on."""
    y, x = np.mgrid[:height, :width] // 16
    return np.repeat(np.where((x + y) % 2, 200, 150).astype(np.uint8)[..., None], 3, axis=2)


def side_by_side(panels: dict[str, np.ndarray]) -> np.ndarray:
    """Pictures in a row, each under its name: uint8 RGB, and values in 0..1 as grey ones."""
    columns = [_captioned(name, picture) for name, picture in panels.items()]
    gap = plain(PAPER, columns[0].shape[0], GAP)
    parts = [part for column in columns for part in (gap, column)]
    return np.hstack(parts[1:])


def _captioned(name: str, picture: np.ndarray) -> np.ndarray:
    if picture.ndim == 2:
        picture = cv2.cvtColor(to_uint8(picture), cv2.COLOR_GRAY2RGB)
    height = round(picture.shape[0] * PANEL_WIDTH / picture.shape[1])
    caption = plain(PAPER, CAPTION, PANEL_WIDTH)
    at = (2, CAPTION - 9)
    cv2.putText(caption, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
    return np.vstack([caption, resized(picture, PANEL_WIDTH, height)])


def _rvm_panels(
    clip: SyntheticClip, index: int, behind: np.ndarray, *, weights: Path
) -> dict[str, np.ndarray]:
    workflow = new_workflow("picture")
    task = add_task(workflow, RVM, {"sequence": "stream", "model_weight_file": weights})
    workflow.connect_tasks(workflow.root(), task, [(port, port) for port in Input])
    workflow.set_image_input(array=np.zeros((8, 8, 3), np.uint8), index=Input.SOURCE)
    workflow.set_image_input(array=behind, index=Input.NEW_BACKGROUND)
    source = behind
    # The network's memory settles over the first frames.
    for position in range(max(0, index - WARM_UP), index + 1):
        source = clip.frame(position)[0]
        workflow.set_image_input(array=source, index=Input.SOURCE)
        workflow.run()
    alpha, composite = (task.get_output(o).get_image() for o in (Output.ALPHA, Output.COMPOSITE))
    grey = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)
    return {"source": source, "alpha": grey, "composite": composite}


def write_jpeg(path: Path, picture: np.ndarray) -> Path:
    """Write uint8 RGB as JPEG of the best quality that stays within the READMEs' limit."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    encoded = np.empty(0, np.uint8)
    for quality in (92, 85, 75, 60):
        encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        if encoded.size <= MOST_BYTES:
            break
    return write_bytes(path, encoded.tobytes())
