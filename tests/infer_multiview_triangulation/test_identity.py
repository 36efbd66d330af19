"""Several people: followed in a view, recognised across views."""

import numpy as np
import pytest

from development.synthetic.capture import NOISE, detect, stick_dancer
from infer_multiview_triangulation.multiview_geometry import SKELETONS
from infer_multiview_triangulation.multiview_geometry.people.everybody import find_everybody
from infer_multiview_triangulation.multiview_geometry.people.identity import main_person
from infer_multiview_triangulation.multiview_geometry.people.tracks import track_people
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve

APART = np.array([80.0, 0, 0])


@pytest.fixture(scope="module")
def pair():
    """Two people 1.6 m apart, in an order that changes from frame to frame and view to view."""
    taken = shot(271, 120, NOISE, views=(1, 2, 4, 6, 8))
    both = [taken.points - APART, stick_dancer(120, seed=274) + APART]
    seen = [detect(p, taken.cameras, "coco17", NOISE, 275 + i) for i, p in enumerate(both)]
    seen[1][..., 2] *= 0.9
    people = np.stack(seen, axis=2)
    flips = np.random.default_rng(277).random(people.shape[:2]) < 0.5
    people[flips] = people[flips][:, ::-1]
    return taken._replace(keypoints=people), both


@pytest.mark.parametrize(("person", "index"), [("main", 0), (0, 0), (1, 1)])
def test_each_person_is_one_person(pair, person, index):
    taken, both = pair
    found = solve(taken, person=person)
    assert error(found.keypoints3d_optim, both[index]) < 0.8
    assert error(found.keypoints3d_optim, both[1 - index]) > 50


def test_a_person_who_is_not_there_is_an_error(pair):
    taken, _ = pair
    with pytest.raises(ValueError, match="person 7 was asked for, but the views show 2"):
        solve(taken, person=7)
    with pytest.raises(ValueError, match="show one person"):
        solve(taken, taken.keypoints[:, :, :1], person=1)


def test_a_passer_by_in_one_view_is_nobody(pair):
    taken, both = pair
    main = detect(both[0], taken.cameras, "coco17", NOISE, 278)
    seen = [main, np.full_like(main, np.nan)]
    seen[1][2] = detect(both[1], taken.cameras, "coco17", NOISE, 279)[2]
    found = find_everybody(taken.cameras, np.stack(seen, axis=2), SKELETONS["coco17"], warnings=[])
    assert len(found) == 1


def test_tracks_wait_for_a_while(pair):
    taken, _ = pair
    view = taken.keypoints[0].copy()
    view[40:50] = np.nan
    assert len(track_people(view, 0)) == 2
    view[40:70] = np.nan
    assert len(track_people(view, 0)) == 4


def test_without_geometry_the_main_person_is_taken(pair):
    taken, both = pair
    chosen = main_person(taken.keypoints)
    truth = np.stack([camera.project(both[0]) for camera in taken.cameras])
    off = np.linalg.norm(chosen[..., :2] - truth, axis=-1)
    assert np.nanmedian(off) < 6
