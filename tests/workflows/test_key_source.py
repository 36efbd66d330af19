"""The matte of a green screen as the matting chain gets it."""

import numpy as np
import pytest

from infer_chroma_key.chroma_keying import Keyer
from tests.infer_chroma_key.scenes import HEIGHT, WIDTH, mad, make_scene
from workflows.matting.key_source import KeySource


def test_frames_are_keyed_as_a_sequence():
    frames = [make_scene(noise=4, seed=seed).frame for seed in range(3)]
    source, keyer = KeySource(), Keyer()
    source.load()
    for frame in frames:
        found, expected = source.find(frame), keyer(frame)
        assert np.array_equal(found.alpha, expected.alpha)
        assert np.array_equal(found.foreground, expected.foreground)
    assert found.report == expected.report
    source.begin_sequence()
    assert np.array_equal(source.find(frames[1]).alpha, Keyer()(frames[1]).alpha)


def test_the_region_of_a_network_reaches_the_keyer():
    """A drawn figure is nobody, so infer_people finds no one, and nothing is kept."""
    source = KeySource({"spill": 0.5}, region="infer_people")
    source.load()
    assert source.find(make_scene().frame).alpha.max() == 0
    assert mad(KeySource().find(make_scene().frame).alpha, make_scene().alpha) < 10


def test_no_screen_is_told_with_the_remedy():
    with pytest.raises(RuntimeError, match="no green or blue screen"):
        KeySource().find(np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
