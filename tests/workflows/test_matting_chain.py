"""The whole chain on small clips: outputs, odd sources, interruptions, saved workflows."""

import json
import signal
from dataclasses import replace
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip, write_frames
from plugin_kit.video import VideoInfo, VideoReader
from tests.fresh_process import run_script
from workflows.matting import ChainOptions, main, parse_arguments, run_chain
from workflows.matting.job import VideoJob
from workflows.media.video_writer import VideoSink
from workflows.plugins import REPOSITORY

CLIP = SyntheticClip(width=256, height=144, frames=8)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return CLIP.write(tmp_path_factory.mktemp("clip") / "source.mp4")


def options(video, output, weights, **changes):
    settings = {"matte": "none", "weights": str(weights / "bgm.pth"), "quiet": True}
    return ChainOptions(video=video, output=output, **{**settings, **changes})


def frames_of(path):
    reader = VideoReader(VideoInfo.from_path(path))
    return list(reader)


def test_all_outputs_match_the_source(video, weights, tmp_path):
    report = run_chain(options(video, tmp_path, weights))
    names = {path.name for path in tmp_path.iterdir()}
    videos = {"composite.mp4", "alpha.mp4", "foreground.mp4"}
    assert names == videos | {"plate.png", "coverage.png", "report.json"}
    source = VideoInfo.from_path(video)
    times = [frame.pts * source.time_base for frame in frames_of(video)]
    for name in videos:
        info = VideoInfo.from_path(tmp_path / name)
        assert (info.width, info.height, info.rate) == (256, 144, source.rate)
        assert [f.pts * info.time_base for f in frames_of(tmp_path / name)] == times
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["frames"] == report.frames == 8
    assert written["plate"]["method"] == "bootstrap"


def test_rvm_makes_the_matte_of_the_plate(video, weights, tmp_path):
    given = options(video, tmp_path, weights, matte="rvm", rvm_weights=weights / "rvm.pth")
    report = run_chain(given)
    assert report.matte == "rvm"
    assert report.plate["method"] == "robust"
    assert report.plate["frames_used"] == 8


def test_auto_without_weights_goes_on_and_says_so(video, weights, tmp_path, monkeypatch):
    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setenv("INFER_RVM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("pooch.retrieve", offline)
    report = run_chain(options(video, tmp_path / "out", weights, matte="auto"))
    assert report.matte == report.alpha["base"] == "people"
    assert "not to be had" in report.matte_reason
    assert any("infer_people" in warning for warning in report.warnings)
    assert report.plate["method"] == "robust"
    with pytest.raises(RuntimeError, match=r"rvm_mobilenetv3\.pth"):
        run_chain(options(video, tmp_path / "out", weights, matte="rvm"))


@pytest.mark.parametrize("codec", ["png", "prores"])
def test_without_a_background_alpha_is_kept(video, weights, tmp_path, codec):
    run_chain(options(video, tmp_path, weights, codec=codec))
    if codec == "png":
        image = cv2.imread(str(tmp_path / "composite" / "000003.png"), cv2.IMREAD_UNCHANGED)
        alpha = cv2.imread(str(tmp_path / "alpha" / "000003.png"), cv2.IMREAD_UNCHANGED)
        assert image.shape == (144, 256, 4)
        np.testing.assert_array_equal(image[..., 3], alpha)
        assert len(list((tmp_path / "composite").iterdir())) == 8
    else:
        assert VideoInfo.from_path(tmp_path / "composite.mov").has_alpha


def test_lossless_video_and_a_background_video(video, weights, tmp_path):
    behind = tmp_path / "behind.mp4"
    rate = Fraction(30)
    with VideoSink(behind, 128, 96, rate, 1 / rate) as sink:
        for index in range(3):
            sink.write(np.full((96, 128, 3), 80 * index, np.uint8), index)
    run_chain(options(video, tmp_path / "out", weights, codec="ffv1", background=str(behind)))
    assert len(frames_of(tmp_path / "out" / "composite.mkv")) == 8


def test_a_given_plate_is_used_and_checked(video, weights, tmp_path):
    plate = tmp_path / "empty.png"
    cv2.imwrite(str(plate), CLIP.background[..., ::-1])
    report = run_chain(options(video, tmp_path / "out", weights, plate=plate))
    assert report.plate == {"source": str(plate)}
    wrong = tmp_path / "wrong.png"
    rng = np.random.default_rng(1)
    blocks = np.kron(rng.integers(0, 255, (9, 16, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    cv2.imwrite(str(wrong), blocks)
    with pytest.raises(RuntimeError, match="does not look like the scene"):
        run_chain(options(video, tmp_path / "out2", weights, plate=wrong))
    assert sorted(p.name for p in (tmp_path / "out2").iterdir()) == ["plate.png"]


def test_a_moving_camera_gets_no_wrong_plate(weights, tmp_path):
    path, rate = tmp_path / "pan.mp4", Fraction(25)
    rng = np.random.default_rng(3)
    wide = np.kron(rng.integers(0, 255, (9, 60, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    with VideoSink(path, 256, 144, rate, 1 / rate) as sink:
        for index in range(10):
            left = 60 * index
            sink.write(np.ascontiguousarray(wide[:, left : left + 256]), index)
    with pytest.raises(RuntimeError, match=r"(?s)camera seems to move.*--method auto"):
        run_chain(options(path, tmp_path / "out", weights))
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("size", [(255, 143), (96, 200)])
def test_odd_and_portrait_sizes_are_kept(weights, tmp_path, size):
    width, height = size
    path = tmp_path / "odd.mp4"
    rate = Fraction(25)
    rng = np.random.default_rng(0)
    base = cv2.resize(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8), size)
    with VideoSink(path, width, height, rate, 1 / rate) as sink:
        for index in range(6):
            frame = base.copy()
            frame[20:60, 5 + 8 * index : 35 + 8 * index] = 255
            sink.write(frame, index)
    run_chain(options(path, tmp_path / "out", weights))
    info = VideoInfo.from_path(tmp_path / "out" / "alpha.mp4")
    assert (info.width, info.height) == size


def test_one_frame_is_enough(weights, tmp_path):
    path = SyntheticClip(width=128, height=96, frames=1).write(tmp_path / "one.mp4")
    report = run_chain(options(path, tmp_path / "out", weights))
    assert report.frames == 1
    assert any("only 1 frames" in warning for warning in report.warnings)


def test_4k_is_written_at_its_size(weights, tmp_path):
    enlarged = (cv2.resize(CLIP.frame(index)[0], (3840, 2160)) for index in range(2))
    path = write_frames(tmp_path / "large.mp4", enlarged, CLIP.rate)
    report = run_chain(options(path, tmp_path / "out", weights))
    assert (report.frames, report.size) == (2, (3840, 2160))
    for name in ("composite", "alpha", "foreground"):
        frames = frames_of(tmp_path / "out" / f"{name}.mp4")
        assert [frame.image.shape for frame in frames] == [(2160, 3840, 3)] * 2


@pytest.mark.parametrize("pixel_format", ["yuv420p10le", "gray", "bgra"])
def test_10_bit_grey_and_rgba_sources_give_all_outputs(weights, tmp_path, pixel_format):
    path = recoded(tmp_path / "odd.mkv", [CLIP], pixel_format)
    report = run_chain(options(path, tmp_path / "out", weights))
    assert report.frames == CLIP.frames
    assert len(frames_of(tmp_path / "out" / "alpha.mp4")) == CLIP.frames


def test_a_size_change_in_mid_file_is_refused_and_nothing_is_written(weights, tmp_path):
    small = SyntheticClip(width=128, height=96, frames=4)
    path = recoded(tmp_path / "joined.ts", [CLIP, small], "yuv420p")
    with pytest.raises(ValueError, match="128x96, the frames before it"):
        run_chain(options(path, tmp_path / "out", weights))
    assert list((tmp_path / "out").iterdir()) == []


def recoded(path, clips, pixel_format):
    """One file of ``clips`` in turn, as encoders other than our own write it."""
    parts = []
    encoder = "mpeg2video" if path.suffix == ".ts" else "ffv1"
    for clip in clips:
        with av.open(str(path), "w") as container:
            stream = container.add_stream(encoder, rate=25)
            stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, pixel_format
            for index in range(clip.frames):
                frame = av.VideoFrame.from_ndarray(clip.frame(index)[0], format="rgb24")
                container.mux(stream.encode(frame.reformat(format=pixel_format)))
            container.mux(stream.encode(None))
        parts.append(path.read_bytes())
    path.write_bytes(b"".join(parts))
    return path


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"background": "nowhere.png"}, "nowhere.png"),
        ({"weights": "nowhere.pth"}, "nowhere.pth"),
        ({"plate": "nowhere-plate.png"}, "nowhere-plate.png"),
        ({"rvm_weights": "nowhere-rvm.pth", "matte": "rvm"}, "nowhere-rvm.pth"),
    ],
)
def test_missing_inputs_are_named_and_nothing_is_written(video, weights, tmp_path, changes, named):
    with pytest.raises((FileNotFoundError, RuntimeError), match=named.replace(".", r"\.")):
        run_chain(replace(options(video, tmp_path / "out", weights), **changes))
    assert not list((tmp_path / "out").glob("*")) or not (tmp_path / "out").exists()


def test_an_unreadable_background_is_refused_before_any_work(video, weights, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"broken\.png"):
        run_chain(options(video, tmp_path / "out", weights, background=str(broken)))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_what_was_finished_and_nothing_else(
    video, weights, tmp_path, monkeypatch, capsys, sent
):
    original = VideoJob.frames_again

    def interrupted(job, label):
        for index, frame in enumerate(original(job, label)):
            if label == "matting" and index == 3:
                signal.raise_signal(sent)
            yield frame

    monkeypatch.setattr(VideoJob, "frames_again", interrupted)
    arguments = [str(video), "--output", str(tmp_path), "--matte", "none"]
    code = main([*arguments, "--weights", str(weights / "bgm.pth")])
    assert code == 130
    assert sorted(p.name for p in tmp_path.iterdir()) == ["coverage.png", "plate.png"]
    assert "Interrupted" in capsys.readouterr().err


def test_errors_of_the_command_are_one_line(tmp_path, capsys):
    empty = tmp_path / "empty.mp4"
    empty.touch()
    assert main([str(empty), "--output", str(tmp_path / "out")]) == 1
    assert "empty.mp4" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        parse_arguments(["a.mp4", "--output", "b", "--quality", "99"])


def write_late_clip(path, aspect):
    """The clip from 26 s on, its last frame held for 2 s, with a sound that begins after 8/48 s."""
    base = Fraction(1, 1000)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = CLIP.width, CLIP.height, "yuv420p"
        context = stream.codec_context
        context.sample_aspect_ratio, context.time_base = aspect, base
        context.color_primaries = context.color_trc = 1
        sound = container.add_stream("aac", rate=48000)
        sound.codec_context.layout = "mono"
        for index in range(CLIP.frames):
            frame = av.VideoFrame.from_ndarray(CLIP.frame(index)[0], format="rgb24")
            frame.pts, frame.time_base = 26000 + 40 * index, base
            container.mux(stream.encode(frame))
        packets = stream.encode(None)
        max(packets, key=lambda packet: packet.pts).duration = 2000
        container.mux(packets)
        for index in range(15):
            samples = np.full((1, 1000), 0.5 * (index >= 8), np.float32)
            part = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            part.sample_rate, part.time_base = 48000, Fraction(1, 48000)
            part.pts = 26 * 48000 + 1000 * index
            container.mux(sound.encode(part))
        container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(("codec", "suffix"), [("h264", ".mp4"), ("ffv1", ".mkv")])
def test_what_a_video_says_of_itself_holds_in_every_output(weights, tmp_path, codec, suffix):
    aspect = Fraction(40, 33)
    source = write_late_clip(tmp_path / "late.mkv", aspect)
    plate = tmp_path / "plate.png"
    cv2.imwrite(str(plate), CLIP.background[..., ::-1])
    given = {"codec": codec, "plate": plate, "background": "#00FF00"}
    run_chain(options(source, tmp_path / "out", weights, **given))
    for name in ("composite", "alpha", "foreground"):
        info = VideoInfo.from_path(tmp_path / "out" / f"{name}{suffix}")
        assert (info.start, info.pixel_aspect) == (0, aspect)
        assert (info.primaries, info.transfer) == (1, 1)
        *_, last = VideoReader(info)
        assert float((last.pts + last.duration) * info.time_base) == pytest.approx(2.28, abs=0.01)
    with av.open(str(tmp_path / "out" / f"composite{suffix}")) as container:
        loud = [f.time for f in container.decode(audio=0) if np.abs(f.to_ndarray()).max() > 0.2]
    assert loud[0] == pytest.approx(8 / 48, abs=0.04)


def test_a_folder_of_pictures_is_taken_as_a_video(weights, tmp_path, capsys):
    folder = tmp_path / "frames"
    folder.mkdir()
    for index in range(3):
        cv2.imwrite(str(folder / f"{index + 9}.png"), CLIP.frame(index)[0][..., ::-1])
    (folder / "._9.png").write_bytes(b"a system's own")
    arguments = [str(folder), "--output", str(tmp_path / "out"), "--matte", "none"]
    assert main([*arguments, "--weights", str(weights / "bgm.pth")]) == 0
    frames = frames_of(tmp_path / "out" / "foreground.mp4")
    assert len(frames) == 3
    assert "25 a second are taken" in capsys.readouterr().out.replace("\n", " ")
    cv2.imwrite(str(folder / "12.png"), np.zeros((4, 6, 3), np.uint8))
    assert main([*arguments, "--weights", str(weights / "bgm.pth")]) == 1
    assert "12.png is 6x4" in capsys.readouterr().err


def test_nothing_of_the_users_is_replaced(video, weights, tmp_path):
    (tmp_path / "alpha").mkdir()
    (tmp_path / "alpha" / "000001.png").touch()
    with pytest.raises(ValueError, match="alpha is there already and was not made by this"):
        run_chain(options(video, tmp_path, weights, codec="png"))
    source = tmp_path / "composite.mp4"
    source.write_bytes(video.read_bytes())
    with pytest.raises(ValueError, match=r"the video .* would be replaced by the output"):
        run_chain(options(source, tmp_path, weights))
    assert source.read_bytes() == video.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["alpha", "composite.mp4"]


def test_saved_workflows_load_in_a_fresh_process():
    script = """
import sys
from workflows.plugins import load_plugin
from ikomia.dataprocess.workflow import Workflow
for path, names in (("workflows/saved/plate.json", ["infer_rvm", "extract_background"]),
                    ("workflows/saved/matting.json", ["infer_background_matting"]),
                    ("workflows/saved/matting_stabilised.json",
                     ["infer_background_matting", "infer_flow_matting"])):
    for name in names:
        load_plugin(name)
    workflow = Workflow("loaded")
    workflow.load(path)
    assert all(workflow.find_task(name) for name in names), path
    print(sorted(workflow.get_exposed_parameters()))
"""
    status, output = run_script(script, REPOSITORY)
    assert status == 0, output
    assert "rvm_weights" in output
    assert "background_matting_weights" in output
    assert "scene_cut" in output
