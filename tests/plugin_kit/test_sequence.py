"""Where sequences of frames begin and end."""

import numpy as np
import pytest
from ikomia import dataprocess

from plugin_kit.sequence import SequenceWatch


class Video(dataprocess.CVideoIO):
    """A video input that stands where the test says."""

    def __init__(self, path="a.mp4", frames=4):
        super().__init__()
        self.path, self.frames, self.position = path, frames, 0

    @property
    def source_file_path(self):
        return self.path

    def get_video_frame_count(self):
        return self.frames

    def get_current_pos(self):
        return self.position

    def at(self, position):
        self.position = position
        return self


def frame(value, size=(32, 48)):
    return np.full((*size, 3), value, np.uint8)


@pytest.fixture
def watch():
    return SequenceWatch()


def show(watch, video, positions, sequence="auto"):
    """Whether each frame began a sequence; each looks different."""
    return [watch.is_new(video.at(p), frame(p), sequence) for p in positions]


@pytest.mark.parametrize("first", [0, 1])
def test_a_video_begins_once_and_is_counted(watch, first):
    video = Video(frames=4)
    assert show(watch, video, range(first, first + 3)) == [True, False, False]
    assert (watch.calls, watch.expected, watch.is_complete) == (3, 4, False)
    assert show(watch, video, [first + 3]) == [False]
    assert watch.is_complete and watch.repeated == 0


def test_a_video_that_is_played_again_begins_anew(watch):
    video = Video(frames=3)
    assert show(watch, video, [0, 1, 2, 0, 1]) == [True, False, False, True, False]
    assert watch.calls == 2 and not watch.is_complete


def test_another_file_begins_at_whatever_position(watch):
    show(watch, Video("a.mp4"), [0, 1])
    assert show(watch, Video("b.mp4"), [2]) == [True]


def test_another_size_begins(watch):
    video = Video()
    assert watch.is_new(video.at(0), frame(0), "auto")
    assert watch.is_new(video.at(1), frame(1, (16, 48)), "auto")


def test_skipped_frames_are_told(watch):
    show(watch, Video(frames=9), [0, 3])
    assert watch.steps == 3


def test_a_header_that_promises_too_much_repeats_the_last_frame(watch):
    video = Video(frames=5)
    show(watch, video, [0, 1, 2])
    for _ in range(2):
        assert not watch.is_new(video.at(2), frame(2), "auto")
        assert watch.steps == 0
    assert (watch.calls, watch.repeated) == (5, 2)
    assert watch.is_complete


def test_a_video_of_one_frame_that_is_shown_again_begins_anew(watch):
    video = Video(frames=1)
    assert watch.is_new(video.at(0), frame(0), "auto") and watch.is_complete
    assert watch.is_new(video.at(0), frame(0), "auto")


def test_a_position_that_stands_with_another_picture_begins(watch):
    video = Video(frames=5)
    show(watch, video, [0, 1])
    assert watch.is_new(video.at(1), frame(77), "auto")


def test_pictures_are_sequences_of_their_own(watch):
    picture = dataprocess.CImageIO()
    assert [watch.is_new(picture, frame(0), "auto") for _ in range(3)] == [True] * 3
    assert watch.expected == 0 and not watch.is_complete


@pytest.mark.parametrize("kind", [dataprocess.CImageIO, Video])
def test_image_always_begins_and_stream_never(watch, kind):
    connected = kind()
    assert [watch.is_new(connected, frame(0), "image") for _ in range(2)] == [True, True]
    assert [watch.is_new(connected, frame(i), "stream") for i in range(3)] == [False] * 3
    assert watch.is_new(connected, frame(0, (16, 16)), "stream")


def test_a_stream_begins_with_its_first_frame(watch):
    picture = dataprocess.CImageIO()
    assert [watch.is_new(picture, frame(i), "stream") for i in range(3)] == [True, False, False]
    assert watch.calls == 3


def test_a_header_that_says_nothing_promises_nothing(watch):
    show(watch, Video(frames=-1), [0, 1])
    assert watch.expected == 0 and not watch.is_complete
