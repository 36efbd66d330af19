"""A part of a video: the right frames, the right size, sound in step, numbers kept."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from plugin_kit.video import VideoInfo, VideoReader, can_seek, time_of_frame
from workflows.media.numbering import missing_numbers, picture_numbers
from workflows.media.selection import Selection, fitted_size
from workflows.media.sound import Sound
from workflows.media.source import source_info, source_reader
from workflows.media.video_writer import VideoSink

RATE = Fraction(25)
FRAMES = 100
BEEP = 3.2


@pytest.fixture(scope="module", params=[".mp4", ".avi"])
def video(request, tmp_path_factory):
    """100 frames of grey 2 i, a key frame every 10, reordered; a beep from 3.2 s to 3.4 s."""
    path = tmp_path_factory.mktemp("selection") / f"clip{request.param}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.gop_size = 10
        sound = container.add_stream("mp3" if path.suffix == ".avi" else "aac", rate=48000)
        sound.codec_context.layout = "mono"
        for index in range(FRAMES):
            picture = np.full((64, 96, 3), 2 * index, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
        time = np.arange(4 * 48000) / 48000
        tone = np.sin(6283 * time) * ((time >= BEEP) & (time < BEEP + 0.2))
        whole = av.AudioFrame.from_ndarray(tone[None].astype(np.float32), "fltp", "mono")
        whole.sample_rate, whole.pts = 48000, 0
        resampler = av.AudioResampler(sound.format.name, "mono", 48000, sound.frame_size)
        for part in (*resampler.resample(whole), *resampler.resample(None)):
            container.mux(sound.encode(part))
        container.mux(stream.encode(None))
        container.mux(sound.encode(None))
    return path


def greys(path, **selection):
    """Which frames are read, by their brightness."""
    reader = source_reader(source_info(path, Selection(**selection)))
    return [round(float(frame.image.mean()) / 2) for frame in reader]


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        ("27f", "31f", range(27, 31)),
        ("1.08", "1.24", range(27, 31)),
        ("0:00:01.05", "31f", range(27, 31)),
        (None, "2f", range(2)),
        ("98f", None, range(98, 100)),
        ("3.9", "1:00", range(98, 100)),
        ("98f", "500f", range(98, 100)),
    ],
)
def test_the_chosen_frames_are_read(video, start, end, wanted):
    assert greys(video, start=start, end=end) == list(wanted)
    info = source_info(video, Selection(start, end))
    assert abs(info.frame_count - len(wanted)) <= 1
    assert info.start - VideoInfo.from_path(video).start == Fraction(wanted[0], 25)


def test_a_video_with_times_is_sought_and_not_read_through(video):
    info = VideoInfo.from_path(video)
    if video.suffix == ".avi":
        assert time_of_frame(video, 50) is None
        return
    time = time_of_frame(video, 50)
    assert time * info.time_base - info.start == 2
    assert can_seek(video, time)
    reader = VideoReader(info, begin=time)
    assert next(iter(reader)).pts == time


@pytest.mark.parametrize(
    ("selection", "named"),
    [
        ({"start": "100f"}, "--start 100f is behind the end of"),
        ({"start": "4"}, "--start 4 is behind the end of"),
        ({"start": "2", "end": "10f"}, "--end 10f leaves no frame of"),
        ({"end": "0"}, "--end 0 leaves no frame of"),
    ],
)
def test_what_a_video_has_not_is_refused(video, selection, named):
    with pytest.raises(ValueError, match=named):
        source_info(video, Selection(**selection))


@pytest.mark.parametrize(
    ("selection", "named"),
    [
        ({"start": "soon"}, "--start 'soon' is no time"),
        ({"end": "-1"}, "--end '-1' is no time"),
        ({"start": "1:00", "end": "59"}, "--end 59 is not after --start 1:00"),
        ({"start": "9f", "end": "9f"}, "--end 9f is not after --start 9f"),
        ({"size": "large"}, "--size 'large' is no size"),
        ({"size": "0%"}, "--size '0%' leaves no picture"),
    ],
)
def test_what_says_nothing_is_refused_before_any_file_is_read(selection, named):
    with pytest.raises(ValueError, match=named):
        Selection(**selection).check()


@pytest.mark.parametrize(
    ("text", "size", "wanted"),
    [
        ("1280x720", (1920, 1080), (1280, 720)),
        ("1280x720", (1080, 1920), (404, 720)),
        ("720p", (1920, 1080), (1280, 720)),
        ("720p", (1080, 1920), (720, 1280)),
        ("50%", (1921, 1081), (960, 540)),
        ("1080p", (1280, 720), (1280, 720)),
        ("200%", (255, 143), (255, 143)),
    ],
)
def test_a_size_is_fitted_and_never_larger(text, size, wanted):
    assert fitted_size(text, *size) == wanted


def test_frames_are_scaled_and_what_would_enlarge_is_told(video):
    info = source_info(video, Selection(start="98f", size="50%"))
    assert (info.width, info.height) == (48, 32)
    assert {frame.image.shape for frame in source_reader(info)} == {(32, 48, 3)}
    reader = source_reader(source_info(video, Selection(size="720p")))
    assert any("would enlarge it: it stays" in warning for warning in reader.warnings)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_sound_stays_in_step_and_ends_with_the_picture(video, tmp_path, suffix):
    info = source_info(video, Selection("3.0", "3.6"))
    sound = Sound.of(video, suffix, info.start, info.seconds)
    codec = {".mp4": "h264", ".webm": "webm"}[suffix]
    path = tmp_path / f"part{suffix}"
    with VideoSink(path, 96, 64, RATE, 1 / RATE, codec=codec, sound=sound) as sink:
        for index, frame in enumerate(source_reader(info)):
            sink.write(frame.image, index)
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
        rate = frames[0].sample_rate
        samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
        begins = float(frames[0].pts * frames[0].time_base)
    if samples.dtype == np.int16:
        samples = samples / 32768
    loud = np.flatnonzero(np.abs(samples) > 0.3) / rate + begins
    # As in the whole of this AVI file, whose pictures are stored two frames late.
    late = 0.05 if video.suffix == ".avi" else 0
    assert loud[0] + late == pytest.approx(0.2, abs=0.02)
    assert loud[-1] + late == pytest.approx(0.4, abs=0.02)
    assert len(samples) / rate + begins == pytest.approx(0.6, abs=0.1)


def test_pictures_go_by_their_numbers_and_gaps_are_told(tmp_path):
    for number in (8, 9, 10, 13, 14, 20):
        cv2.imwrite(str(tmp_path / f"shot_{number}.png"), np.full((6, 8, 3), number, np.uint8))
    info = source_info(tmp_path, Selection("9f", "14f"))
    assert info.numbers == (9, 10, 13)
    reader = source_reader(info)
    assert [int(frame.image[0, 0, 0]) for frame in reader] == [9, 10, 13]
    assert any("no pictures are numbered 11 to 12" in warning for warning in reader.warnings)
    seconds = source_info(tmp_path, Selection("0.08", None))
    assert seconds.numbers == (10, 13, 14, 20)
    with pytest.raises(ValueError, match=r"--start 21f leave no picture .* numbered 8 to 20"):
        source_info(tmp_path, Selection("21f"))


@pytest.mark.parametrize(
    ("names", "numbers", "missing"),
    [
        (["a1", "a2", "a4"], (1, 2, 4), "3"),
        (["000000", "000010", "000020"], (0, 10, 20), ""),
        (["000000", "000010", "000040"], (0, 10, 40), "20 to 30"),
        (["1660000001", "1660000012", "1660000029"], (1660000001, 1660000012, 1660000029), ""),
        (["left", "right"], (), ""),
        (["a1", "b2"], (), ""),
        (["take2_0001", "take2_0002"], (1, 2), ""),
    ],
)
def test_numbers_in_names(names, numbers, missing):
    found = picture_numbers([Path(f"{name}.png") for name in names])
    assert found == numbers
    assert missing_numbers(found) == (f"no pictures are numbered {missing}" if missing else "")


def test_png_files_keep_the_numbers(tmp_path):
    picture = np.zeros((4, 6, 3), np.uint8)
    given = {"codec": "png", "numbers": (8, 10, 1234567)}
    with VideoSink(tmp_path / "out", 6, 4, RATE, 1 / RATE, **given) as sink:
        for index in range(3):
            sink.write(picture, index)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["000008.png", "000010.png", "1234567.png"]
