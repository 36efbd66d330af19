"""Video in and out: timestamps, colours, sound, odd sources, and nothing half-written."""

import errno
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from plugin_kit.video import VideoError, VideoInfo, VideoReader
from workflows.media.codecs import CODECS
from workflows.media.sound import Sound
from workflows.media.video_writer import VideoSink

RATE = Fraction(25)
TICK = Fraction(1, 12800)


def picture(height: int, width: int, index: int = 0, channels: int = 3) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    planes = [(x * 3 + index * 5), (y * 2 + index), (x + y), np.full_like(x, 200)]
    image = np.stack(planes[:channels], axis=-1).astype(np.uint8)
    return image[..., 0].copy() if channels == 1 else image


def write_clip(path, images, *, pts=None, **options):
    height, width = images[0].shape[:2]
    channels = 1 if images[0].ndim == 2 else images[0].shape[2]
    with VideoSink(path, width, height, RATE, TICK, channels=channels, **options) as sink:
        for index, image in enumerate(images):
            sink.write(image, pts[index] if pts else index * 512)
    return path


def write_raw(path, images, pixel_format, encoder="ffv1", source_format="rgb24"):
    """Write with PyAV alone, for sources that our own writer does not make."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=25)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pixel_format
        for image in images:
            frame = av.VideoFrame.from_ndarray(image, format=source_format)
            container.mux(stream.encode(frame.reformat(format=pixel_format)))
        container.mux(stream.encode(None))
    return path


def read(path):
    reader = VideoReader(VideoInfo.from_path(path))
    return list(reader), reader


@pytest.mark.parametrize("codec", ["ffv1", "png"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lossless_codecs_return_the_same_picture(tmp_path, codec, channels):
    path = tmp_path / f"clip{CODECS[codec].suffix}"
    image = picture(36, 52, channels=channels)
    write_clip(path, [image], codec=codec)
    source = path / "000000.png" if codec == "png" else path
    with av.open(str(source)) as container:
        frame = next(container.decode(video=0))
        back = frame.to_ndarray(format={1: "gray", 3: "rgb24", 4: "rgba"}[channels])
    np.testing.assert_array_equal(back, image)


def test_prores_keeps_alpha_within_a_level(tmp_path):
    path = write_clip(tmp_path / "clip.mov", [picture(64, 96, channels=4)], codec="prores")
    with av.open(str(path)) as container:
        alpha = next(container.decode(video=0)).to_ndarray(format="rgba")[..., 3]
    assert np.abs(alpha.astype(int) - 200).max() <= 1


@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
def test_h264_keeps_size_count_and_colours(tmp_path, size):
    flat = [np.full((*size, 3), (180, 60, 90), np.uint8)] * 5
    frames, reader = read(write_clip(tmp_path / "clip.mp4", flat, crf=4))
    assert reader.frames_read == 5
    assert frames[0].image.shape == (*size, 3)
    assert np.abs(frames[2].image.astype(int) - flat[0]).mean() < 2


def test_h264_of_textured_and_of_soft_pictures_is_visually_lossless(tmp_path):
    rng = np.random.default_rng(7)
    texture = cv2.GaussianBlur(rng.normal(0, 1, (240, 320)).astype(np.float32), (0, 0), 1.5)
    grey = cv2.normalize(texture, None, 20, 235, cv2.NORM_MINMAX).astype(np.uint8)
    colour = cv2.applyColorMap(cv2.GaussianBlur(grey, (0, 0), 4), cv2.COLORMAP_PINK)
    ramp = np.repeat(np.linspace(0, 255, 320)[None].astype(np.uint8), 240, axis=0)
    for name, image in (("colour", colour), ("matte", ramp)):
        moving = [np.roll(image, 3 * index, axis=1) for index in range(10)]
        frames, _ = read(write_clip(tmp_path / f"{name}.mp4", moving))
        back = np.stack([frame.image for frame in frames]).astype(float)
        error = (back - np.stack(moving).reshape(*back.shape[:3], -1)) ** 2
        assert 10 * np.log10(255**2 / error.mean()) > 40, name


def test_variable_frame_rate_is_kept(tmp_path):
    times = [0, 512, 1024, 4096, 4608, 9216]
    images = [picture(32, 48, i) for i in range(6)]
    path = write_clip(tmp_path / "clip.mp4", images, pts=times)
    frames, reader = read(path)
    seconds = [frame.pts * reader.info.time_base for frame in frames]
    assert seconds == [Fraction(t, 12800) for t in times]


@pytest.mark.parametrize("codec", ["h264", "ffv1", "prores"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_shape_of_pixels_and_the_colours_are_told(tmp_path, codec, channels):
    path, aspect = tmp_path / f"a{CODECS[codec].suffix}", Fraction(40, 33)
    images = [picture(240, 352, index, channels) for index in range(3)]
    write_clip(path, images, codec=codec, pixel_aspect=aspect, colours=(9, 14))
    info = VideoInfo.from_path(path)
    assert (info.pixel_aspect, info.primaries, info.transfer) == (aspect, 9, 14)
    assert len(read(path)[0]) == 3


def test_the_last_frame_is_held_even_where_another_is_stored_last(tmp_path):
    with VideoSink(tmp_path / "a.mp4", 48, 32, RATE, TICK) as sink:
        for index, duration in enumerate((512, 512 * 5, 512)):
            sink.write(picture(32, 48, index), 512 * index, duration)
    frames, _ = read(tmp_path / "a.mp4")
    assert frames[-1].pts + frames[-1].duration == 512 * 6


def test_a_colon_in_a_relative_name_is_no_protocol(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_clip("take:1.mp4", [picture(32, 48)])
    assert len(read("take:1.mp4")[0]) == 1


def test_sound_is_passed_on_in_step(tmp_path):
    source = tmp_path / "sound.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        stream.layout = "mono"
        for index in range(60):
            samples = np.sin(np.arange(1024) * 0.05 + index)[None].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, index * 1024
            frame.time_base = Fraction(1, 48000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    images = [picture(32, 48, i) for i in range(30)]
    path = write_clip(tmp_path / "clip.mp4", images, sound=Sound.of(source, ".mp4"))
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        sound = [p for p in container.demux(audio=0) if p.dts is not None]
    assert len(sound) >= 60
    assert float(sound[-1].pts * sound[-1].time_base) == pytest.approx(59 * 1024 / 48000, abs=0.03)
    assert len(read(path)[0]) == 30


@pytest.mark.parametrize(
    ("pixel_format", "source_format", "warning"),
    [
        ("gray", "rgb24", None),
        ("yuv420p10le", "rgb24", "10 bits"),
        ("bgra", "rgba", "alpha channel is ignored"),
    ],
)
def test_unusual_sources_become_rgb(tmp_path, pixel_format, source_format, warning):
    channels = 4 if source_format == "rgba" else 3
    images = [picture(32, 48, i, channels) for i in range(3)]
    frames, reader = read(
        write_raw(tmp_path / "clip.mkv", images, pixel_format, "ffv1", source_format)
    )
    assert [f.image.shape for f in frames] == [(32, 48, 3)] * 3
    assert frames[0].image.dtype == np.uint8
    assert (warning is None and not reader.warnings) or warning in " ".join(reader.warnings)


def test_truncated_file_gives_what_can_be_decoded(tmp_path):
    path = write_clip(tmp_path / "clip.mkv", [picture(64, 96, i) for i in range(40)], codec="ffv1")
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, _ = read(cut)
    assert 5 < len(frames) < 40


@pytest.mark.parametrize("content", [b"", b"this is no video at all" * 50])
def test_no_video_is_refused_by_name(tmp_path, content):
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r"broken\.mp4"):
        VideoInfo.from_path(path)


def test_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.mp4"):
        VideoInfo.from_path(tmp_path / "nowhere.mp4")


def test_size_change_in_mid_file_is_refused_with_the_frame(tmp_path):
    small, large = tmp_path / "a.ts", tmp_path / "b.ts"
    write_raw(small, [picture(64, 96, i) for i in range(5)], "yuv420p", "mpeg2video")
    write_raw(large, [picture(96, 128, i) for i in range(5)], "yuv420p", "mpeg2video")
    joined = tmp_path / "joined.ts"
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    with pytest.raises(VideoError, match="128x96"):
        read(joined)


def test_an_error_inside_leaves_neither_file_nor_part(tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        VideoSink(tmp_path / "clip.mp4", 48, 32, RATE, TICK) as sink,
    ):
        sink.write(picture(32, 48), 0)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_an_old_output_survives_a_failed_new_one(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", [picture(32, 48)])
    old = path.read_bytes()
    with pytest.raises(ValueError, match="48x32"), VideoSink(path, 48, 32, RATE, TICK) as sink:
        sink.write(picture(16, 16), 0)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_is_reported_and_cleaned_up(tmp_path, monkeypatch):
    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    sink = VideoSink(tmp_path / "clip.mp4", 48, 32, RATE, TICK)
    monkeypatch.setattr(sink, "_write_stream", no_space)
    with pytest.raises(OSError, match="No space left"), sink:
        for index in range(20):
            sink.write(picture(32, 48), index * 512)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("codec", ["h264", "ffv1", "prores", "png"])
def test_a_write_that_really_fails_is_reported_and_cleaned_up(tmp_path, codec):
    resource = pytest.importorskip("resource")
    noise = np.random.default_rng(0).integers(0, 255, (12, 64, 96, 3), dtype=np.uint8)
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            write_clip(tmp_path / f"clip{CODECS[codec].suffix}", noise, codec=codec)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["601_lim_tag", "601_full_tag", "709_lim_tag", "709_full_tag"])
def test_tagged_colours_are_read_right(shared, name):
    cases = shared / "data" / "decoder_cases"
    truth = np.load(cases / "flat_rgb.npy").astype(int)
    frames, _ = read(cases / f"flat_{name}.mp4")
    assert np.abs(frames[0].image - truth).mean() < 1


def test_header_that_promises_too_much_is_reported(shared):
    _, reader = read(shared / "data" / "decoder_cases" / "mpeg4_750hdr_748dec.avi")
    assert reader.frames_read == 748
    assert "promises 750" in reader.warnings[0]


def test_sound_of_a_real_clip_is_kept(shared, tmp_path):
    source = shared / "data" / "matting" / "people_720p.mp4"
    path = write_clip(
        tmp_path / "c.mp4",
        [picture(32, 48, i) for i in range(60)],
        sound=Sound.of(source, ".mp4"),
    )
    with av.open(str(path)) as ours, av.open(str(source)) as theirs:
        assert len(ours.streams.audio) == len(theirs.streams.audio) == 1
