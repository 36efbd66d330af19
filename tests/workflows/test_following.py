"""What is done behind the networks: in order, and nothing after a failure."""

import pytest

from workflows.matting.following import Following


def test_all_is_done_in_order():
    done = []
    with Following() as following:
        for number in range(20):
            following.do(done.append, number)
        following.wait()
    assert done == list(range(20))


def test_a_failure_is_raised_and_ends_the_work():
    done = []

    def work(number):
        if number == 3:
            raise OSError("the disk is full")
        done.append(number)

    with pytest.raises(OSError, match="the disk is full"), Following() as following:
        for number in range(20):
            following.do(work, number)
        following.wait()
    # Those that waited behind it may have been begun, no others.
    assert done[:3] == [0, 1, 2] and max(done) <= 6


def test_an_error_beside_it_drops_what_waits():
    done = []
    with pytest.raises(ValueError, match="no such frame"), Following() as following:
        following.do(done.append, 0)
        following.wait()
        raise ValueError("no such frame")
    assert done == [0]
