"""--stabilise: every frame comes out once, at its own time, its colours with its own alpha."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from infer_flow_matting.flow_matting_engine import refine_clip
from plugin_kit.video import VideoInfo, VideoReader
from workflows.matting import ChainOptions, run_chain
from workflows.media.video_writer import VideoSink

CLIP = SyntheticClip(width=256, height=144, frames=8)
# Of an uneven frame rate.
TIMES = (0, 1, 2, 5, 6, 9, 10, 14)
RATE = Fraction(25)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The source, the true plate, and a background of another colour in each frame."""
    folder = tmp_path_factory.mktemp("clip")
    with VideoSink(folder / "source.mkv", 256, 144, RATE, 1 / RATE, codec="ffv1") as sink:
        for index, time in enumerate(TIMES):
            sink.write(CLIP.frame(index)[0], time)
    cv2.imwrite(str(folder / "plate.png"), CLIP.background[..., ::-1])
    with VideoSink(folder / "behind.mkv", 256, 144, RATE, 1 / RATE, codec="ffv1") as sink:
        for time in range(20):
            sink.write(np.full((144, 256, 3), 10 * time, np.uint8), time)
    return folder


@pytest.fixture(scope="module")
def run(folder):
    def run(output, **changes):
        plate = {"plate": folder / "plate.png", "method": "background", "weights": "builtin"}
        given = {**plate, "codec": "png", **changes}
        source = given.pop("source", folder / "source.mkv")
        return run_chain(ChainOptions(video=source, output=output, quiet=True, **given))

    return run


@pytest.fixture(scope="module")
def both(run, tmp_path_factory):
    """Folders with the chain's files, as matted and made stable."""
    folders = [tmp_path_factory.mktemp(name) for name in ("plain", "stable")]
    for output, stabilise in zip(folders, (False, True), strict=True):
        assert run(output, stabilise=stabilise).stabilised == stabilise
    return folders


def pictures(folder):
    return [cv2.imread(str(p), cv2.IMREAD_UNCHANGED) for p in sorted(folder.iterdir())]


def frames_of(path):
    info = VideoInfo.from_path(path)
    frames = list(VideoReader(info))
    return [frame.pts * info.time_base for frame in frames], [frame.image for frame in frames]


def test_each_alpha_is_its_own_frames_refined_along_the_flow(both, folder):
    plain, stable = (pictures(folder / "alpha") for folder in both)
    coarse = [alpha.astype(np.float32) / 255 for alpha in plain]
    refined = [255 * r.alpha for r in refine_clip(frames_of(folder / "source.mkv")[1], coarse)]
    assert len(stable) == len(refined) == 8
    for index, alpha in enumerate(stable):
        distances = [np.abs(alpha - other).mean() for other in refined]
        assert np.argmin(distances) == index
        assert distances[index] < 0.5 < np.partition(distances, 1)[1]
    assert np.abs(np.stack(plain).astype(float) - np.stack(stable)).mean() > 0.05


def test_colours_and_transparency_go_with_the_alpha(both):
    names = ("foreground", "alpha", "composite")
    stable, alphas, composites = (pictures(both[1] / name) for name in names)
    for alpha, composite, foreground in zip(alphas, composites, stable, strict=True):
        np.testing.assert_array_equal(composite[..., 3], alpha)
        inside = alpha > 0
        np.testing.assert_array_equal(composite[inside][:, :3], foreground[inside])


def test_times_and_moving_backgrounds_are_the_sources(run, folder, both, tmp_path):
    behind = str(folder / "behind.mkv")
    run(tmp_path, stabilise=True, codec="ffv1", background=behind)
    expected = [time / RATE for time in TIMES]
    for name in ("composite", "alpha", "foreground"):
        assert frames_of(tmp_path / f"{name}.mkv")[0] == expected
    composites = frames_of(tmp_path / "composite.mkv")[1]
    alphas = pictures(both[1] / "alpha")
    for time, alpha, composite in zip(TIMES, alphas, composites, strict=True):
        empty = alpha == 0
        assert empty.mean() > 0.3
        np.testing.assert_array_equal(composite[empty], 10 * time)


def test_h264_keeps_count_and_times(run, tmp_path):
    source = CLIP.write(tmp_path / "source.mp4")
    report = run(tmp_path / "out", source=source, stabilise=True, codec="h264")
    assert report.frames == 8
    times = frames_of(source)[0]
    for name in ("composite", "alpha", "foreground"):
        assert frames_of(tmp_path / "out" / f"{name}.mp4")[0] == times


def test_transparent_video_and_a_clip_of_one_frame(run, tmp_path):
    source = SyntheticClip(width=256, height=144, frames=1).write(tmp_path / "one.mp4")
    report = run(tmp_path / "out", source=source, stabilise=True, codec="prores")
    assert report.frames == 1
    assert VideoInfo.from_path(tmp_path / "out" / "composite.mov").has_alpha
    assert [len(frames_of(tmp_path / "out" / f"{n}.mov")[0]) for n in ("alpha", "composite")] == [
        1,
        1,
    ]
