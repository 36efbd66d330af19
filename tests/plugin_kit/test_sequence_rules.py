"""Where sequences of pictures begin: a change of the rule alone begins none."""

import numpy as np
import pytest

from plugin_kit.sequence import SequenceWatch

FRAME = np.zeros((32, 48, 3), np.uint8)


@pytest.mark.parametrize(
    ("rules", "begins"),
    [
        (["stream"] * 3, [True, False, False]),
        (["image"] * 3, [True, True, True]),
        (["auto"] * 2, [True, True]),
        (["video", "stream", "stream", "video"], [True, False, False, False]),
    ],
)
def test_pictures_go_on_as_the_rule_says(rules, begins):
    watch = SequenceWatch()
    assert [watch.is_new(None, FRAME, rule) for rule in rules] == begins
    assert (watch.expected, watch.repeated, watch.is_complete) == (0, 0, False)


def test_another_size_begins_anew():
    watch = SequenceWatch()
    assert watch.is_new(None, FRAME, "stream")
    assert not watch.is_new(None, FRAME, "stream")
    assert watch.calls == 2
    assert watch.is_new(None, FRAME[:16], "stream")
    assert watch.calls == 1
