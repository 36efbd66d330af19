"""Left and right that detectors exchange for a while, in few views and in many."""

from itertools import pairwise

import numpy as np
import pytest

from development.synthetic.capture import HARD, NOISE, TYPICAL, Faults
from development.synthetic.exchanges import exchange_sides
from infer_multiview_triangulation.multiview_geometry import SKELETONS
from infer_multiview_triangulation.multiview_geometry.sides.groups import side_groups
from infer_multiview_triangulation.multiview_geometry.sides.path import (
    Choices,
    Step,
    likeliest_path,
)
from tests.infer_multiview_triangulation.studio_shots import error, shot
from tests.infer_multiview_triangulation.studio_shots import solve as solve_as_told

MIRRORED = np.array(SKELETONS["coco17"].mirrored)
BODY, ARMS, LEGS = range(17), range(5, 11), range(11, 17)
FOUR = (1, 3, 5, 7)


def solve(taken, keypoints=None):
    return solve_as_told(taken, keypoints, smooth=1.0)


def exchanged(keypoints, views, frames, joints):
    changed = keypoints.copy()
    for view in views:
        other = keypoints[view, frames][:, MIRRORED]
        changed[view, frames, joints.start : joints.stop] = other[:, joints.start : joints.stop]
    return changed


def told(found):
    return [text for text in found.quality["warnings"] if "left and right" in text]


@pytest.fixture(scope="module")
def right():
    """A capture without exchanges, and how far off it is when it is solved."""
    taken = shot(171, 44, Faults(noise=3, missing=0.05, outliers=0.02), views=FOUR)
    return taken, error(solve(taken).keypoints3d_optim, taken.points)


@pytest.mark.parametrize(
    ("wrong", "joints"),
    [((0, 2), BODY), ((0, 1, 3), BODY), ((1, 2), ARMS), ((2, 3), LEGS), ((0, 1, 2, 3), BODY)],
)
def test_a_burst_in_half_of_the_views_or_more_is_repaired(right, wrong, joints):
    taken, off = right
    changed = exchanged(taken.keypoints, wrong, slice(14, 32), joints)
    found = solve(taken, changed)
    assert error(found.keypoints3d_optim, taken.points) < off + 0.05
    counts = [view["swapped_frames"] for view in found.quality["views"]]
    assert [count > 14 for count in counts] == [view in wrong for view in range(4)]
    # Where nobody contradicts anybody, only the jumps tell.
    assert len(wrong) == 4 or not told(found)
    assert found.quality["side_margin"] > 0


def test_three_views_and_two():
    for views, wrong in (((1, 3, 6), (0, 2)), ((1, 3), (1,))):
        taken = shot(172, 44, NOISE, views=views)
        changed = exchanged(taken.keypoints, wrong, slice(14, 32), BODY)
        off = error(solve(taken, changed).keypoints3d_optim, taken.points)
        assert off < error(solve(taken).keypoints3d_optim, taken.points) + 0.1


def test_more_views_than_can_be_tried_exhaustively():
    taken = shot(173, 40, TYPICAL)
    changed = exchanged(taken.keypoints, (0, 2, 5, 7), slice(10, 25), BODY)
    changed = exchanged(changed, (1, 3, 4, 6), slice(28, 36), LEGS)
    off = error(solve(taken, changed).keypoints3d_optim, taken.points)
    assert off < error(solve(taken).keypoints3d_optim, taken.points) + 0.05


def test_who_is_never_seen_before_or_after_is_warned_of():
    taken = shot(174, 40, NOISE, views=FOUR)
    changed = exchanged(taken.keypoints, (0, 2), slice(None), BODY)
    found = solve(taken, changed)
    assert len(told(found)) == 1
    assert found.quality["doubtful_side_frames"] > 30
    assert found.quality["side_margin"] < 2
    # Half of the views are believed, whichever: the body stands, or it stands mirrored.
    truth = [taken.points, taken.points[:, MIRRORED]]
    assert min(error(found.keypoints3d_optim, points) for points in truth) < 1


def test_nothing_is_changed_where_nothing_is_wrong():
    found = solve(shot(175, 40, NOISE, views=FOUR))
    assert all(view["swapped_frames"] == 0 for view in found.quality["views"])
    assert found.quality["side_margin"] is None
    assert found.quality["doubtful_side_frames"] == 0


def test_hard_captures_before_four_views():
    """The promise: in the mean 1.9 cm at most, and none above 3 cm without a warning."""
    errors = []
    for seed in range(181, 186):
        taken = shot(seed, 60, HARD, views=FOUR)
        seen, _ = exchange_sides(taken.keypoints, "coco17", share=0.1, together=0.3, seed=seed)
        found = solve(taken, seen)
        errors.append(error(found.keypoints3d_optim, taken.points))
        assert errors[-1] < 3 or told(found)
    assert np.mean(errors) < 1.9


def test_the_body_is_in_groups_that_change_together():
    limbs, head = side_groups(SKELETONS["coco17"])
    assert [list(group.joints) for group in limbs] == [list(ARMS), list(LEGS)]
    assert list(head.joints) == [1, 2, 3, 4]
    assert list(head.mirror) == [1, 0, 3, 2]
    _, feet = side_groups(SKELETONS["body25"])[0]
    assert len(feet.joints) == 12


def test_the_path_is_the_one_of_least_cost():
    """Against all paths of a few steps, added up one by one."""
    rng = np.random.default_rng(176)
    mirror, widths = np.array([1, 0]), [np.ones(2)]
    steps = []
    for _ in range(4):
        points = rng.normal(0, 0.5, (2, 2, 3))
        labels = rng.random((2, 3)) < 0.5
        labels[1] = labels[0] ^ np.array([True, False, False])
        choices = Choices.of(labels, rng.uniform(0, 2, 2), (points, points), mirror)
        steps.append(Step((choices,)))

    def cost(states):
        total = sum(step.costs[state] for step, state in zip(steps, states, strict=True))
        for (a, i), (b, j) in pairwise(zip(steps, states, strict=True)):
            total += (a.labels[i] ^ b.labels[j]).any(axis=0).sum()
            moved = a.groups[0].left[i] - b.groups[0].entered[j]
            total += 2 * np.minimum((moved**2).sum(axis=-1), 1).sum()
        return total

    paths = list(np.ndindex(4, 4, 4, 4))
    costs = np.array([cost(states) for states in paths])
    path, margins = likeliest_path(steps, widths)
    assert tuple(path) == paths[int(np.argmin(costs))]
    assert (margins >= 0).all()
