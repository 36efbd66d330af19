"""The options of the motion chain, and what they make of the tasks' parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


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
