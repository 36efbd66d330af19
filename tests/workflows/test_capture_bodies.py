"""The bodies of a capture, read back as EasyVolcap reads them and posed as EasyMocap does."""

import json

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from development.synthetic.body_capture import RATE, SKELETON, joints_of, keypoints_of
from development.synthetic.capture import CLEAN, detect, studio
from development.synthetic.motion import dance
from infer_multiview_triangulation.multiview_files import write_cameras_json
from infer_smpl_fit.smpl_body.loader import load_body
from plugin_kit.array_files import write_npz
from workflows.capture.command import parse_arguments
from workflows.capture.motion import make_motion, write_cameras
from workflows.capture.report import CaptureReport

FRAMES, PEOPLE = 24, 2
METRE = 100.0


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A root of two dancers before five cameras; their joints, metres."""
    root, model = tmp_path_factory.mktemp("root"), load_body(None)
    cameras = studio((1, 3, 5, 7, 9), seed=4)
    joints, seen = [], []
    for seed in range(PEOPLE):
        poses, transl = dance(seed, FRAMES, RATE, rest_joints=model.rest_joints)
        transl = transl + np.array([1.6 * seed - 0.8, 0, 0])
        joints.append(joints_of(model, poses, transl))
        points = METRE * keypoints_of(model, poses, transl, convention=SKELETON)
        seen.append(detect(points, cameras, SKELETON, CLEAN, seed))
    found = {"keypoints2d": np.stack(seen, axis=2), "skeleton": SKELETON, "fps": RATE}
    write_npz(root / "keypoints2d.npz", {**found, "views": [c.name for c in cameras]})
    write_cameras_json(root.parent / "ring.json", cameras)
    given = [str(root), "--output", str(root), "--cameras", str(root.parent / "ring.json")]
    options = parse_arguments([*given, "--", "--person", "all", "--units", "cm", "--no-preview"])
    report = CaptureReport([])
    make_motion(options, report)
    write_cameras(options, [camera.name for camera in cameras], report)
    return root, report, cameras, joints


def posed_as_easymocap(poses, shapes, turn, move):
    """(24, 3) metres: joints by forward kinematics about the origin, then turned and moved."""
    model = load_body(None)
    rest = model.joints(shapes[: model.beta_count])
    local = Rotation.from_rotvec(poses.reshape(-1, 3)[: len(rest)])
    world, places = [], np.array(rest)
    for joint, parent in enumerate(model.parents):
        before = world[parent] if parent >= 0 else Rotation.identity()
        if parent >= 0:
            places[joint] = places[parent] + before.apply(rest[joint] - rest[parent])
        world.append(before * local[joint])
    return Rotation.from_rotvec(turn).apply(places) + move


def nearest(found, joints):
    """Which of the people it is, and how far off in the mean, metres."""
    off = [np.linalg.norm(found - person, axis=-1).mean() for person in joints]
    return int(np.argmin(off)), min(off)


def test_motion_npz_is_what_easyvolcap_reads(made):
    root, report, _, joints = made
    assert not report.failures
    who = set()
    for name in ("motion_0.npz", "motion_1.npz"):
        motion = dict(np.load(root / name))
        shapes = {key: motion[key].shape for key in ("poses", "shapes", "Rh", "Th")}
        assert shapes == {
            "poses": (FRAMES, 156),
            "shapes": (FRAMES, 10),
            "Rh": (FRAMES, 3),
            "Th": (FRAMES, 3),
        }
        assert not motion["poses"][:, :3].any()
        rows = zip(motion["poses"], motion["shapes"], motion["Rh"], motion["Th"], strict=True)
        person, off = nearest(np.stack([posed_as_easymocap(*row) for row in rows]), joints)
        assert off < 0.03
        who.add(person)
    assert who == {0, 1}
    first = dict(np.load(root / "motion.npz"))
    np.testing.assert_array_equal(first["Th"], np.load(root / "motion_0.npz")["Th"])


def test_a_file_a_frame_has_everybody_as_easymocap_writes_it(made):
    root, _, _, joints = made
    files = sorted((root / "output-output-smpl-3d" / "smplfull").iterdir())
    assert [path.name for path in files] == [f"{frame:06d}.json" for frame in range(FRAMES)]
    people = json.loads(files[7].read_text())["annots"]
    assert [person["id"] for person in people] == [0, 1]
    who = []
    for person in people:
        row = [np.array(person[key])[0] for key in ("poses", "shapes", "Rh", "Th")]
        places = [truth[7] for truth in joints]
        who.append(nearest(posed_as_easymocap(*row), places)[0])
    assert sorted(who) == [0, 1]


def test_the_roots_cameras_see_the_bodies_where_the_people_are(made):
    root, _, cameras, joints = made
    motion = np.load(root / "motion.npz")
    row = [motion[key][5] for key in ("poses", "shapes", "Rh", "Th")]
    places = posed_as_easymocap(*row)
    truth = joints[nearest(places, [person[5] for person in joints])[0]][5]
    intri, extri = (
        cv2.FileStorage(str(root / f"{name}.yml"), cv2.FILE_STORAGE_READ)
        for name in ("intri", "extri")
    )
    for camera in cameras:
        k = intri.getNode(f"K_{camera.name}").mat()
        distortion = intri.getNode(f"dist_{camera.name}").mat()
        turn, move = (extri.getNode(f"{key}_{camera.name}").mat() for key in ("R", "T"))
        seen = cv2.projectPoints(places, turn, move, k, distortion)[0][:, 0]
        expected = camera.project(METRE * truth)
        assert np.median(np.linalg.norm(seen - expected, axis=1)) < 12
