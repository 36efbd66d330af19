"""Real people over other scenes, whose alpha is known: better than the base, and never worse."""

import numpy as np
import pytest

from development.benchmarks.fusion import matted
from development.synthetic.composites import (
    EARLIER,
    Person,
    load_person,
    make_composite,
    rvm_stream,
)
from plugin_kit.flow.matte_metrics import score_clip
from plugin_kit.picture_files import read_picture


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "data" / "matting"


@pytest.fixture
def fused_share(folder):
    """MAD of the fused matte as a share of the base's, on a clip of four frames of 640x360."""

    def of(kind):
        person = load_person(folder, "person")
        background = read_picture(folder / "handheld_background.png")
        clip = make_composite(kind, person, background, seed=11, frames=4, width=640, height=360)
        stream = rvm_stream(folder)
        known = matted(clip, np.stack([stream(frame).alpha for frame in clip.frames]))
        scores = [score_clip(alphas, known.truth).mad for alphas in (known.fused(), known.base)]
        return scores[0] / scores[1]

    return of


def test_a_fixed_camera_gains(fused_share):
    assert fused_share("static") < 0.95


@pytest.mark.parametrize("kind", ["hand-held", "pan"])
def test_a_moving_camera_loses_nothing(fused_share, kind):
    assert fused_share(kind) < 1.02


def test_composites_are_the_same_each_time():
    rng = np.random.default_rng(0)
    person = Person(rng.uniform(0, 255, (60, 40, 3)).astype(np.float32), np.ones((60, 40), "f4"))
    scene = rng.integers(0, 255, (90, 160, 3), np.uint8)
    made = [
        make_composite("pan and shake", person, scene, seed=3, frames=2, width=160, height=90)
        for _ in range(2)
    ]
    assert np.array_equal(made[0].frames, made[1].frames)
    assert made[0].truth.shape == (EARLIER + 2, 90, 160) and made[0].truth.max() == 1
