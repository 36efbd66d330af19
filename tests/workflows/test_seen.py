"""The second pass takes its frames out of the store of the first, where that has them all."""

from fractions import Fraction

import numpy as np
import pytest

from extract_background.plate_estimation import FrameStore
from workflows.matting.job import VideoJob
from workflows.matting.options import ChainOptions
from workflows.matting.report import ChainReport
from workflows.matting.seen import SeenFrames
from workflows.media.source import source_info
from workflows.media.video_writer import VideoSink


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "clip.mp4"
    with VideoSink(path, 32, 16, Fraction(10), Fraction(1, 10)) as sink:
        for index in range(6):
            sink.write(np.full((16, 32, 3), 40 * index, np.uint8), index)
    return path


def job_of(video):
    options = ChainOptions(video, video.with_name("out"), quiet=True)
    return VideoJob(options, source_info(video), ChainReport(str(video)), video.parent)


def read_into(store, job):
    times = []
    for frame in job.frames("plate"):
        store.add(frame.image)
        times.append((frame.pts, frame.duration))
    return times


def test_frames_that_are_all_held_need_no_file(video):
    job, store = job_of(video), FrameStore(memory_budget_mb=0)
    read = list(job.frames("plate"))
    job.seen.hold(store, read_into(store, job))
    video.unlink()
    again = []
    for frame in job.frames_again("matting"):
        again.append((frame, job.clock.seconds))
    assert [(f.pts, f.duration) for f, _ in again] == [(f.pts, f.duration) for f in read]
    assert all(np.array_equal(a.image, b.image) for (a, _), b in zip(again, read, strict=True))
    assert [seconds for _, seconds in again] == [Fraction(n, 10) for n in range(6)]
    assert type(again[0][0].image) is np.ndarray
    job.seen.close()
    assert len(job.seen) == 0


def test_a_store_that_left_some_out_is_no_help(video):
    job, store = job_of(video), FrameStore(max_frames=4)
    job.seen.hold(store, read_into(store, job))
    assert len(job.seen) == 0 and list(job.seen) == []
    assert len(list(job.frames_again("matting"))) == 6


def test_nothing_is_held_at_first():
    assert list(SeenFrames()) == []
