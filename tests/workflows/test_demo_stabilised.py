"""The demo's comparison of an alpha with what --stabilise makes of it."""

from fractions import Fraction

import cv2
import numpy as np

from plugin_kit.flow.matte_metrics import score_clip
from workflows.demo_stabilised import AlphaErrors, compare_stabilised
from workflows.synthetic_clip import SyntheticClip
from workflows.video_reader import VideoInfo, VideoReader
from workflows.video_writer import VideoSink

# The figure crosses the room in all frames; in fewer no flow would follow it.
CLIP = SyntheticClip(width=192, height=108, frames=24)


def test_errors_are_those_of_the_literature():
    rng = np.random.default_rng(0)
    alphas, truth = rng.random((2, 5, 20, 30), np.float32)
    errors = AlphaErrors()
    for pair in zip(alphas, truth, strict=True):
        errors.add(*pair)
    expected = score_clip(alphas, truth)
    given = (errors.mad, errors.mse, errors.dtssd)
    np.testing.assert_allclose(given, (expected.mad, expected.mse, expected.dtssd), rtol=1e-5)


def test_a_lost_limb_comes_back_and_is_shown(tmp_path):
    CLIP.write(tmp_path / "source.mp4")
    rate = Fraction(CLIP.rate)
    with VideoSink(tmp_path / "alpha.mp4", 192, 108, rate, 1 / rate, channels=1, crf=5) as sink:
        for index in range(24):
            alpha = np.rint(255 * CLIP.frame(index)[1]).astype(np.uint8)
            if index == 12:
                alpha[60:75] = 0
            sink.write(alpha, index)
    raw, stable = compare_stabilised(CLIP, tmp_path)
    assert raw.worst in (12, 13)
    assert stable.mse < 0.7 * raw.mse
    assert len(list(VideoReader(VideoInfo.from_path(tmp_path / "stabilised.mp4")))) == 24
    assert len(list(VideoReader(VideoInfo.from_path(tmp_path / "alpha_stabilised.mp4")))) == 24
    assert cv2.imread(str(tmp_path / "stabilised.png")).shape[1] > 3 * 480
