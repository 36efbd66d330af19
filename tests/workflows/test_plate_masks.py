"""Who finds the people for the plate: fusion, the chain's --matte, and what it refuses."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from development.synthetic.people import place, room
from plugin_kit.video import VideoInfo, VideoReader
from workflows.matting import ChainOptions, alphas, main, parse_arguments, run_chain
from workflows.matting.masks import PeopleFinder, fused

CLIP = SyntheticClip(width=96, height=72, frames=4)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return CLIP.write(tmp_path_factory.mktemp("clip") / "source.mp4")


def options_of(video, output, weights, matte, **changes):
    given = {
        "weights": str(weights / "bgm.pth"),
        "rvm_weights": weights / "rvm.pth" if "rvm" in matte else None,
        "parsing_weights": weights / "schp.pth" if "parsing" in matte else None,
        "parsing_boxes": "whole" if "parsing" in matte else None,
        "device": "cpu",
        "quiet": True,
        "method": "background",
        **changes,
    }
    return ChainOptions(video=video, output=output, matte=matte, **given)


def test_the_fusion_is_easyvolcaps():
    rng = np.random.default_rng(0)
    alpha = np.where(rng.random((60, 70)) > 0.997, rng.integers(0, 256, (60, 70)), 0)
    alpha = alpha.astype(np.uint8)
    mask = np.where(rng.random((60, 70)) > 0.5, 255, 0).astype(np.uint8)
    expected = np.zeros((60, 70), np.uint8)
    for y, x in np.ndindex(60, 70):
        box = alpha[max(0, y - 10) : y + 10, max(0, x - 10) : x + 10]
        expected[y, x] = 255 if (box / 255 > 0.5).any() and mask[y, x] else 0
    assert 0 < (expected > 0).mean() < 0.5
    np.testing.assert_array_equal(fused(alpha, mask), expected)


def test_both_opinions_are_fused_frame_by_frame(weights, small_parsing, tmp_path):
    finders = {
        matte: PeopleFinder(matte, options_of(tmp_path, tmp_path, weights, matte))
        for matte in ("rvm", "parsing", "rvm+parsing")
    }
    for index in range(3):
        frame = CLIP.frame(index)[0]
        rvm, parsing, both = (finder.find(frame) for finder in finders.values())
        assert rvm.labels is None
        np.testing.assert_array_equal(parsing.mask, np.where(parsing.labels > 0, 255, 0))
        np.testing.assert_array_equal(both.mask, fused(rvm.mask, parsing.mask))
        np.testing.assert_array_equal(both.labels, parsing.labels)
        assert 0.1 < (parsing.mask > 0).mean() < 0.9


def test_another_sequence_begins_without_memory(weights, tmp_path):
    finder = PeopleFinder("rvm", options_of(tmp_path, tmp_path, weights, "rvm"))
    frame = CLIP.frame(0)[0]
    first, second = finder.find(frame).mask.copy(), finder.find(frame).mask.copy()
    finder.begin_sequence()
    np.testing.assert_array_equal(finder.find(frame).mask, first)
    assert (first != second).any()


def test_people_are_found_with_nothing_fetched(weights, tmp_path):
    finder = PeopleFinder("people", options_of(tmp_path, tmp_path, weights, "people"))
    finder.load()
    empty = room(360, 480)
    assert finder.find(empty).is_empty
    frame = empty.copy()
    truth, _ = place(frame, 180, 340, 300)
    for _ in range(2):
        finder.begin_sequence()
        found = finder.find(frame)
        mask = found.mask >= 128
        assert found.labels is None
        assert (mask & truth).sum() / (mask | truth).sum() > 0.8


@pytest.mark.parametrize("matte", ["parsing", "rvm+parsing"])
def test_the_masks_make_the_plate(video, weights, small_parsing, tmp_path, matte):
    report = run_chain(options_of(video, tmp_path, weights, matte))
    assert (report.matte, report.matte_reason) == (matte, "it was asked for")
    assert report.alpha["base"] == "none"
    assert report.plate["method"] == "robust"
    assert report.plate["mattes_used"] == report.frames == 4
    finder = PeopleFinder(matte, options_of(video, tmp_path, weights, matte))
    never = np.ones((72, 96), bool)
    for frame in VideoReader(VideoInfo.from_path(video)):
        never &= finder.find(frame.image).mask > 250
    coverage = cv2.imread(str(tmp_path / "coverage.png"), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(coverage == 0, never)


def test_masks_without_anybody_are_told(video, weights, small_parsing, tmp_path, monkeypatch):
    monkeypatch.setattr("workflows.matting.masks.fused", lambda alpha, mask: np.zeros_like(mask))
    report = run_chain(options_of(video, tmp_path, weights, "rvm+parsing"))
    assert report.empty_masks == 4
    assert any("show nobody in any frame" in warning for warning in report.warnings)


def test_without_a_checkpoint_the_command_says_which_and_how(video, tmp_path, capsys, monkeypatch):
    def loaded(*_):
        raise AssertionError("the matting network was loaded first")

    monkeypatch.setattr(alphas, "load_network", loaded)
    for extra in ([], ["--parsing-weights", "nowhere.pth"]):
        arguments = [str(video), "--output", str(tmp_path / "out"), "--matte", "parsing", *extra]
        assert main(arguments) == 1
        text = capsys.readouterr().err
        for part in (
            "exp-schp-201908261155-lip.pth",
            "exp-schp-201908301523-atr.pth",
            "exp-schp-201908270938-pascal-person-part.pth",
            "exp_schp_multi_cihp_local.pth",
            "github.com/GoGoDuck912/Self-Correction-Human-Parsing",
            "model_weight_file is --parsing-weights",
            *extra[1:],
        ):
            assert part in text
        assert not list((tmp_path / "out").iterdir())


def test_a_missing_detector_names_its_option(video, weights, tmp_path):
    given = options_of(video, tmp_path, weights, "parsing", parsing_boxes="nowhere.pth")
    with pytest.raises(RuntimeError, match=r"(?s)nowhere\.pth.*--parsing-boxes"):
        run_chain(given)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"matte": "auto", "parsing_weights": "a.pth"}, "--parsing-weights a.pth .*--matte auto"),
        ({"matte": "rvm", "parsing_boxes": "whole"}, "--parsing-boxes whole .*--matte rvm"),
        ({"matte": "parsing", "rvm_weights": "a.pth"}, "--rvm-weights a.pth .*--matte parsing"),
        ({"matte": "none", "rvm_weights": "a.pth"}, "choose --matte rvm or rvm.parsing"),
        (
            {"method": "background", "matte": "rvm", "plate": "a.png"},
            "--plate a.png .*--matte rvm",
        ),
        (
            {"method": "background", "rvm_weights": "a.pth", "plate": "a.png"},
            "--rvm-weights a.pth .*--plate a.png",
        ),
        ({"method": "rvm", "plate": "a.png"}, "--plate a.png .*--method rvm"),
        ({"method": "rvm", "matte": "people"}, "--matte people .*--method rvm"),
        ({"method": "both"}, "'both' is none of auto, rvm, key, background"),
        ({"alpha": Path(__file__), "method": "rvm"}, "--alpha .*--method rvm"),
        ({"alpha": Path(__file__), "matte": "people"}, "--alpha .*--matte people"),
        ({"who": "tallest"}, "--people 'tallest' is none of: all, largest"),
        ({"matte": "both"}, "'both' is none of auto, rvm"),
    ],
)
def test_options_that_contradict_one_another_are_refused(video, tmp_path, changes, text):
    with pytest.raises(ValueError, match=text):
        run_chain(ChainOptions(video=video, output=tmp_path / "out", **changes))
    assert not (tmp_path / "out").exists()


def test_the_command_takes_the_options():
    text = "a.mp4 --output b --matte rvm+parsing --stabilise --parsing-boxes d.pth"
    given = parse_arguments(text.split())
    assert (given.matte, given.stabilise, given.parsing_boxes) == ("rvm+parsing", True, "d.pth")
    with pytest.raises(SystemExit):
        parse_arguments(["a.mp4", "--output", "b", "--matte", "both"])
