"""Cameras from several people at once, of whom nobody said who is who."""

import numpy as np
import pytest

from development.synthetic.capture import NOISE, Faults, detect, stick_dancer, studio
from development.synthetic.crowd import crowd, shares
from infer_multiview_triangulation.multiview_geometry import SKELETONS, Options, reconstruct_people
from infer_multiview_triangulation.multiview_geometry.calibration.crowd import pose_cameras_of_crowd
from infer_multiview_triangulation.multiview_geometry.calibration.unposed import unposed_camera
from infer_multiview_triangulation.multiview_geometry.cameras.alignment import align_cameras
from infer_multiview_triangulation.multiview_geometry.people.tracklets import find_tracklets
from infer_multiview_triangulation.multiview_geometry.people.unposed import lonely_person
from tests.infer_multiview_triangulation.studio_shots import centre_error

VIEWS = (1, 3, 5, 7)
COCO = SKELETONS["coco17"]


def test_two_people_give_the_cameras():
    taken = crowd(2, 100, 71, views=VIEWS, faults=NOISE)
    sizes = [camera.size for camera in taken.cameras]
    options = Options(person="all", optimise=False)
    found = reconstruct_people(taken.keypoints, None, COCO, options, sizes=sizes)
    judged = shares(taken, [person.keypoints2d for person in found.people])
    assert judged.people == 2
    assert judged.right > 0.99
    cameras = found.first.cameras
    scale = np.ptp([c.centre for c in taken.cameras]) / np.ptp([c.centre for c in cameras])
    cameras = [camera.transformed(np.eye(3), np.zeros(3), scale) for camera in cameras]
    assert centre_error(cameras, taken.cameras) < 8


def test_two_who_stay_in_place_give_the_cameras_together():
    """Either alone leaves them 3 m off."""
    cameras = studio(VIEWS, seed=91)
    seen = []
    for seed, place in ((200, (-120.0, 0.0, 30.0)), (201, (110.0, 0.0, -80.0))):
        body = stick_dancer(60, seed=seed)
        still = body - body.mean(axis=1, keepdims=True) * np.array([1, 0, 1]) + np.array(place)
        seen.append(detect(still, cameras, "coco17", Faults(noise=6), 300))
    unposed = [unposed_camera(camera.name, camera.size) for camera in cameras]
    posed = pose_cameras_of_crowd(unposed, np.stack(seen, axis=2), COCO)
    assert posed is not None
    assert centre_error(align_cameras(posed[0], cameras), cameras) < 15


def test_stretches_end_where_people_meet():
    cameras = studio((1,), seed=73)
    walk = np.linspace(-150, 150, 60)[:, None, None] * np.array([1.0, 0, 0])
    bodies = [stick_dancer(60, seed=seed) for seed in (74, 75)]
    seen = [
        detect(body + way * walk, cameras, "coco17", NOISE, 76)
        for body, way in zip(bodies, (1, -1), strict=True)
    ]
    keypoints = np.stack(seen, axis=2)
    tracklets = find_tracklets(keypoints)
    assert len(tracklets) == 4
    for tracklet in tracklets:
        frames = np.flatnonzero(tracklet.present)
        assert len({frame < 30 for frame in frames}) == 1
        own = [
            np.nanmax(np.abs(tracklet.keypoints[frames] - person[0, frames])) == 0
            for person in seen
        ]
        assert sum(own) == 1


def test_who_is_alone_long_enough_is_enough():
    taken = crowd(2, 150, 77, views=VIEWS, faults=NOISE)
    keypoints = taken.keypoints.copy()
    keypoints[taken.owners == -1] = np.nan
    assert lonely_person(keypoints) is None
    gone = taken.owners == 1
    gone[:, :40] = False
    keypoints[gone] = np.nan
    person = lonely_person(keypoints)
    assert person is not None
    own = taken.alone(0)
    np.testing.assert_array_equal(person[:, 60:], own[:, 60:])
    assert not np.isfinite(person[:, :30]).any()


def test_where_nobody_can_be_told_the_remedy_is():
    taken = crowd(2, 8, 79, views=VIEWS, faults=NOISE)
    with pytest.raises(ValueError, match="give a calibration, record a few seconds in which one"):
        reconstruct_people(taken.keypoints, None, COCO, Options(person="all"))
