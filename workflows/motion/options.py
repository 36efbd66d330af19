"""The options of the motion chain, and what they make of the tasks' parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# What messages of the tasks call parameters, and the command's options for them.
WORDS = (
    (r"\bup_axis=(keep|y|z)\b", r"--up \1"),
    (r"\b(sync|mode|scale|fps|units)=([\w.:]+)", r"--\1 \2"),
    (r"\b(set|use|lower|raise|check) (fps|units|skeleton|scale|sync|mode|gender)\b", r"\1 --\2"),
    (r"\bset convention\b", "set --skeleton"),
    *(
        (rf"(?<![-\w]){parameter}(?!\w)", option)
        for parameter, option in {
            "keypoints_path": "--keypoints",
            "cameras_path": "--cameras",
            "output_folder": "--output",
            "min_confidence": "--min-confidence",
            "allow_pickle": "--allow-pickle",
            "model_file": "--body",
            "video_path": "--video",
            "up_axis": "--up-axis",
        }.items()
    ),
)


def in_options(text: str) -> str:
    """A task's message in the words of the command.

    Example:
        >>> in_options("raise min_confidence, set units, or sync=auto")
        'raise --min-confidence, set --units, or --sync auto'
    """
    for pattern, option in WORDS:
        text = re.sub(pattern, option, text)
    return text


@dataclass(frozen=True)
class MotionOptions:
    """What the chain is to do.

    Attributes:
        keypoints: A detector's files.
        output: The folder for everything that is written.
        cameras: A calibration; None: they are estimated.
        videos: Of the cameras, in their order.
        triangulation, fit: Further parameters of the two tasks.
        has_preview: Whether preview.mp4 is drawn.
    """

    keypoints: Path
    output: Path
    cameras: Path | None = None
    videos: tuple[Path, ...] = ()
    triangulation: Mapping[str, object] = field(default_factory=dict)
    fit: Mapping[str, object] = field(default_factory=dict)
    has_preview: bool = True

    @property
    def triangulation_parameters(self) -> dict[str, object]:
        """All parameters of infer_multiview_triangulation."""
        skeleton = self.triangulation.get("skeleton", "auto")
        return {
            **self.triangulation,
            # The body fit has no use for keypoints of no known skeleton.
            "skeleton": "known" if skeleton == "auto" else skeleton,
            "keypoints_path": self.keypoints,
            "cameras_path": self.cameras or "",
            "output_folder": self.output,
        }

    @property
    def fit_parameters(self) -> dict[str, object]:
        """All parameters of infer_smpl_fit."""
        video = {"video_path": self.videos[0]} if self.videos else {}
        return {**self.fit, "output_folder": self.output, **video}


def check_options(options: MotionOptions) -> None:
    """Refuse inputs that are not there.

    Raises:
        FileNotFoundError: The text names the path.
    """
    for path in (options.keypoints, options.cameras, *options.videos):
        if path is not None and not path.exists():
            raise FileNotFoundError(f"there is no {path}")
