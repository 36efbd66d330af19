"""``--preview``: ten moments of a video on one sheet, to be judged before the long run.

The whole chain works on three frames in a row at each moment, since networks that remember the
frame before need some; the third is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import cv2
import numpy as np

from plugin_kit.picture_files import write_picture
from plugin_kit.pictures import blend
from plugin_kit.video import Frame
from workflows.matting.job import VideoJob
from workflows.media.bursts import BurstReader
from workflows.media.prefetch import prefetch
from workflows.media.source import scaled
from workflows.screen import counting_bar

SHEET = "preview"
MOMENTS, FRAMES_A_MOMENT = 10, 3
COLUMNS = ("source", "alpha", "composite")
# The longer side of each picture, and what stands above a row.
CELL_SIDE, LABEL_HEIGHT, GAP = 420, 22, 6
PAPER, INK = 34, (225, 225, 225)
CHECKER_SIDE, CHECKER_LEVELS = 12, (150, 205)


@dataclass(frozen=True)
class PreviewJob(VideoJob):
    """A job whose only output is a sheet.

    Attributes:
        shown: Pictures uint8 RGB (h, w, 3) by their names, by the time of their frame in ticks.
    """

    shown: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)

    def frames(self, label: str) -> Iterator[Frame]:
        """The frames of all moments; the video begins at 0."""
        reader = BurstReader(self.info, MOMENTS, FRAMES_A_MOMENT)
        start = round(self.info.start / self.info.time_base)
        with counting_bar(self.options.quiet) as progress:
            bar = progress.add_task(label, total=reader.expected)
            for frame, is_shown in prefetch(reader):
                at = frame.pts - start
                if is_shown:
                    self.show(at, "source", frame.image)
                self.clock.seconds = at * self.info.time_base
                yield replace(frame, pts=at)
                progress.advance(bar)
            progress.update(bar, total=reader.frames_read)
        self.report.frames = reader.frames_read
        for warning in reader.warnings:
            self.report.warn(warning)

    def first_frames(self) -> list[np.ndarray]:
        """None: each moment has frames before the one that is shown."""
        return []

    def show(self, at: int, name: str, image: np.ndarray) -> None:
        """Put a picture, uint8 with 1, 3 or 4 channels, on the sheet."""
        self.shown.setdefault(at, {})[name] = _opaque(scaled(image, self._cell))

    def open_sinks(self, channels: Mapping[str, int]) -> dict[str, Any]:
        """What keeps the pictures of the frames that are shown."""
        return {name: _Shown(self, name) for name in channels if name in COLUMNS}

    def write_picture(self, name: str, image: np.ndarray) -> None:
        """Nothing but the sheet is written."""

    def finish(self) -> None:
        """Write the sheet."""
        base = self.info.time_base
        rows = [(float(at * base), pictures) for at, pictures in sorted(self.shown.items())]
        complete = [(at, [p[c] for c in COLUMNS]) for at, p in rows if set(COLUMNS) <= set(p)]
        write_picture(self._named(SHEET, ".png"), contact_sheet(complete))

    @property
    def _cell(self) -> tuple[int, int]:
        """The size of each picture, in square pixels."""
        width, height = self.info.width * self.info.pixel_aspect, self.info.height
        scale = min(1, CELL_SIDE / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass
class _Shown:
    """Takes an output's pictures as a :class:`VideoSink` does, and keeps those that are shown."""

    job: PreviewJob
    name: str
    warnings: tuple[str, ...] = ()

    def __enter__(self) -> _Shown:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""

    def write(self, image: np.ndarray, pts: int, duration: int = 0) -> None:
        if pts in self.job.shown:
            self.job.show(pts, self.name, image)


def contact_sheet(rows: list[tuple[float, list[np.ndarray]]]) -> np.ndarray:
    """All rows on one sheet, uint8 RGB, in two columns of rows where pictures are wide.

    Args:
        rows: When a frame is shown, in seconds, and its pictures, uint8 RGB of one size.

    Raises:
        ValueError: There is none.
    """
    if not rows:
        raise ValueError("the video is over before the first moment of a preview")
    height, width = rows[0][1][0].shape[:2]
    blocks = 2 if width > height and len(rows) > 1 else min(len(rows), 3)
    lines = -(-len(rows) // blocks)
    block_width = len(COLUMNS) * (width + GAP) + GAP
    line_height = LABEL_HEIGHT + height + GAP
    sheet = np.full((lines * line_height, blocks * block_width, 3), PAPER, np.uint8)
    for index, (seconds, pictures) in enumerate(rows):
        block, line = divmod(index, lines)
        top = line * line_height
        for column, picture in enumerate(pictures):
            left = block * block_width + GAP + column * (width + GAP)
            text = COLUMNS[column] if column else f"{clock(seconds)}  {COLUMNS[0]}"
            place = (left, top + LABEL_HEIGHT - 6)
            cv2.putText(sheet, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
            below = top + LABEL_HEIGHT
            sheet[below : below + height, left : left + width] = picture
    return sheet


def clock(seconds: float) -> str:
    """``1:02:03.4``, without hours where there are none."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{rest / 10:04.1f}"


def _opaque(image: np.ndarray) -> np.ndarray:
    """uint8 RGB: grey as grey, what is transparent before a checker board."""
    if image.ndim == 2:
        return np.repeat(image[..., None], 3, axis=2)
    if image.shape[2] == 3:
        return image
    y, x = np.indices(image.shape[:2]) // CHECKER_SIDE
    board = np.where((x + y) % 2, *CHECKER_LEVELS).astype(np.uint8)
    colours = np.ascontiguousarray(image[..., :3])
    behind = np.repeat(board[..., None], 3, axis=2)
    return blend(colours, image[..., 3].astype(np.float32) / 255, behind)
