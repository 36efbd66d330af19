"""What the command's options do to a run: a part, a size, some outputs, a blur, weights."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from plugin_kit.video import VideoInfo, VideoReader
from workflows.matting import ChainOptions, run_chain
from workflows.matting import weights as weights_module
from workflows.matting.background import blurred, open_background
from workflows.matting.options import OUTPUTS, check_options
from workflows.matting.report import ChainReport
from workflows.matting.weights import with_weights

CLIP = SyntheticClip(width=256, height=144, frames=8)


@pytest.fixture(scope="module")
def plate(tmp_path_factory):
    path = tmp_path_factory.mktemp("plate") / "empty.png"
    cv2.imwrite(str(path), CLIP.background[..., ::-1])
    return path


def test_a_part_of_a_video_smaller_before_its_own_blur_as_webm(weights, plate, tmp_path):
    video = CLIP.write(tmp_path / "clip.mp4")
    report = run_chain(
        ChainOptions(
            video=video,
            output=tmp_path / "out",
            plate=plate,
            weights=str(weights / "bgm.pth"),
            start="2f",
            end="0.2",
            size="50%",
            only="composite",
            codec="webm",
            background="blur",
            quiet=True,
        )
    )
    rate = VideoInfo.from_path(video).rate
    count = sum(1 for index in range(2, 8) if Fraction(index) / rate < Fraction(1, 5))
    assert (report.frames, report.size) == (count, (128, 72))
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["composite.webm", "report.json"]
    info = VideoInfo.from_path(tmp_path / "out" / "composite.webm")
    assert (info.width, info.height) == (128, 72)
    assert len(list(VideoReader(info))) == count


def test_png_files_bear_the_numbers_of_their_pictures(weights, plate, tmp_path):
    folder = tmp_path / "shot"
    folder.mkdir()
    for index, number in enumerate((101, 102, 105)):
        image = CLIP.frame(index)[0][..., ::-1]
        cv2.imwrite(str(folder / f"shot.{number}.png"), image)
    given = {"plate": plate, "weights": str(weights / "bgm.pth"), "only": "alpha", "quiet": True}
    report = run_chain(ChainOptions(folder, tmp_path / "out", codec="png", **given))
    names = sorted(path.name for path in (tmp_path / "out" / "alpha").iterdir())
    assert names == ["000101.png", "000102.png", "000105.png"]
    assert any("numbered 103 to 104" in warning for warning in report.warnings)


@pytest.mark.parametrize("only", ["depth", "alpha,depth", "", "plate", "coverage,plate"])
def test_outputs_that_nobody_makes_are_refused(tmp_path, only):
    with pytest.raises(ValueError, match="--only"):
        check_options(ChainOptions(tmp_path, tmp_path, weights="builtin", only=only))


def test_without_a_choice_everything_is_written(tmp_path):
    assert ChainOptions(tmp_path, tmp_path).outputs == OUTPUTS
    assert ChainOptions(tmp_path, tmp_path, only="plate, alpha").outputs == ("alpha", "plate")


@pytest.mark.parametrize("radius", [3, 40])
def test_the_blur_is_a_gaussian(radius):
    rng = np.random.default_rng(0)
    image = cv2.resize(rng.integers(0, 255, (9, 16, 3), np.uint8), (320, 180))
    wanted = cv2.GaussianBlur(image, (0, 0), radius, borderType=cv2.BORDER_REPLICATE).astype(int)
    assert np.abs(blurred(image, radius) - wanted).mean() < 1.5


def test_the_blurred_source_goes_with_each_frame(tmp_path):
    source = VideoInfo.from_path(CLIP.write(tmp_path / "clip.mp4"))
    frames = [CLIP.frame(index)[0] for index in (0, 7)]
    for text, radius in (("blur:3", 3), ("blur", 144 * 0.025)):
        behind = open_background(text, source)
        for frame in frames:
            np.testing.assert_array_equal(behind(0.0, frame), blurred(frame, radius))
    with pytest.raises(ValueError, match="'blur:0' blurs nothing"):
        open_background("blur:0", source)
    with pytest.raises(FileNotFoundError, match="blur:RADIUS"):
        open_background("blur:wide", source)


def test_auto_takes_official_weights_where_they_can_be_had(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(weights_module, "checkpoint_path", lambda *given: asked.append(given))
    report = ChainReport("a.mp4")
    chosen = with_weights(ChainOptions(tmp_path, tmp_path), report)
    assert asked == [("official", "mobilenetv2", "")]
    assert (chosen.weights, report.weights, report.warnings) == ("official", "official", [])


def test_auto_falls_back_to_the_built_in_ones_and_says_so(tmp_path, monkeypatch):
    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setenv("INFER_BACKGROUND_MATTING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("pooch.retrieve", offline)
    report = ChainReport("a.mp4")
    chosen = with_weights(ChainOptions(tmp_path, tmp_path), report)
    assert (chosen.weights, report.weights) == ("builtin", "builtin")
    assert "built-in weights are used" in report.warnings[0]
    assert report.weights_reason == "the official ones are not to be had"
    with pytest.raises(RuntimeError, match="--backbone mobilenetv2 only"):
        with_weights(ChainOptions(tmp_path, tmp_path, backbone="resnet50"), report)


@pytest.mark.parametrize("given", ["official", "builtin", "own.pth"])
def test_what_was_asked_for_is_left_alone(tmp_path, given):
    options = ChainOptions(tmp_path, tmp_path, weights=given)
    assert with_weights(options, ChainReport("a.mp4")) is options


@pytest.mark.parametrize("radius", [4, 20])
def test_a_person_does_not_shine_into_the_blur(radius):
    frame = np.full((180, 320, 3), 60, np.uint8)
    alpha = np.zeros((180, 320), np.float32)
    frame[40:140, 120:200], alpha[40:140, 120:200] = 250, 1
    outside = alpha == 0
    assert blurred(frame, radius)[outside].max() > 120
    assert blurred(frame, radius, alpha)[outside].max() < 72


def test_the_engine_goes_to_the_networks_that_openvino_can_run(tmp_path, monkeypatch):
    monkeypatch.setattr("workflows.matting.options.find_spec", lambda name: name)
    options = ChainOptions(CLIP.write(tmp_path / "a.mp4"), tmp_path / "out", engine="openvino")
    check_options(options)
    for parameters in (options.rvm, options.parsing):
        assert (parameters["engine"], parameters["device"]) == ("openvino", "cpu")
    assert "engine" not in {**options.people, **options.matting}


@pytest.mark.parametrize(("device", "remedy"), [("cuda", "leave one"), ("cpu", "pip install")])
def test_openvino_that_cannot_run_is_refused_before_any_work(tmp_path, monkeypatch, device, remedy):
    monkeypatch.setattr("workflows.matting.options.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=f"--engine openvino.*{remedy}"):
        check_options(ChainOptions(tmp_path, tmp_path, device=device, engine="openvino"))
