"""Video out: H.264, VP9, FFV1, ProRes 4444 or PNG files, timestamps kept, never half-written."""

from __future__ import annotations

import queue
import shutil
import threading
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from plugin_kit.picture_files import write_picture
from plugin_kit.video import EXACT_COLOURS, HD_LINES, MOST_REORDERED, UNTAGGED
from workflows.media import matroska
from workflows.media.codecs import CODECS, DEFAULT_CRF
from workflows.media.sound import FORMATS, PassedSound, Sound

QUEUE_FRAMES = 4
PATIENCE_SECONDS = 0.2
LIMITED_RANGE = np.rint(16 + np.arange(256) * (219 / 255)).astype(np.uint8)
NEUTRAL_CHROMA = 128
# Seconds for which the last frame may be shown; what damaged files say would break the writing.
LONGEST_HELD = 600
# The tags of BT.709 and of BT.601's 525 lines, by FFmpeg's numbers; PyAV names only some.
TAGS = {Colorspace.ITU709: 1, Colorspace.ITU601: 6}
# A picture, when it is shown, and how long.
QueuedFrame = tuple[np.ndarray, int, int]


class VideoSink:
    """Write frames to one file (or, as ``png``, one folder), in a thread of its own.

    The file appears under its name only when the ``with`` block ends without an error; until
    then it is ``.<name>.<hex>.part`` beside it, which an error or an interruption removes.

    Args:
        path: Its ending is the codec's.
        width, height: Of the pictures.
        rate: Frames a second, on average.
        time_base: Seconds a tick of the timestamps.
        codec: One of :data:`CODECS`.
        channels: 1, 3 or 4.
        crf: Of h264 and webm: 0 best, 51 worst.
        pixel_aspect: Width over height of one pixel.
        colours: FFmpeg's numbers of primaries and transfer; 2: those that go with the size.
        sound: What goes along; None: no sound.
        numbers: Of the ``png`` files, in their order; without them they are counted from 0.

    Attributes:
        warnings: What was odd about the sound, once all is written.

    Example:
        >>> with VideoSink("alpha.mp4", 1280, 720, Fraction(25), Fraction(1, 12800)) as sink:
        ...     sink.write(alpha, pts=0)  # doctest: +SKIP
    """

    def __init__(
        self,
        path: str | Path,
        width: int,
        height: int,
        rate: Fraction,
        time_base: Fraction,
        *,
        codec: str = "h264",
        channels: int = 3,
        crf: int = DEFAULT_CRF,
        pixel_aspect: Fraction = Fraction(1),
        colours: tuple[int, int] = (UNTAGGED, UNTAGGED),
        sound: Sound | None = None,
        numbers: Sequence[int] = (),
    ) -> None:
        self.path = Path(path)
        self.channels = channels
        self._codec = CODECS[codec]
        self._part = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex[:12]}.part")
        self._size = (width, height)
        self._rate, self._time_base, self._crf = rate, time_base, crf
        self._pixel_aspect, self._colours, self._sound = pixel_aspect, colours, sound
        self._numbers = numbers
        self._frames: queue.Queue[QueuedFrame | None] = queue.Queue(QUEUE_FRAMES)
        self.warnings: list[str] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._encode, daemon=True)

    def __enter__(self) -> VideoSink:
        self._thread.start()
        return self

    def write(self, image: np.ndarray, pts: int, duration: int = 0) -> None:
        """Queue one uint8 picture, (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, for encoding.

        The array must not be changed afterwards.

        Args:
            image: The picture.
            pts: When it is shown, in ticks.
            duration: How long, which counts for the last one; 0 leaves that to the file's format.

        Raises:
            ValueError: The picture has another size or number of channels than the sink.
            OSError: The disk is full, or the file cannot be written.
        """
        channels = 1 if image.ndim == 2 else image.shape[2]
        if image.shape[1::-1] != self._size or channels != self.channels:
            raise ValueError(
                f"{self.path.name} takes {self._size[0]}x{self._size[1]} pictures of "
                f"{self.channels} channels, not {image.shape}"
            )
        self._put((image, pts, duration))
        if self._error is not None:
            raise self._error

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is None:
            self._put(None)
        else:
            self._error = self._error or RuntimeError("abandoned")
        self._thread.join()
        if self._error is not None:
            _remove(self._part)
            if kind is None:
                raise self._error
            return
        if self._part.is_dir():
            _remove(self.path)
        self._part.replace(self.path)

    def _put(self, item: QueuedFrame | None) -> None:
        """Hand over as soon as there is room; not where an error ended the encoding."""
        while self._error is None:
            with suppress(queue.Full):
                return self._frames.put(item, timeout=PATIENCE_SECONDS)

    def _queued(self) -> Iterator[QueuedFrame]:
        while self._error is None:
            with suppress(queue.Empty):
                if (item := self._frames.get(timeout=PATIENCE_SECONDS)) is None:
                    return
                yield item

    def _encode(self) -> None:
        try:
            if self._codec.encoder == "png":
                self._write_pictures()
            else:
                self._write_stream()
        except BaseException as error:
            self._error = self._error or error

    def _write_pictures(self) -> None:
        self._part.mkdir(parents=True)
        for index, (image, *_) in enumerate(self._queued()):
            number = self._numbers[index] if self._numbers else index
            write_picture(self._part / f"{number:06d}.png", image)

    def _write_stream(self) -> None:
        width, height = self._size
        pixel_format = self._codec.pixel_format(self.channels, width % 2 == height % 2 == 0)
        container_format = FORMATS[self._codec.suffix]
        matrix = None
        if pixel_format.startswith("yuv"):
            matrix = Colorspace.ITU709 if height >= HD_LINES else Colorspace.ITU601
        options = {**self._codec.options, **self._codec.quality(self._crf)}
        # FFmpeg takes what stands before a colon for a protocol, but not in an absolute path.
        target = str(self._part.absolute())
        needs_shape = container_format in ("matroska", "webm") and self._pixel_aspect != 1
        options_of_file = matroska.OPTIONS if needs_shape else {}
        with av.open(
            target, "w", format=container_format, container_options=options_of_file
        ) as container:
            added = container.add_stream(self._codec.encoder, rate=self._rate, options=options)
            stream = cast(VideoStream, added)
            stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
            context = stream.codec_context
            context.time_base = self._time_base
            context.sample_aspect_ratio = self._pixel_aspect
            if needs_shape:
                stream.metadata["title"] = matroska.PLACEHOLDER
            self._tag(context, matrix)
            sound = PassedSound(self._sound, container) if self._sound else None
            self.warnings = sound.warnings if sound else []
            last, ends = 0, deque([0], MOST_REORDERED)
            packets: list[av.Packet] = []
            for image, pts, duration in self._queued():
                frame = _encodable(image, pixel_format, matrix)
                frame.pts, frame.time_base = pts, self._time_base
                self._tag(frame, matrix)
                if sound:
                    sound.mux_until(pts * self._time_base)
                container.mux(packets)
                packets = stream.encode(frame)
                last = pts
                ends.append(pts + duration)
            packets += stream.encode(None)
            held = min(max(ends) - last, round(LONGEST_HELD / self._time_base))
            for packet in packets:
                if packet.pts == last and held > 0:
                    packet.duration = held
            container.mux(packets)
            if sound:
                sound.mux_until(None)
        if needs_shape:
            matroska.replace_placeholder(self._part, width, height, self._pixel_aspect)

    def _tag(self, tagged: av.VideoCodecContext | av.VideoFrame, matrix: Colorspace | None) -> None:
        """Say what the colours are: the source's, and the matrix by which they become YUV."""
        usual = UNTAGGED if matrix is None else TAGS[matrix]
        primaries, transfer = (usual if tag == UNTAGGED else tag for tag in self._colours)
        tagged.color_primaries, tagged.color_trc = primaries, transfer
        if matrix is not None:
            tagged.color_range, tagged.colorspace = ColorRange.MPEG, usual


def _encodable(image: np.ndarray, pixel_format: str, matrix: Colorspace | None) -> av.VideoFrame:
    """``image`` in the encoder's format; in limited range by ``matrix`` where that is YUV."""
    is_even = image.shape[0] % 2 == image.shape[1] % 2 == 0
    if image.ndim == 2 and (pixel_format == "yuv444p" or (pixel_format == "yuv420p" and is_even)):
        return _grey_frame(image, pixel_format)
    if image.ndim == 3 and image.shape[2] == 3 and pixel_format == "yuv420p" and is_even:
        # Late, for it brings numba, which takes seconds to load.
        from workflows.media.planes import yuv420_planes

        standard = 601 if matrix == Colorspace.ITU601 else 709
        return av.VideoFrame.from_ndarray(yuv420_planes(image, standard), format=pixel_format)
    source_format = "gray" if image.ndim == 2 else {3: "rgb24", 4: "rgba"}[image.shape[2]]
    return av.VideoFrame.from_ndarray(image, format=source_format).reformat(
        format=pixel_format,
        dst_colorspace=matrix,
        dst_color_range=ColorRange.MPEG if matrix is not None else None,
        interpolation=EXACT_COLOURS,
    )


def _grey_frame(image: np.ndarray, pixel_format: str) -> av.VideoFrame:
    """Luma from a table, in a fifth of the general conversion's time."""
    height, width = image.shape
    shape = (3, height, width) if pixel_format == "yuv444p" else (height * 3 // 2, width)
    planes = np.full(shape, NEUTRAL_CHROMA, np.uint8)
    cv2.LUT(image, LIMITED_RANGE, dst=planes.reshape(-1, width)[:height])
    return av.VideoFrame.from_ndarray(planes, format=pixel_format)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
