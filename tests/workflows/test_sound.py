"""Sound that goes along: whatever its kind and however odd its times, the picture is written."""

from fractions import Fraction

import av
import numpy as np
import pytest

from workflows.media.sound import Sound
from workflows.media.video_writer import VideoSink

RATE = Fraction(25)
SECONDS = 1.0
BEEP = (0.2, 0.3)


def beep(rate, channels=1):
    """Silence but for a tone at BEEP, float32 (channels, N)."""
    time = np.arange(int(SECONDS * rate)) / rate
    tone = np.sin(2 * np.pi * 1000 * time) * ((time >= BEEP[0]) & (time < BEEP[1]))
    return np.repeat(tone[None].astype(np.float32), channels, axis=0) * 0.8


def write_sound(path, encoder="aac", *, rate=48000, layout="mono", tracks=({},)):
    """A file with beeping tracks, with the metadata that is given of each."""
    with av.open(str(path), "w") as container:
        streams = []
        for names in tracks:
            stream = container.add_stream(encoder, rate=rate, options={"strict": "-2"})
            stream.codec_context.layout, stream.codec_context.bit_rate = layout, 96_000
            stream.metadata.update(names)
            streams.append(stream)
        frame = av.AudioFrame.from_ndarray(
            beep(rate, {"mono": 1, "stereo": 2}[layout]), format="fltp", layout=layout
        )
        frame.sample_rate = rate
        for stream in streams:
            frame.pts = 0
            resampler = av.AudioResampler(stream.format.name, layout, rate, stream.frame_size)
            for part in (*resampler.resample(frame), *resampler.resample(None)):
                container.mux(stream.encode(part))
            container.mux(stream.encode(None))
    return path


def passed_on(source, path, *, start=Fraction(0), frames=25):
    """The video at ``path`` with the sound of ``source``, and what was said of it."""
    sound = Sound.of(source, path.suffix, start)
    codec = {".mp4": "h264", ".mkv": "ffv1", ".mov": "prores"}[path.suffix]
    with VideoSink(path, 48, 32, RATE, 1 / RATE, codec=codec, sound=sound) as sink:
        for index in range(frames):
            sink.write(np.full((32, 48, 3), index, np.uint8), index, 1)
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == frames
    return sound


def start_of(path):
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return (stream.start_time or 0) * stream.time_base


def kinds(path):
    with av.open(str(path)) as container:
        return [stream.codec_context.name for stream in container.streams.audio]


def loud_times(path):
    """When the first track is loud: its first and last such time, in seconds."""
    rate = 8000
    resampler = av.AudioResampler("fltp", "mono", rate)
    times = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            begins = float(frame.pts * frame.time_base)
            frame.pts = None
            for part in resampler.resample(frame):
                loud = np.flatnonzero(np.abs(part.to_ndarray()[0]) > 0.2)
                times += list(begins + loud / rate)
    return min(times), max(times)


@pytest.mark.parametrize(
    ("name", "encoder", "rate", "layout"),
    [
        ("a.wmv", "wmav2", 44100, "stereo"),
        ("a.avi", "adpcm_ms", 22050, "mono"),
        ("a.avi", "pcm_u8", 11025, "mono"),
        ("a.mkv", "pcm_s16le", 48000, "mono"),
        ("a.mkv", "vorbis", 48000, "stereo"),
        ("a.mpg", "mp2", 48000, "stereo"),
        ("a.flv", "nellymoser", 22050, "mono"),
    ],
)
def test_what_common_players_do_not_play_becomes_aac_in_mp4(tmp_path, name, encoder, rate, layout):
    source = write_sound(tmp_path / name, encoder, rate=rate, layout=layout)
    sound = passed_on(source, tmp_path / "out.mp4", start=start_of(source))
    assert (kinds(tmp_path / "out.mp4"), sound.warnings) == (["aac"], ())
    assert loud_times(tmp_path / "out.mp4") == pytest.approx(BEEP, abs=0.06)


@pytest.mark.parametrize(
    ("encoder", "suffix"),
    [("aac", ".mp4"), ("flac", ".mp4"), ("aac", ".mov"), ("vorbis", ".mkv"), ("mp2", ".mkv")],
)
def test_what_they_play_is_passed_on_as_it_is(tmp_path, encoder, suffix):
    layout = "stereo" if encoder == "vorbis" else "mono"
    source = write_sound(tmp_path / "a.mkv", encoder, layout=layout)
    passed_on(source, tmp_path / f"out{suffix}")
    assert kinds(tmp_path / f"out{suffix}") == [encoder]
    assert loud_times(tmp_path / f"out{suffix}") == pytest.approx(BEEP, abs=0.06)


def test_language_and_title_stay(tmp_path):
    names = ({"language": "eng", "title": "Main"}, {"language": "deu"})
    source = write_sound(tmp_path / "a.mkv", tracks=names)
    passed_on(source, tmp_path / "out.mkv")
    passed_on(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert [s.metadata.get("language") for s in container.streams.audio] == ["eng", "deu"]
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.audio[0].metadata["title"] == "Main"


def test_a_track_that_cannot_be_decoded_is_left_out_by_name(tmp_path):
    two = ({"language": "eng"}, {"language": "fra"})
    content = bytearray(write_sound(tmp_path / "a.mp4", tracks=two).read_bytes())
    at = content.rindex(b"mp4a")
    content[at : at + 4] = b"apac"
    at = content.index(b"esds", at)
    content[at : at + 4] = b"free"
    (tmp_path / "b.mov").write_bytes(content)
    sound = passed_on(tmp_path / "b.mov", tmp_path / "out.mp4")
    assert kinds(tmp_path / "out.mp4") == ["aac"]
    assert len(sound.warnings) == 1
    assert "sound track 2 (fra" in sound.warnings[0] and "left out" in sound.warnings[0]


def test_a_packet_whose_time_stands_still_is_dropped(tmp_path):
    write_sound(tmp_path / "a.mkv")
    with av.open(str(tmp_path / "a.mkv")) as source, av.open(str(tmp_path / "b.mkv"), "w") as file:
        stream = file.add_stream_from_template(source.streams.audio[0])
        before = None
        for index, packet in enumerate(source.demux(audio=0)):
            if packet.dts is None:
                continue
            if index == 10:
                packet.pts = packet.dts = before
            before = packet.dts
            packet.stream = stream
            file.mux(packet)
    passed_on(tmp_path / "b.mkv", tmp_path / "out.mp4")
    assert loud_times(tmp_path / "out.mp4") == pytest.approx(BEEP, abs=0.06)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_times_that_fall_back_go_on_from_there(tmp_path, suffix):
    one = write_sound(tmp_path / "one.ts").read_bytes()
    (tmp_path / "two.ts").write_bytes(one + one)
    start = start_of(tmp_path / "two.ts")
    passed_on(tmp_path / "two.ts", tmp_path / f"out{suffix}", start=start, frames=50)
    first, last = loud_times(tmp_path / f"out{suffix}")
    assert (first, last) == pytest.approx((BEEP[0], SECONDS + BEEP[1]), abs=0.08)


@pytest.mark.parametrize(("encoder", "suffix"), [("aac", ".mp4"), ("pcm_s16le", ".mp4")])
def test_sound_begins_where_the_video_does(tmp_path, encoder, suffix):
    source = write_sound(tmp_path / "a.mkv", encoder)
    passed_on(source, tmp_path / f"out{suffix}", start=Fraction(1, 10))
    expected = [time - 0.1 for time in BEEP]
    assert loud_times(tmp_path / f"out{suffix}") == pytest.approx(expected, abs=0.06)
    passed_on(source, tmp_path / f"late{suffix}", start=-Fraction(1, 2))
    expected = [time + 0.5 for time in BEEP]
    assert loud_times(tmp_path / f"late{suffix}") == pytest.approx(expected, abs=0.06)
