"""--method, --alpha and --people: what the alpha is made of, and what becomes of a wrong plate."""

import json
from fractions import Fraction

import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from development.synthetic.people import place, room
from plugin_kit.video import VideoInfo, VideoReader
from tests.infer_chroma_key.scenes import make_scene
from workflows.matting import ChainOptions, main, run_chain
from workflows.matting.base_alpha import PeopleAlpha
from workflows.matting.kept import KeptArrays
from workflows.media.video_writer import VideoSink

WIDTH, HEIGHT, FRAMES = 256, 144, 8
CLIP = SyntheticClip(width=WIDTH, height=HEIGHT, frames=FRAMES)
RATE = Fraction(25)


def write_video(path, frames):
    channels = 1 if frames[0].ndim == 2 else 3
    height, width = frames[0].shape[:2]
    sink = VideoSink(path, width, height, RATE, 1 / RATE, codec="ffv1", channels=channels)
    with sink:
        for index, frame in enumerate(frames):
            sink.write(np.ascontiguousarray(frame), index)
    return path


def box_scene(shift=0, walk=14):
    """Frames of a bright box that walks before a drawn room, ``shift`` pixels of pan a frame.

    Returns:
        Frames, and their true mattes uint8.
    """
    room = SyntheticClip(width=WIDTH + 160, height=HEIGHT, seed=3).background
    texture = np.random.default_rng(0).integers(150, 255, (70, 44, 3), np.uint8)
    frames, mattes = [], []
    for index in range(FRAMES):
        left = shift * index
        frame = room[:, left : left + WIDTH].copy()
        matte = np.zeros((HEIGHT, WIDTH), np.uint8)
        x = 20 + walk * index
        frame[50:120, x : x + 44], matte[50:120, x : x + 44] = texture, 255
        frames.append(frame)
        mattes.append(cv2.GaussianBlur(matte, (0, 0), 1.5))
    return frames, mattes


def alphas_of(folder):
    return np.stack(
        [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(folder.iterdir())]
    )


def run(video, output, **changes):
    given = {"weights": "builtin", "codec": "png", "device": "cpu", "quiet": True, **changes}
    return run_chain(ChainOptions(video=video, output=output, **given))


def mad(found, truth):
    return np.abs(np.asarray(found, float) - np.asarray(truth, float)).mean()


def dull(mattes):
    """A matte of another program, whose edge is a step too wide everywhere."""
    return [cv2.dilate(matte, np.ones((5, 5), np.uint8)) for matte in mattes]


@pytest.mark.parametrize("as_folder", [False, True])
def test_a_matte_of_another_program_is_helped_by_the_plate(tmp_path, as_folder):
    frames, truth = box_scene()
    video, given = write_video(tmp_path / "source.mkv", frames), dull(truth)
    if as_folder:
        alpha = tmp_path / "mattes"
        alpha.mkdir()
        for index, matte in enumerate(given):
            cv2.imwrite(str(alpha / f"{index + 8}.png"), matte)
    else:
        alpha = write_video(tmp_path / "alpha.mkv", given)
    report = run(video, tmp_path / "out", alpha=alpha, stabilise=False)
    assert (report.matte, report.alpha["base"], report.alpha["way"]) == ("file", "file", "fused")
    assert report.alpha["frames_fused"] == FRAMES
    assert report.alpha["worst_misfit"] < 0.01
    found = alphas_of(tmp_path / "out" / "alpha")
    assert mad(found, truth) < 0.9 * mad(given, truth)
    plate = cv2.imread(str(tmp_path / "out" / "plate.png"))[..., ::-1]
    room = SyntheticClip(width=WIDTH + 160, height=HEIGHT, seed=3).background[:, :WIDTH]
    assert mad(plate, room) < 1.5


@pytest.mark.parametrize("as_folder", [False, True])
def test_a_matte_of_the_whole_video_goes_with_a_part_of_it(tmp_path, as_folder):
    frames, truth = box_scene()
    video = write_video(tmp_path / "source.mkv", frames)
    if as_folder:
        alpha = tmp_path / "mattes"
        alpha.mkdir()
        for index, matte in enumerate(truth):
            cv2.imwrite(str(alpha / f"{index + 8}.png"), matte)
    else:
        alpha = write_video(tmp_path / "alpha.mkv", truth)
    given = {"alpha": alpha, "stabilise": False, "only": "alpha", "start": "3f", "end": "6f"}
    report = run(video, tmp_path / "out", **given)
    found = alphas_of(tmp_path / "out" / "alpha")
    assert (report.frames, len(found)) == (3, 3)
    assert mad(found, truth[3:6]) < 0.2 * mad(found, truth[2:5])


def test_a_camera_that_pans_gets_the_plate_of_each_frame(tmp_path):
    frames, truth = box_scene(shift=12)
    video = write_video(tmp_path / "source.mkv", frames)
    alpha = write_video(tmp_path / "alpha.mkv", dull(truth))
    report = run(video, tmp_path / "out", alpha=alpha, stabilise=False)
    registration = report.plate["registration"]
    assert registration["frames_registered"] == FRAMES
    assert 40 < registration["motion_pixels"] < 56
    assert report.alpha["way"] == "fused"
    assert report.alpha["frames_fused"] == FRAMES
    assert mad(alphas_of(tmp_path / "out" / "alpha"), truth) < 0.95 * mad(dull(truth), truth)


def test_who_never_leaves_a_moving_picture_keeps_the_base(tmp_path):
    frames, truth = box_scene(shift=2, walk=0)
    video = write_video(tmp_path / "source.mkv", frames)
    alpha = write_video(tmp_path / "alpha.mkv", truth)
    report = run(video, tmp_path / "out", alpha=alpha, stabilise=False)
    assert report.plate["registration"]["frames_registered"] == FRAMES
    assert (report.alpha["way"], report.plate["unfit"]) == ("base", report.alpha["reason"])
    assert "people who never leave" in report.alpha["reason"]


def test_where_no_plate_fits_the_base_is_the_alpha(tmp_path):
    rng = np.random.default_rng(5)
    frames, truth = box_scene()
    for frame, matte in zip(frames, truth, strict=True):
        other = np.kron(rng.integers(0, 255, (9, 16, 3)), np.ones((16, 16, 1))).astype(np.uint8)
        frame[matte < 128] = other[matte < 128]
    video = write_video(tmp_path / "source.mkv", frames)
    alpha = write_video(tmp_path / "alpha.mkv", truth)
    report = run(video, tmp_path / "out", alpha=alpha, stabilise=False)
    assert report.alpha["way"] == "base"
    assert "camera seems to move" in report.alpha["reason"]
    # Of a video's mattes what is nearly empty or full is taken as that.
    np.testing.assert_allclose(alphas_of(tmp_path / "out" / "alpha"), truth, atol=4)
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written["alpha"]["reason"] == report.alpha["reason"]
    with pytest.raises(RuntimeError, match="does not look like the video"):
        run(video, tmp_path / "other", method="background", matte="none")


def test_too_few_mattes_are_refused_before_any_work(tmp_path, capsys):
    frames, truth = box_scene()
    video = write_video(tmp_path / "source.mkv", frames)
    alpha = write_video(tmp_path / "alpha.mkv", truth[:5])
    arguments = [str(video), "--output", str(tmp_path / "out"), "--weights", "builtin"]
    assert main([*arguments, "--alpha", str(alpha)]) == 1
    assert "5 mattes" in capsys.readouterr().err.replace("\n", " ")
    assert main([*arguments, "--alpha", str(tmp_path / "nowhere")]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_rvm_alone_needs_no_plate(weights, tmp_path):
    video = CLIP.write(tmp_path / "source.mp4")
    rvm = weights / "rvm.pth"
    report = run(video, tmp_path / "out", method="rvm", rvm_weights=rvm)
    assert (report.alpha["way"], report.weights, report.plate) == ("base", "", {})
    assert not report.stabilised
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["alpha", "composite", "foreground", "report.json"]
    from workflows.matting.base_alpha import RvmAlpha

    base = RvmAlpha(ChainOptions(video, tmp_path, rvm_weights=rvm, device="cpu"))
    frames = [frame.image for frame in VideoReader(VideoInfo.from_path(video))]
    # What it remembers is of the frames behind the first one, seen backwards.
    base.begin(frames[:5])
    made = alphas_of(tmp_path / "out" / "alpha")
    np.testing.assert_array_equal(made, [base(frame).copy() for frame in frames])
    base.begin()
    for frame in frames[4:0:-1]:
        base(frame)
    np.testing.assert_array_equal(made[0], base(frames[0]))


def test_masks_that_show_nobody_leave_it_to_the_plate(tmp_path, monkeypatch):
    frames, _ = box_scene()
    video = write_video(tmp_path / "source.mkv", frames)
    monkeypatch.setattr(
        PeopleAlpha, "__call__", lambda self, image: np.zeros(image.shape[:2], np.uint8)
    )
    report = run(video, tmp_path / "out", matte="people", stabilise=False)
    assert (report.alpha["base"], report.alpha["way"]) == ("none", "background")
    assert "show nobody" in report.alpha["reason"]
    assert (report.plate["method"], report.plate["mattes_used"]) == ("bootstrap", 0)
    assert any("show nobody in any frame" in warning for warning in report.warnings)


@pytest.fixture(scope="module")
def two_people(tmp_path_factory):
    """A video of somebody large on the left and somebody small on the right, and their masks."""
    empty = room(360, 480)
    frames, masks = [], []
    for index in range(3):
        frame = empty.copy()
        large, _ = place(frame, 30 + 6 * index, 340, 280)
        small, _ = place(frame, 330, 330, 200)
        frames.append(frame)
        masks.append((large, small))
    path = tmp_path_factory.mktemp("two") / "two.mkv"
    return write_video(path, frames), np.array(masks)


@pytest.mark.parametrize("kept", [0, 1])
def test_only_the_wanted_people_are_kept(two_people, tmp_path, kept):
    video, masks = two_people
    row, column = np.argwhere(masks[1, 1]).mean(axis=0)
    who = f"{column:.0f},{row:.0f},1" if kept else "largest"
    given = {"matte": "people", "who": who, "stabilise": False}
    report = run(video, tmp_path / "out", **given)
    assert len(report.people) == 1
    alphas = alphas_of(tmp_path / "out" / "alpha").astype(float) / 255
    for alpha, (large, small) in zip(alphas, masks, strict=True):
        wanted, other = (large, small) if kept == 0 else (small, large)
        assert alpha[wanted].mean() > 0.85
        assert alpha[other].mean() < 0.05


def test_nobody_at_a_point_is_an_error(two_people, tmp_path):
    with pytest.raises(ValueError, match=r"--people: nobody is at \(5, 5\) in frame 0"):
        run(two_people[0], tmp_path / "out", matte="people", who="5,5")
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_kept_comes_back_from_memory_and_disk():
    rng = np.random.default_rng(1)
    arrays = [
        rng.integers(0, 255, shape).astype(np.uint8) for shape in ((40, 50), (2, 9, 7), (0, 3))
    ]
    for memory in (2**20, 64):
        with KeptArrays(memory) as kept:
            for array in arrays:
                kept.append(array)
            assert len(kept) == 3
            for index in (2, 0, 1):
                np.testing.assert_array_equal(kept[index], arrays[index])


def test_a_green_screen_is_keyed_and_its_light_taken_out(tmp_path):
    scenes = [make_scene(seed=seed) for seed in range(3)]
    video = write_video(tmp_path / "green.mkv", [scene.frame for scene in scenes])
    report = run(video, tmp_path / "out", method="key", matte="none")
    assert (report.alpha["way"], report.alpha["base"], report.weights) == ("base", "key", "")
    truth = np.stack([255 * scene.alpha for scene in scenes])
    assert mad(alphas_of(tmp_path / "out" / "alpha"), truth) < 3
    foreground = cv2.imread(str(tmp_path / "out" / "foreground" / "000001.png"))[..., ::-1]
    body = np.s_[130:170, 112:148]
    assert mad(foreground[body], scenes[1].foreground[body]) < 8
    composite = cv2.imread(str(tmp_path / "out" / "composite" / "000001.png"), -1)
    assert composite.shape[2] == 4


def test_a_key_whose_region_shows_nobody_says_so(tmp_path):
    video = write_video(tmp_path / "green.mkv", [make_scene().frame] * 2)
    report = run(video, tmp_path / "out", method="key", matte="people")
    assert any("In 2 of 2 frames nothing is kept" in text for text in report.warnings)


def test_a_video_without_a_screen_is_told(tmp_path):
    frames, _ = box_scene()
    video = write_video(tmp_path / "a.mkv", frames)
    with pytest.raises(RuntimeError, match="no green or blue screen"):
        run(video, tmp_path / "out", method="key", matte="none")


def test_human_parsing_says_nothing_of_a_screen(tmp_path):
    video = write_video(tmp_path / "green.mkv", [make_scene().frame])
    with pytest.raises(ValueError, match="--matte parsing cannot say what a key keeps"):
        run(video, tmp_path / "out", method="key", matte="parsing")
