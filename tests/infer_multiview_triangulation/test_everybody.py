"""Everybody in several calibrated views: whose detections are whose, over time."""

import numpy as np
import pytest

from development.synthetic.capture import NOISE, TYPICAL
from development.synthetic.crowd import Shares, crowd, shares
from infer_multiview_triangulation.multiview_geometry import (
    SKELETONS,
    Options,
    reconstruct,
    reconstruct_people,
)
from infer_multiview_triangulation.multiview_geometry.people.everybody import find_everybody

VIEWS = (1, 3, 5, 7)
COCO = SKELETONS["coco17"]


def find(cameras, keypoints, warnings=None):
    warnings = [] if warnings is None else warnings
    return find_everybody(cameras, keypoints, COCO, warnings=warnings)


def absent(taken, person, frames):
    """The detections without those of a person in some frames."""
    keypoints = taken.keypoints.copy()
    gone = taken.owners == person
    gone[:, ~np.isin(np.arange(gone.shape[1]), frames)] = False
    keypoints[gone] = np.nan
    return keypoints


@pytest.fixture(scope="module")
def three():
    return crowd(3, 60, 31, views=VIEWS)


def test_detections_find_their_person(three):
    assert (three.owners == -1).sum() > 20
    found = shares(three, find(three.cameras, three.keypoints))
    assert found.people == 3
    assert found.right > 0.99
    assert found.wrong < 0.003


def test_many_people_at_once():
    taken = crowd(5, 20, 33, views=range(1, 10), faults=NOISE)
    found = shares(taken, find(taken.cameras, taken.keypoints))
    assert found.people == 5
    assert found.right > 0.97


def test_who_is_detected_twice_is_one_person(three):
    """As bottom-up detectors do: the upper half of everybody once more, a little elsewhere."""
    halves = three.keypoints + np.array([5.0, 3.0, 0])
    halves[..., 11:, :] = np.nan
    found = find(three.cameras, np.concatenate([three.keypoints, halves], axis=2))
    assert len(found) == 3
    whole = find(three.cameras, three.keypoints)
    doubled, single = (
        sorted(np.isfinite(person[..., 15, 0]).mean() for person in people)
        for people in (found, whole)
    )
    np.testing.assert_allclose(doubled, single, atol=0.03)


def test_the_unit_of_the_world_does_not_matter(three):
    in_metres = [c.transformed(np.eye(3), np.zeros(3), 0.01) for c in three.cameras]
    found = [find(cameras, three.keypoints) for cameras in (three.cameras, in_metres)]
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_person_in_one_view_is_nobody(three):
    alone = np.full_like(three.keypoints, np.nan)
    alone[2] = three.keypoints[2]
    assert find(three.cameras, alone) == []


def test_who_comes_back_is_the_same_person():
    taken = crowd(2, 150, 35, views=VIEWS, faults=NOISE)
    warnings = []
    found = find(taken.cameras, absent(taken, 1, range(40, 100)), warnings)
    assert len(found) == 2
    assert warnings == []
    present = [np.asarray(np.isfinite(p[..., 0]).any(axis=(0, 2))) for p in found]
    assert present[1][:35].mean() > 0.9
    assert present[1][105:].mean() > 0.9
    assert not present[1][45:95].any()


def test_somebody_else_is_another_person():
    taken = crowd(2, 150, 41, views=VIEWS, faults=NOISE)
    keypoints = absent(taken, 0, range(50, 150))
    keypoints = np.where((taken.owners == 1)[..., None, None], np.nan, keypoints)
    late = taken.owners == 1
    late[:, :90] = False
    keypoints[late] = taken.keypoints[late]
    found = find(taken.cameras, keypoints)
    assert len(found) == 2


def test_each_is_reconstructed_as_if_alone(three):
    options = Options(person="all", optimise=False)
    all_of_them = reconstruct_people(three.keypoints, three.cameras, COCO, options)
    assert all_of_them.names == ["0", "1", "2"]
    assert all_of_them.stacked("mask").shape == (3, 60, 17)
    for person in all_of_them.people:
        off = np.linalg.norm(person.keypoints3d - three.points[:, :, :], axis=-1)
        owner = int(np.argmin(np.nanmedian(off, axis=(1, 2))))
        alone = three.alone(owner)[:, :, None]
        alone = reconstruct(alone, three.cameras, COCO, Options(optimise=False)).keypoints3d
        own = np.nanmean(np.linalg.norm(alone - three.points[owner], axis=-1))
        assert np.nanmean(off[owner]) < 1.1 * own


def test_one_person_has_an_axis_too():
    taken = crowd(1, 20, 39, views=VIEWS, faults=TYPICAL)
    found = reconstruct_people(taken.keypoints, taken.cameras, COCO, Options(person="all"))
    assert found.stacked("keypoints3d_optim").shape == (1, 20, 17, 3)
    assert found.quality == found.first.quality


def test_shares_count_what_is_wrong(three):
    perfect = [three.alone(person) for person in range(3)]
    assert shares(three, perfect) == Shares(1.0, 0.0, 3)
    perfect[0][:, :30] = perfect[1][:, :30]
    mixed = shares(three, perfect)
    assert 0.8 < mixed.right < 0.9
    assert 0.1 < mixed.wrong < 0.2
