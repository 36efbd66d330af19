"""A stop is an exception of its own, which handlers of file errors let through."""

import pytest

from plugin_kit.stopping import Stopped, check_stop, check_stop_inside, never, stoppable


def test_nothing_happens_until_somebody_asks():
    assert never() is False
    check_stop(never, "fitting")


def test_a_stop_names_the_work():
    with pytest.raises(Stopped, match="^fitting was stopped$"):
        check_stop(lambda: True, "fitting")


@pytest.mark.parametrize("caught", [OSError, ValueError, RuntimeError])
def test_a_stop_is_none_of_the_errors_that_are_handled(caught):
    assert not issubclass(Stopped, caught)


def test_a_stop_is_asked_for_again_each_time():
    answers = iter([False, False, True])
    done = 0
    with pytest.raises(Stopped):
        while True:
            check_stop(lambda: next(answers), "counting")
            done += 1
    assert done == 2


def test_deep_work_asks_who_began_it():
    check_stop_inside("solving")
    with stoppable(lambda: True):
        with stoppable(never):
            check_stop_inside("solving")
        with pytest.raises(Stopped, match="^solving was stopped$"):
            check_stop_inside("solving")
    check_stop_inside("solving")
