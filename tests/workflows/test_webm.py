"""Transparent WebM: VP9 with alpha, as browsers and ffmpeg read it."""

import shutil
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest

from plugin_kit.video import VideoInfo
from workflows.media.video_writer import VideoSink

RATE = Fraction(25)


def soft_disc(height, width, index):
    """RGBA (H, W, 4): a red disc with a soft edge that moves, on what is transparent and black."""
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(x - width / 2 - 2 * index, y - height / 2)
    alpha = np.clip((height / 4 - distance) / 8 + 0.5, 0, 1)
    colour = np.where(alpha[..., None] > 0, (200, 60, 40), (0, 0, 0))
    return np.dstack([colour, np.rint(alpha * 255)]).astype(np.uint8)


def write(path, size, frames=6, **given):
    height, width = size
    with VideoSink(path, width, height, RATE, 1 / RATE, codec="webm", channels=4, **given) as sink:
        for index in range(frames):
            sink.write(soft_disc(height, width, index), index)
    return path


def decoded(path):
    """RGBA frames, and their times in seconds; FFmpeg's own VP9 decoder knows no alpha."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        frames = [f for packet in container.demux(stream) for f in decoder.decode(packet)]
        times = [float(frame.pts * stream.time_base) for frame in frames]
    return [frame.to_ndarray(format="rgba") for frame in frames], times


@pytest.mark.parametrize("size", [(96, 160), (95, 161)])
def test_alpha_and_colours_come_back(tmp_path, size):
    frames, times = decoded(write(tmp_path / "disc.webm", size))
    assert times == pytest.approx([index / 25 for index in range(6)], abs=0.002)
    for index, frame in enumerate(frames):
        wanted = soft_disc(*size, index)
        assert np.abs(frame[..., 3].astype(int) - wanted[..., 3]).mean() < 2
        solid = wanted[..., 3] == 255
        assert np.abs(frame[solid][:, :3].astype(int) - (200, 60, 40)).mean() < 4


def test_players_are_told_of_the_alpha_and_the_shape_of_pixels(tmp_path):
    path = write(tmp_path / "disc.webm", (64, 96), pixel_aspect=Fraction(4, 3))
    with av.open(str(path)) as container:
        assert container.streams.video[0].metadata.get("alpha_mode") == "1"
    assert VideoInfo.from_path(path).pixel_aspect == Fraction(4, 3)


def test_quality_changes_the_size(tmp_path):
    sizes = [write(tmp_path / f"{crf}.webm", (96, 160), crf=crf).stat().st_size for crf in (4, 40)]
    assert sizes[0] > sizes[1]


@pytest.mark.parametrize("channels", [1, 3])
def test_mattes_and_colours_go_without_alpha(tmp_path, channels):
    image = soft_disc(63, 97, 0)[..., :3] if channels == 3 else soft_disc(63, 97, 0)[..., 3]
    image = np.ascontiguousarray(image)
    path = tmp_path / "plain.webm"
    with VideoSink(path, 97, 63, RATE, 1 / RATE, codec="webm", channels=channels) as sink:
        sink.write(image, 0)
    with av.open(str(path)) as container:
        back = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    wanted = image if channels == 3 else np.repeat(image[..., None], 3, axis=2)
    assert np.abs(back - wanted).mean() < 3


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_ffmpeg_sees_the_alpha(tmp_path):
    path = write(tmp_path / "disc.webm", (96, 160))
    command = ["ffmpeg", "-v", "error", "-c:v", "libvpx-vp9", "-i", str(path)]
    command += ["-f", "rawvideo", "-pix_fmt", "rgba", "-frames:v", "1", "-"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    frame = np.frombuffer(done.stdout, np.uint8).reshape(96, 160, 4)
    assert np.abs(frame[..., 3].astype(int) - soft_disc(96, 160, 0)[..., 3]).mean() < 2
