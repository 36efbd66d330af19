"""The reader of videos: colours, orientation, streams, times, counts, single frames, odd files."""

from fractions import Fraction
from itertools import product
from types import SimpleNamespace

import av
import numpy as np
import pytest

from plugin_kit.video import (
    VideoError,
    VideoInfo,
    VideoReader,
    count_frames,
    frame_at,
    matching_matrix,
    upright_rgb,
    video_info,
)
from plugin_kit.video.opening import video_stream
from plugin_kit.video.frames import Orientation, upright_luma
from plugin_kit.video.reader import Timeline

UPRIGHT = (1, 0, 0, 1)
TURNS = [(a, 0, 0, d) for a, d in product((1, -1), repeat=2)] + [
    (0, b, c, 0) for b, c in product((1, -1), repeat=2)
]


@pytest.fixture
def cases(shared):
    return shared / "data" / "decoder_cases"


def picture(height, width, index=0):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 3 + index * 5, y * 2 + index, x + y], axis=-1).astype(np.uint8)


def write(path, images, *, encoder="ffv1", pixel_format="bgr0", source="rgb24", **settings):
    """Write one stream with PyAV; ``settings`` are set on it or on its encoder."""
    options = settings.pop("options", {})
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=25, options=options)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pixel_format
        for name, value in settings.items():
            setattr(stream.codec_context, name, value)
        for image in images:
            frame = av.VideoFrame.from_ndarray(image, format=source)
            container.mux(stream.encode(frame.reformat(format=pixel_format)))
        container.mux(stream.encode(None))
    return path


def write_h264(path, count=3, height=48, width=64, **settings):
    images = [picture(height, width, index) for index in range(count)]
    return write(path, images, encoder="libx264", pixel_format="yuv420p", **settings)


def read(path, **options):
    reader = VideoReader(VideoInfo.from_path(path), **options)
    return list(reader), reader


def first(path, **options):
    return next(iter(VideoReader(VideoInfo.from_path(path), **options))).image


@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("601_lim_tag", "auto"),
        ("601_full_tag", "auto"),
        ("709_lim_tag", "auto"),
        ("709_full_tag", "auto"),
        ("601_lim_untag", "auto"),
        ("709_lim_untag", "709"),
    ],
)
def test_colours_are_read_right(cases, name, matrix):
    truth = np.load(cases / "flat_rgb.npy").astype(int)
    image = first(cases / f"flat_{name}.mp4", color_matrix=matrix)
    assert np.abs(image - truth).mean() < 1


def test_the_wrong_matrix_is_several_levels_off(cases):
    truth = np.load(cases / "flat_rgb.npy").astype(int)
    image = first(cases / "flat_709_lim_tag.mp4", color_matrix="601")
    assert np.abs(image - truth).mean() > 4


def test_colours_that_are_rgb_already_stay(cases):
    name = cases / "rawvideo_48x48_crashes_opencv5.avi"
    images = [first(name, color_matrix=matrix) for matrix in ("auto", "601", "709")]
    assert images[0].shape == (48, 48, 3)
    assert all((image == images[0]).all() for image in images)


@pytest.mark.parametrize(
    ("encoder", "pixel_format", "error"), [("ffv1", "gray", 0), ("libx264", "yuv420p", 1)]
)
def test_brightness_has_the_full_range(tmp_path, encoder, pixel_format, error):
    ramp = np.repeat(np.linspace(0, 255, 256)[None].astype(np.uint8), 16, axis=0)
    given = {"encoder": encoder, "pixel_format": pixel_format, "source": "gray"}
    if encoder == "libx264":
        given["options"] = {"crf": "0"}
    frames, _ = read(write(tmp_path / "matte.mkv", [ramp], **given), is_grey=True)
    assert frames[0].image.shape == ramp.shape
    assert np.abs(frames[0].image.astype(int) - ramp).max() <= error


def with_display_matrix(path, matrix):
    """Write the (a, b, c, d) of :data:`TURNS` into the track's header of an MP4 file."""
    content = bytearray(path.read_bytes())
    a, b, c, d = (value * 65536 for value in matrix)
    at = content.index(b"tkhd") + 4 + 4 + 20 + 16
    numbers = np.array([a, b, 0, c, d, 0, 0, 0, 2**30], ">i4").tobytes()
    content[at : at + len(numbers)] = numbers
    path.write_bytes(bytes(content))
    return path


@pytest.mark.parametrize("matrix", TURNS)
def test_pictures_are_turned_and_mirrored_as_the_container_asks(tmp_path, matrix):
    plain = write_h264(tmp_path / "plain.mp4", options={"crf": "1"})
    as_stored = first(plain)
    path = with_display_matrix(write_h264(tmp_path / "a.mp4", options={"crf": "1"}), matrix)
    a, b, c, d = matrix
    y, x = np.mgrid[: as_stored.shape[0], : as_stored.shape[1]]
    columns, rows = a * x + c * y, b * x + d * y
    columns, rows = columns - columns.min(), rows - rows.min()
    expected = np.zeros((rows.max() + 1, columns.max() + 1, 3), np.uint8)
    expected[rows, columns] = as_stored
    info = VideoInfo.from_path(path)
    assert (info.height, info.width) == expected.shape[:2]
    np.testing.assert_array_equal(first(path), expected)
    np.testing.assert_array_equal(frame_at(path, 0), expected)
    assert first(path, is_grey=True).shape == expected.shape[:2]


@pytest.mark.parametrize("degrees", [0, 90, 180, -90])
def test_turns_are_known_beside_data_of_a_kind_that_pyav_does_not_know(degrees):
    class Foreign:
        rotation = degrees

        @property
        def side_data(self):
            raise ValueError("40 is not a valid Type")

    image = picture(4, 6)
    upright = Orientation.of(Foreign()).upright(image)
    np.testing.assert_array_equal(upright, np.rot90(image, degrees // 90))


def test_pixels_that_are_no_squares_are_told_of(tmp_path):
    aspect = Fraction(40, 33)
    path = write_h264(tmp_path / "a.mp4", sample_aspect_ratio=aspect)
    assert VideoInfo.from_path(path).pixel_aspect == aspect
    assert VideoInfo.from_path(write_h264(tmp_path / "b.mp4")).pixel_aspect == 1
    turned = with_display_matrix(path, (0, 1, -1, 0))
    assert VideoInfo.from_path(turned).pixel_aspect == 1 / aspect


def test_the_stream_that_players_show_is_read():
    disposition = av.stream.Disposition

    def stream_of(*dispositions):
        streams = [SimpleNamespace(disposition=d, index=i) for i, d in enumerate(dispositions)]
        container = SimpleNamespace(streams=SimpleNamespace(video=streams))
        return video_stream(container, "clip.mkv").index

    plain, cover, default = disposition(0), disposition.attached_pic, disposition.default
    assert stream_of(plain, plain) == 0
    assert stream_of(cover, plain) == 1
    assert stream_of(cover | default, plain, default) == 2
    with pytest.raises(VideoError, match=r"clip\.mkv holds no video"):
        stream_of(cover)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_high_dynamic_range_is_warned_of_by_name(tmp_path, transfer, name):
    path = write_h264(tmp_path / "a.mp4", color_trc=transfer)
    assert VideoInfo.from_path(path).hdr == name
    assert any(f"HDR ({name})" in text for text in read(path)[1].warnings)


def light_of(picture, nits):
    """Linear light in BT.2020's colours of a picture that a screen of ``nits`` cd/m² shows."""
    to_2020 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    return nits * (picture / 255) ** 2.4 @ np.transpose(to_2020)


def pq_of(picture):
    power = (light_of(picture, 100) / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def hlg_of(picture):
    light = light_of(picture, 100) / 1000
    luma = light @ [0.2627, 0.6780, 0.0593]
    scene = light * np.maximum(luma, 1e-9)[..., None] ** (1 / 1.2 - 1)
    upper = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)


@pytest.mark.parametrize(("transfer", "coded"), [(16, pq_of), (18, hlg_of)])
def test_high_dynamic_range_is_brought_to_sdr(transfer, coded):
    colours = [(20, 20, 20), (128, 128, 128), (180, 90, 60), (40, 120, 200), (251, 247, 236)]
    image = np.repeat(np.array(colours, np.uint8)[None], 16, axis=0)
    codes = np.rint(65535 * coded(image)).astype(np.uint16)
    frame = av.VideoFrame.from_ndarray(codes, format="gbrp16le")
    frame.color_trc = transfer
    off = upright_rgb(frame).astype(int) - image
    assert np.abs(off[:, :-1]).max() <= 3
    assert -15 <= off[:, -1].min() <= off[:, -1].max() <= 0
    assert np.abs(upright_rgb(frame, "709").astype(int) - image).max() > 40
    brightest = av.VideoFrame.from_ndarray(np.full_like(codes, 65535), format="gbrp16le")
    brightest.color_trc = transfer
    assert upright_rgb(brightest).min() >= 254


@pytest.mark.parametrize("tag", [3, 8, 10, 148])
def test_a_matrix_that_nothing_converts_by_counts_as_none(tag):
    image = np.full((48, 64, 3), (180, 90, 60), np.uint8)
    frame = av.VideoFrame.from_ndarray(image).reformat(format="yuv420p", dst_colorspace="ITU601")
    frame.colorspace, frame.color_range = tag, 126
    assert np.abs(upright_rgb(frame).astype(int) - image).max() <= 3
    assert upright_luma(frame).shape == (48, 64)


def test_a_matrix_that_nothing_converts_by_is_told(tmp_path):
    frames, reader = read(write_h264(tmp_path / "a.mkv", colorspace=8))
    assert np.abs(frames[1].image.astype(int) - picture(48, 64, 1)).mean() < 8
    assert any("colour matrix (8 in FFmpeg" in warning for warning in reader.warnings)


@pytest.mark.parametrize(("said", "taken"), [((2**31 / 512, 30, 25), 30), ((0, None, 5e6), 25)])
def test_a_rate_that_no_camera_has_is_passed_over(said, taken):
    rates = [None if rate is None else Fraction(rate) for rate in said]
    names = ("average_rate", "guessed_rate", "base_rate")
    assert video_info._rate_of(SimpleNamespace(**dict(zip(names, rates, strict=True)))) == taken


def test_interlaced_pictures_become_whole(tmp_path):
    moments = np.full((12, 64, 96, 3), 60, np.uint8)
    for index, image in enumerate(moments):
        image[16:48, 6 * index : 6 * index + 16] = 200
    is_even = np.arange(64)[:, None, None] % 2 == 0
    woven = [np.where(is_even, moments[i], moments[i + 1]) for i in range(0, 12, 2)]
    options = {"flags": "+ilme+ildct", "x264-params": "tff=1", "crf": "4"}
    settings = {"encoder": "libx264", "pixel_format": "yuv420p", "options": options}
    path = with_display_matrix(write(tmp_path / "a.mp4", woven, **settings), (-1, 0, 0, 1))
    frames, reader = read(path)

    def combs(image):
        return np.abs(2 * image[1:-1].astype(int) - image[:-2] - image[2:])[18:44].mean()

    assert len(frames) == reader.info.frame_count == 6
    times = [frame.pts for frame in frames]
    assert times == sorted(set(times))
    for frame, before in zip(frames, woven, strict=True):
        assert combs(frame.image) < 0.35 * combs(before)
        assert np.abs(frame.image[:, ::-1].astype(int) - before).mean() < 12
    np.testing.assert_array_equal(frame_at(path, 2), frames[2].image)


def test_the_last_frames_duration_and_the_start_are_known(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "bgr0"
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(picture(48, 64, index), format="rgb24")
            frame = frame.reformat(format="bgr0")
            frame.pts, frame.time_base = 26 * 25 + index, Fraction(1, 25)
            for packet in stream.encode(frame):
                packet.duration = 50 if index == 2 else 1
                container.mux(packet)
    frames, reader = read(tmp_path / "a.mkv")
    assert reader.info.start == 26
    assert frames[-1].duration * reader.info.time_base == 2


def test_interlaced_pictures_are_warned_of_once(tmp_path):
    options = {"flags": "+ilme+ildct", "x264-params": "tff=1"}
    _, reader = read(write_h264(tmp_path / "a.mp4", options=options))
    assert ["interlaced" in text for text in reader.warnings] == [True]
    assert read(write_h264(tmp_path / "b.mp4"))[1].warnings == []


@pytest.mark.parametrize("name", ["12:30:05.mp4", ".hidden.mp4", "-%03d.mp4"])
def test_odd_names_are_names(tmp_path, monkeypatch, name):
    (tmp_path / name).write_bytes(write_h264(tmp_path / "a.mp4").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert len(read(name)[0]) == count_frames(name) == 3


def test_damaged_data_at_the_start_is_passed_over(tmp_path):
    images = [picture(48, 64, index) for index in range(6)]
    path = write(tmp_path / "a.mov", images, encoder="png", pixel_format="rgb24")
    content = path.read_bytes()
    at = content.index(b"IHDR")
    path.write_bytes(content[:at] + b"XXXX" + content[at + 4 :])
    frames, reader = read(path)
    assert len(frames) == reader.frames_read == 5
    assert any("damaged data was skipped" in text for text in reader.warnings)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([(0, 0), (2, 1), (4, 2)], [0, 2, 4]),
        ([(None, None), (None, None)], [0, 2]),
        ([(5, 0), (5, 1), (4, 2)], [5, 7, 9]),
        ([(0, 0), (6, 2), (3, 4), (12, 6), (9, 8), (18, 20)], [0, 6, 8, 10, 12, 20]),
        ([(70, 70), (72, 72), (20, 20), (22, 22), (30, 30)], [70, 72, 74, 76, 84]),
    ],
)
def test_times_grow_and_follow_what_is_in_order(times, expected):
    timeline = Timeline(2)
    frames = [SimpleNamespace(pts=pts, dts=dts) for pts, dts in times]
    assert [timeline.time_of(frame) for frame in frames] == expected


def test_in_avi_the_order_of_decoding_tells_the_times(tmp_path):
    options = {"bf": "3", "x264-params": "scenecut=0:b-adapt=0"}
    frames, reader = read(write_h264(tmp_path / "a.avi", count=20, options=options))
    assert len(frames) == 20
    times = [(frame.pts - frames[0].pts) * reader.info.time_base for frame in frames]
    assert times == [Fraction(index, 25) for index in range(20)]
    assert frames[0].pts * reader.info.time_base == reader.info.start


def test_packets_are_counted_without_decoding(cases, tmp_path):
    assert count_frames(cases / "vfr.mp4") == 100
    assert count_frames(cases / "mpeg4_750hdr_748dec.avi") == 750
    with pytest.raises(FileNotFoundError, match=r"nowhere\.mp4"):
        count_frames(tmp_path / "nowhere.mp4")
    (tmp_path / "text.mp4").write_bytes(b"no video" * 99)
    with pytest.raises(VideoError, match=r"text\.mp4"):
        count_frames(tmp_path / "text.mp4")


def test_one_frame_is_the_one_that_reading_gives(cases, tmp_path):
    images = [picture(48, 64, index) for index in range(40)]
    settings = {"encoder": "libx264", "pixel_format": "yuv420p"}
    options = {"bf": "3", "g": "12", "x264-params": "open-gop=1:b-pyramid=normal:scenecut=0"}
    paths = [cases / "vfr.mp4", cases / "mpeg4_750hdr_748dec.avi"]
    paths += [
        write(tmp_path / f"clip.{suffix}", images, options=options, **settings)
        for suffix in ("mp4", "mkv", "ts")
    ]
    for path in paths:
        frames, _ = read(path)
        for index in (0, 1, 11, 12, 13, 25, 39, len(frames) - 1):
            np.testing.assert_array_equal(frame_at(path, index), frames[index].image)
        with pytest.raises(VideoError, match=f"has no frame {len(frames)}"):
            frame_at(path, len(frames))


def test_the_matrix_of_another_reader_is_found(cases):
    for matrix in ("601", "709"):
        shown = first(cases / "flat_709_lim_tag.mp4", color_matrix=matrix)
        match = matching_matrix(cases / "flat_709_lim_tag.mp4", "auto", shown)
        np.testing.assert_array_equal(
            first(cases / "flat_709_lim_tag.mp4", color_matrix=match.color_matrix), shown
        )
        assert match.is_same_picture and match.distance == 0
    kept = matching_matrix(cases / "flat_709_lim_tag.mp4", "601", shown)
    assert (kept.color_matrix, kept.is_same_picture) == ("601", False)
    other = matching_matrix(cases / "flat_709_lim_tag.mp4", "auto", shown[:100, :200])
    assert not other.has_same_size and not other.is_same_picture
    assert (other.color_matrix, other.width, other.height) == ("auto", 640, 480)
