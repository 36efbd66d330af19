"""The built-in body: its size, layout and shape; the turn of the world."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from infer_smpl_fit.smpl_body.builtin import BUILTIN_FILE
from infer_smpl_fit.smpl_body.loader import SMPL_LANDMARKS, load_body
from infer_smpl_fit.smpl_body.model import posed_vertices, world_transforms
from infer_smpl_fit.smpl_export.motion import BodyMotion
from tests.infer_smpl_fit.procedural_body import PARENTS, procedural_body
from tests.infer_smpl_fit.scenes import Y_UP_TO_Z_UP

PELVIS, HIPS, KNEES, ANKLES, NECK, HEAD = 0, (1, 2), (4, 5), (7, 8), 12, 15
SHOULDERS, ELBOWS, WRISTS, HANDS = (16, 17), (18, 19), (20, 21), (22, 23)


@pytest.fixture(scope="module")
def body():
    return load_body(None)


def stature(body, betas):
    return np.ptp(body.vertices(np.asarray(betas, float))[:, 1])


def with_beta(index, value):
    betas = np.zeros(10)
    betas[index] = value
    return betas


def test_file_is_small_and_has_a_notice():
    assert BUILTIN_FILE.stat().st_size < 3_000_000
    notice = BUILTIN_FILE.with_name("NOTICE").read_text()
    assert "Apache License" in notice
    assert "CC0" in notice


def test_layout_is_smpls(body):
    count = len(body.v_template)
    assert (body.joint_count, body.beta_count) == (24, 10)
    assert body.parents.tolist() == PARENTS
    assert body.posedirs.shape == (count, 3, 207)
    assert not body.has_correctives
    assert body.weights.shape == (count, 24)
    assert np.allclose(body.weights.sum(axis=1), 1, atol=1e-12)
    assert (body.weights >= 0).all()
    assert ((body.weights > 0).sum(axis=1) <= 4).all()
    assert np.allclose(body.J_regressor.sum(axis=1), 1, atol=1e-6)
    assert np.unique(body.faces).tolist() == list(range(count))
    assert body.landmarks == SMPL_LANDMARKS


def test_t_pose_is_upright_and_looks_ahead(body):
    joints = body.rest_joints
    for left, right in (HIPS, KNEES, ANKLES, SHOULDERS, ELBOWS, WRISTS, HANDS, (10, 11), (13, 14)):
        assert joints[left, 0] > 0.02
        assert np.allclose(joints[left] * [-1, 1, 1], joints[right], atol=2e-3)
    for left, _ in (ELBOWS, WRISTS, HANDS):
        assert np.allclose(joints[left, 1:], joints[SHOULDERS[0], 1:], atol=2e-3)
    heights = joints[[ANKLES[0], KNEES[0], HIPS[0], PELVIS, 3, 6, 9, NECK, HEAD], 1]
    assert (np.diff(heights) > 0.01).all()
    marks = {name: body.v_template[vertex] for name, vertex in body.landmarks.items()}
    assert marks["nose"][2] > marks["left_ear"][2] + 0.05
    assert abs(marks["nose"][0]) < 1e-3
    assert marks["left_big_toe"][2] > joints[ANKLES[0], 2] + 0.1 > marks["left_heel"][2] + 0.1
    assert marks["left_small_toe"][0] > marks["left_big_toe"][0] > 0
    for name, place in marks.items():
        if name.startswith("left"):
            other = marks[name.replace("left", "right")]
            assert np.allclose(place * [-1, 1, 1], other, atol=2e-3), name


def test_joints_lie_inside_their_limbs(body):
    """A joint is near the middle of the vertices that follow both of its bones."""
    for joint in (*KNEES, *ELBOWS, *WRISTS, *ANKLES, NECK):
        parent = body.parents[joint]
        ring = np.minimum(body.weights[:, joint], body.weights[:, parent]) > 0.25
        assert ring.sum() > 8
        middle = body.v_template[ring].mean(axis=0)
        assert np.linalg.norm(middle - body.rest_joints[joint]) < 0.045, joint


def test_faces_point_outwards(body):
    a, b, c = (body.v_template[body.faces[:, corner]] for corner in range(3))
    volume = np.einsum("mi,mi->m", a, np.cross(b, c)).sum() / 6
    assert 0.05 < volume < 0.11


def test_beta_0_is_height_in_standard_deviations(body):
    assert stature(body, np.zeros(10)) == pytest.approx(1.70, abs=0.01)
    slope = stature(body, with_beta(0, 1)) - stature(body, np.zeros(10))
    assert slope == pytest.approx(0.105, abs=0.01)
    for index in range(1, 10):
        change = stature(body, with_beta(index, 1)) - stature(body, np.zeros(10))
        assert abs(change) < 0.015, index


def test_shaped_bodies_stay_people(body):
    """At two standard deviations joints stay inside the body and limbs keep their sides equal."""
    rng = np.random.default_rng(5)
    for _ in range(30):
        betas = np.clip(rng.normal(size=10), -2, 2)
        joints = body.joints(betas)
        vertices = body.vertices(betas)
        assert (joints > vertices.min(axis=0)).all()
        assert (joints < vertices.max(axis=0)).all()
        for up, down in ((SHOULDERS, ELBOWS), (ELBOWS, WRISTS), (HIPS, KNEES), (KNEES, ANKLES)):
            lengths = np.linalg.norm(joints[list(up)] - joints[list(down)], axis=1)
            assert 0.15 < lengths[0] < 0.6
            assert lengths[0] == pytest.approx(lengths[1], abs=4e-3)


def test_raised_arm_moves_only_what_hangs_on_it(body):
    poses = np.zeros((1, 24, 3))
    poses[0, 16] = [0, 0, np.pi / 2]
    still = {"betas": np.zeros(10), "transl": np.zeros((1, 3))}
    moved = posed_vertices(body, poses, **still)[0] - body.v_template
    hand = body.weights[:, [20, 22]].sum(axis=1) > 0.99
    other = body.weights[:, 16:].sum(axis=1) + body.weights[:, 13] == 0
    assert hand.sum() > 100
    assert (moved[hand, 1] > 0.4).all()
    assert np.abs(moved[other]).max() < 1e-12


@pytest.mark.parametrize("make", [lambda: load_body(None), procedural_body])
@pytest.mark.parametrize("scaling", [1.0, 87.5])
def test_turned_world_is_the_turned_body(make, scaling):
    model = make()
    rng = np.random.default_rng(2)
    poses, transl = rng.normal(size=(3, 24, 3)) * 0.5, rng.normal(size=(3, 3))
    betas = rng.normal(size=10)
    chosen = np.arange(0, len(model.v_template), 97)
    common = {"betas": betas, "scaling": scaling, "vertices": chosen}
    before = posed_vertices(model, poses, transl=transl, **common)
    motion = BodyMotion(poses, transl, betas, scaling).rotated(Y_UP_TO_Z_UP, model)
    turned = motion.poses
    after = posed_vertices(model, turned, transl=motion.transl, **common)
    assert np.abs(after - before @ Y_UP_TO_Z_UP.T).max() < 1e-10 * scaling
    naive = posed_vertices(model, turned, transl=transl @ Y_UP_TO_Z_UP.T, **common)
    assert np.abs(naive - before @ Y_UP_TO_Z_UP.T).max() > 0.1 * scaling
    assert np.allclose(Y_UP_TO_Z_UP @ [0, 1, 0], [0, 0, 1])


def test_forward_kinematics_agrees_with_a_chain_of_matrices(body):
    rotations = Rotation.random(24, np.random.default_rng(1)).as_matrix()[None]
    world, places = world_transforms(rotations, body.rest_joints, body.parents)
    chain = np.eye(4)
    for joint in (0, 3, 6, 9, 13, 16, 18, 20):
        step = np.eye(4)
        step[:3, :3] = rotations[0, joint]
        parent = body.parents[joint]
        step[:3, 3] = body.rest_joints[joint] - (body.rest_joints[parent] if parent >= 0 else 0)
        chain = chain @ step
    assert np.allclose(chain[:3, 3], places[0, 20], atol=1e-12)
    assert np.allclose(chain[:3, :3], world[0, 20], atol=1e-12)
