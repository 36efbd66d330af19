"""Pose2Sim's demonstration: OpenPose's keypoints of four real cameras."""

import numpy as np
import pytest

from infer_multiview_triangulation.multiview_files import read_cameras, read_detections, read_trc
from infer_multiview_triangulation.multiview_geometry import (
    SKELETONS,
    Options,
    reconstruct,
    reconstruct_people,
)

# Pose2Sim's name of each marker that it takes over from the detector as it is, and ours.
RENAMED = {"SmallToe": "small_toe", "BigToe": "big_toe", "Heel": "heel"}
STATIC, BALANCING = "S00_P00_T00_StaticTrial", "S00_P00_T01_BalancingTrial"
MILLIMETRE = 1e-3


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "data" / "pose2sim_demo_single"


@pytest.fixture(scope="module")
def cameras(folder):
    return read_cameras(folder / "Calib_qualisys.toml")


def solved(folder, trial, cameras, kind="pose", views=(0, 1, 2, 3), each=1, **options):
    seen = read_detections(folder / trial / kind, "body25b")
    views = list(views)
    return reconstruct(
        seen.keypoints2d[views, ::each],
        cameras and [cameras[i] for i in views],
        SKELETONS["body25b"],
        Options(**options),
        names=[seen.views[i] for i in views],
        sizes=[(1088, 1920)] * len(views),
        fps=seen.fps and seen.fps / each,
    )


def joint_of(marker):
    """Our name for a marker of the .trc file; None where Pose2Sim made it up."""
    if marker == "Nose":
        return "nose"
    if marker == "Head":
        return "head_top"
    side = {"R": "right_", "L": "left_"}.get(marker[:1])
    name = side + RENAMED.get(marker[1:], marker[1:].lower()) if side else ""
    return name if name in SKELETONS["body25b"].joints else None


def test_plain_triangulation_is_pose2sims(folder, cameras):
    trc = read_trc(folder / STATIC / "pose-3d" / f"{STATIC}_0-12.trc")
    options = {"method": "plain", "optimise": False, "min_confidence": 0}
    ours = solved(folder, STATIC, cameras, "pose-associated", **options).keypoints3d
    # Pose2Sim left view cam03 out where it made the head's error too large.
    head = solved(folder, STATIC, cameras, "pose-associated", (0, 1, 3), **options).keypoints3d
    compared = 0
    for index, marker in enumerate(trc.names):
        name = joint_of(marker)
        if name is None:
            continue
        joint = SKELETONS["body25b"].joints.index(name)
        mine = (head if marker == "Head" else ours)[:, joint, [1, 2, 0]]
        off = np.linalg.norm(mine[: len(trc.points)] - trc.points[: len(mine), index], axis=-1)
        assert np.nanmax(off) < MILLIMETRE, marker
        assert np.isfinite(off).mean() > 0.9, marker
        compared += 1
    assert compared >= 20


def test_refining_cameras_explains_the_balancing_trial(folder, cameras):
    given = solved(folder, BALANCING, cameras, min_confidence=0.3, optimise=False)
    refined = solved(folder, BALANCING, cameras, min_confidence=0.3, mode="refine_cameras")
    assert refined.quality["reprojection_median"] <= 7.2
    assert refined.quality["left_out_median"] <= 13.2
    assert given.quality["left_out_median"] > 18
    for old, new in zip(cameras, refined.cameras, strict=True):
        assert new.name == old.name
        assert np.linalg.norm(new.centre - old.centre) < 0.3
        np.testing.assert_array_equal(new.matrix, old.matrix)
    shins = refined.bone_lengths[SKELETONS["body25b"].bones.index((13, 15))]
    assert 0.3 < shins < 0.5


def test_cameras_from_the_real_person_alone(folder):
    found = solved(folder, BALANCING, None, each=2, scale="height:1.7", min_confidence=0.3)
    assert len(found.cameras) == 4
    assert found.quality["reprojection_median"] < 12
    assert np.isfinite(found.keypoints3d_optim).all(axis=-1).mean() > 0.8


def test_who_stands_behind_is_a_second_person(folder, cameras):
    """OpenPose finds her in two views, and a shred of somebody in one frame of a third column."""
    seen = read_detections(folder / BALANCING / "pose", "body25b")
    assert seen.keypoints2d.shape[2] == 3
    found = reconstruct_people(
        seen.keypoints2d,
        cameras,
        SKELETONS["body25b"],
        Options(person="all", optimise=False),
        sizes=[(1088, 1920)] * 4,
    )
    shown = [
        np.isfinite(person.keypoints2d[..., 0]).any(axis=2).sum(axis=1).tolist()
        for person in found.people
    ]
    assert shown == [[100, 100, 100, 100], [100, 100, 0, 0]]
    middles = [np.nanmedian(p.keypoints3d.reshape(-1, 3), axis=0) for p in found.people]
    assert 2 < np.linalg.norm(middles[1] - middles[0]) < 8
    assert not any("late" in text and "frames" in text for text in found.quality["warnings"])
