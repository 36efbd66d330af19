"""Masks of a video's people: kept aside until it is known who is wanted, then written."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from ..infer_people_kit.picture_files import write_picture
from ..people_finding import FramePeople

FAST = 1


class MaskSpool:
    """The masks of each frame's people in a temporary file, cut to where they are not 0."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by __exit__)
        self._places: list[dict[int, tuple[int, int, tuple[int, int, int, int]]]] = []
        self._shape = (0, 0)

    def __enter__(self) -> MaskSpool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, people: FramePeople) -> None:
        """Keep the masks of the next frame.

        Raises:
            ValueError: They have none.
        """
        if people.masks is None:
            raise ValueError("these people have no masks: set masks to True")
        self._shape = people.masks.shape[1:]
        places = {}
        for identity, mask in zip(people.identities, people.masks, strict=True):
            left, top, width, height = cv2.boundingRect(mask)
            packed = zlib.compress(mask[top : top + height, left : left + width].tobytes(), FAST)
            places[int(identity)] = (
                self._file.tell(),
                len(packed),
                (left, top, width, height),
            )
            self._file.write(packed)
        self._places.append(places)

    def merged(self, wanted: Iterable[Sequence[int] | np.ndarray]) -> Iterator[np.ndarray]:
        """For each frame the alpha of the identities that are wanted in it: uint8 (H, W)."""
        for places, identities in zip(self._places, wanted, strict=True):
            mask = np.zeros(self._shape, np.uint8)
            for identity in identities:
                start, length, (left, top, width, height) = places[int(identity)]
                self._file.seek(start)
                packed = np.frombuffer(zlib.decompress(self._file.read(length)), np.uint8)
                part = mask[top : top + height, left : left + width]
                np.maximum(part, packed.reshape(height, width), out=part)
            yield mask


def write_mask_video(
    path: Path, masks: Iterable[np.ndarray], pts: Sequence[int], *, rate: Fraction, base: Fraction
) -> None:
    """Write masks uint8 (H, W) as a lossless grey video (FFV1), times kept.

    Args:
        path: Ends with ``.mkv``.
        masks: One a frame, all of one size.
        pts: When each is shown, in ticks of ``base``.
        rate: Frames a second, on average.
        base: Seconds a tick.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="matroska") as container:
        stream: VideoStream | None = None
        for mask, time in zip(masks, pts, strict=True):
            if stream is None:
                stream = cast(VideoStream, container.add_stream("ffv1", rate=rate))
                stream.height, stream.width = mask.shape
                stream.pix_fmt = "gray"
                stream.codec_context.time_base = base
            frame = av.VideoFrame.from_ndarray(mask, format="gray")
            frame.pts, frame.time_base = time, base
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))


def write_mask_pictures(folder: Path, masks: Iterable[np.ndarray]) -> None:
    """Write masks uint8 (H, W) as ``000000.png``, ``000001.png`` … into ``folder``."""
    for index, mask in enumerate(masks):
        write_picture(folder / f"{index:06d}.png", mask)
