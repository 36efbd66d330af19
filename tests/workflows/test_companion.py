"""Mattes that belong to a video, whatever part of it is worked on."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from workflows.media.bursts import BurstReader
from workflows.media.companion import Companion
from workflows.media.selection import Selection
from workflows.media.source import source_info, source_reader

FRAMES = 80


def write(path, *, rate=25, first=0):
    """Frame i is of grey 3 i; the file begins at ``first`` ticks."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        stream.codec_context.gop_size = 10
        for index in range(FRAMES):
            picture = np.full((32, 48, 3), 3 * index, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index + first, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def level(image):
    return round(float(image.mean()) / 3)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write(tmp_path_factory.mktemp("companion") / "clip.mkv", first=30)


@pytest.fixture(scope="module", params=["video", "pictures", "avi"])
def mattes(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mattes")
    if request.param != "pictures":
        return write(folder / ("mattes.avi" if request.param == "avi" else "mattes.mp4"))
    for index in range(FRAMES):
        cv2.imwrite(str(folder / f"{index}.png"), np.full((4, 6), 3 * index, np.uint8))
    return folder


@pytest.mark.parametrize("selection", [Selection(), Selection("30f", "1.6"), Selection("2.9")])
def test_each_frame_has_its_own_matte(video, mattes, selection):
    info = source_info(video, selection)
    companion, first = Companion(mattes, info), None
    for frame in source_reader(info):
        first = frame.pts if first is None else first
        matte = companion.at((frame.pts - first) * info.time_base)
        assert level(matte) == level(frame.image)


def test_moments_of_a_preview_have_theirs(video, mattes):
    info = source_info(video)
    companion = Companion(mattes, info)
    first = round(info.start / info.time_base)
    for frame, _ in BurstReader(info, 4, 2):
        matte = companion.at((frame.pts - first) * info.time_base)
        assert level(matte) == level(frame.image)


def test_mattes_that_end_too_early_are_told(video, tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((4, 6), np.uint8))
    companion = Companion(tmp_path, source_info(video))
    assert companion.at(Fraction(0)).shape == (4, 6)
    with pytest.raises(ValueError, match=r"is over before 0\.04 s"):
        companion.at(Fraction(1, 25))


def test_a_video_of_mattes_that_is_over_is_told(video):
    companion = Companion(video, source_info(video))
    assert level(companion.at(Fraction(79, 25))) == 79
    with pytest.raises(ValueError, match="is over before"):
        companion.at(Fraction(83, 25))
