"""The fit: derivatives, the linear solver, and the accuracy and cost that are promised."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from development.synthetic.motion import dance
from infer_smpl_fit.infer_smpl_fit_kit.stopping import Stopped
from infer_smpl_fit.smpl_body.conventions import convention_of
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_fitting import fit_body
from infer_smpl_fit.smpl_fitting.banded import NormalEquations, Step, newton_step
from infer_smpl_fit.smpl_fitting.kinematics import (
    Free,
    State,
    apply_step,
    forward,
    frame_jacobian,
    scale_jacobian,
    shape_jacobian,
)
from infer_smpl_fit.smpl_fitting.objective import Objective, Observations
from infer_smpl_fit.smpl_fitting.priors import joint_priors
from infer_smpl_fit.smpl_fitting.rig import rig_of
from infer_smpl_fit.smpl_fitting.rotations import exponential, inverse_left_jacobian, logarithm
from infer_smpl_fit.smpl_fitting.windows import OVERLAP, windows
from tests.infer_smpl_fit.scenes import assert_finite, errors, keypoint_error, scene_of
from tests.infer_smpl_fit.stand_in import joints_of, stand_in_body

PROMISE = {"keypoints": 7.0, "joints": 12.0, "rotations": 10.0, "acceleration": 4.0}
ALL = Free(betas=True, scaling=True, offsets=True)


@pytest.fixture(scope="module")
def builtin():
    return load_body(None)


@pytest.fixture(scope="module")
def objective_and_state():
    """Few frames far from the optimum, some keypoints missing, a cut in time."""
    model, rng = stand_in_body(), np.random.default_rng(0)
    scene = scene_of(model, "coco17", 1, frames=7)
    rig = rig_of(model, convention_of("coco17", 17), np.ones(17, bool))
    weights = np.isfinite(scene.seen).all(axis=2) * rng.uniform(0.2, 1, (7, 17))
    times = np.array([0, 1, 2, 3, 7, 8, 9])
    seen = Observations(np.nan_to_num(scene.seen), weights, times, 30.0)
    turns = exponential(rng.normal(0, 0.2, (7, 24, 3)))
    state = State(
        turns @ exponential(scene.poses),
        scene.transl + rng.normal(0, 0.05, (7, 3)),
        rng.normal(0, 1, model.beta_count),
        1.1,
        rng.normal(0, 0.02, (17, 3)),
    )
    return Objective(rig, seen, joint_priors(rig.active), 5.0), state


def test_rotations_return():
    vectors = np.random.default_rng(0).normal(0, 1, (500, 3))
    vectors *= np.minimum(1, 3.1 / np.linalg.norm(vectors, axis=1))[:, None]
    vectors[0], vectors[1], vectors[2] = 0, (1e-7, 0, 0), (0, 3.14159, 0)
    np.testing.assert_allclose(logarithm(exponential(vectors)), vectors, atol=1e-7)
    push = 1e-6 * np.array((0.3, -0.5, 0.8))
    moved = logarithm(exponential(push) @ exponential(vectors[3:])) - vectors[3:]
    expected = inverse_left_jacobian(vectors[3:]) @ push
    np.testing.assert_allclose(moved, expected, atol=1e-10)


@pytest.mark.parametrize("frames", [1, 2, 3, 6])
def test_block_banded_factor_solves_what_a_dense_one_does(frames):
    rng, size, shared = np.random.default_rng(frames), 4, 3
    blocks = rng.normal(size=(frames, size, size))
    diagonal = blocks @ blocks.swapaxes(1, 2) + 8 * np.eye(size)
    one, two = rng.normal(size=(frames - 1, size)), rng.normal(size=(max(frames - 2, 0), size))
    coupling = rng.normal(size=(frames, size, shared))
    dense = np.zeros((frames * size + shared,) * 2)
    for t in range(frames):
        for shift, band in ((0, None), (1, one), (2, two)):
            if t + shift < frames:
                block = diagonal[t] if band is None else np.diag(band[t])
                at = slice(t * size, (t + 1) * size)
                to = slice((t + shift) * size, (t + shift + 1) * size)
                dense[at, to], dense[to, at] = block, block.T
    dense[: frames * size, -shared:] = coupling.reshape(-1, shared)
    dense[-shared:, : frames * size] = coupling.reshape(-1, shared).T
    dense[-shared:, -shared:] = 50 * np.eye(shared)
    gradient = rng.normal(size=dense.shape[0])
    step = newton_step(
        NormalEquations(
            diagonal=diagonal,
            off_diagonal_1=one,
            off_diagonal_2=two,
            gradient=gradient[:-shared].reshape(frames, size),
            coupling=coupling,
            shared_hessian=50 * np.eye(shared),
            shared_gradient=gradient[-shared:],
        )
    )
    found = np.concatenate([step.frames.ravel(), step.shared])
    np.testing.assert_allclose(found, -np.linalg.solve(dense, gradient), atol=1e-9)


def test_keypoint_jacobians_match_differences(objective_and_state):
    objective, state = objective_and_state
    rig, tiny = objective.rig, 1e-6
    posed = forward(rig, state)
    own = frame_jacobian(rig, posed)
    frames, width = len(state.transl), own.shape[3]
    shapes = len(state.betas)
    common = np.concatenate([shape_jacobian(rig, posed), scale_jacobian(posed)], axis=3)
    size = shapes + 1 + 3 * len(rig.bones)
    for column in range(width):
        step = np.zeros((frames, width))
        step[:, column] = tiny
        step = Step(step, np.zeros(size))
        moved = forward(rig, apply_step(rig, state, step, free=ALL)).points
        np.testing.assert_allclose((moved - posed.points) / tiny, own[..., column], atol=1e-5)
    for column in range(shapes + 1):
        change = np.zeros(size)
        change[column] = tiny
        step = Step(np.zeros((frames, width)), change)
        moved = forward(rig, apply_step(rig, state, step, free=ALL)).points
        np.testing.assert_allclose((moved - posed.points) / tiny, common[..., column], atol=1e-5)


def test_gradient_of_the_objective_matches_differences(objective_and_state):
    objective, state = objective_and_state
    rig, kernel, tiny = objective.rig, 0.1, 1e-6
    normal = objective.normal_equations(forward(rig, state), kernel, ALL)

    def cost(step, common):
        moved = apply_step(rig, state, Step(step, common), free=ALL)
        return objective.cost(forward(rig, moved), kernel)

    shape, size = normal.gradient.shape, len(normal.shared_gradient)
    rng = np.random.default_rng(0)
    for _ in range(12):
        step, common = rng.normal(size=shape), rng.normal(size=size)
        slope = cost(tiny * step, tiny * common) - cost(-tiny * step, -tiny * common)
        expected = np.sum(normal.gradient * step) + normal.shared_gradient @ common
        assert slope / (2 * tiny) == pytest.approx(2 * expected, rel=1e-4)


def test_dance_is_natural(builtin):
    limits = joint_priors(np.arange(24))
    for seed in range(5):
        poses, transl = dance(seed, 240, 60.0, builtin.rest_joints)
        beyond = (poses < limits.lowest) | (poses > limits.highest)
        assert beyond.mean() < 0.002
        joints = joints_of(builtin, poses, transl)
        assert 0.3 < 1000 * np.linalg.norm(np.diff(joints, 2, axis=0), axis=2).mean() < 2
        feet = joints[:, [7, 8], 1]
        assert feet.min() > 0.05 and feet.max() < 0.3
        again, _ = dance(seed, 120, 30.0, builtin.rest_joints)
        assert (
            np.linalg.norm(logarithm(exponential(poses[::2]) @ _inverse(again)), axis=2).max() < 0.1
        )


def _inverse(poses):
    return exponential(poses).swapaxes(-1, -2)


@pytest.mark.parametrize("convention", ["coco17", "body25", "body25b", "smpl24", "h36m17"])
@pytest.mark.parametrize("body", ["builtin", "stand_in"])
def test_promised_accuracy(convention, body, builtin):
    model = builtin if body == "builtin" else stand_in_body()
    scene = scene_of(model, convention, 205)
    fit = fit_body(model, scene.seen, convention, fps=60.0)
    assert_finite(fit)
    found = errors(scene, fit)
    assert {name: found[name] for name in PROMISE if found[name] > PROMISE[name]} == {}
    assert (np.diff(fit.losses) <= 1e-9 * fit.losses[0]).all()
    assert fit.report["warnings"] == [] and fit.scaling == 1.0


def test_long_clip_goes_through_windows(builtin):
    scene = scene_of(builtin, "coco17", 207, frames=1300)
    told = []
    fit = fit_body(builtin, scene.seen, "coco17", fps=60.0, progress=told.append)
    found = errors(scene, fit)
    assert {name: found[name] for name in PROMISE if found[name] > PROMISE[name]} == {}
    assert told == sorted(told) and told[-1] == 1.0
    seams = np.array([begin for begin, _ in windows(1300)][1:])
    joints = joints_of(builtin, fit.poses, fit.transl, fit.betas)
    jolts = 1000 * np.linalg.norm(np.diff(joints, n=2, axis=0), axis=2).max(axis=1)
    around = (seams[:, None] + np.arange(-2, OVERLAP + 2)).ravel()
    assert np.median(jolts[around]) < 1.3 * np.median(jolts)


@pytest.mark.parametrize("frames", [1, 599, 600, 601, 640, 1160, 1161, 5000])
def test_windows_cover_everything_and_overlap(frames):
    parts = windows(frames)
    assert parts[0][0] == 0 and parts[-1][1] == frames
    for (_, end), (begin, _) in pairwise(parts):
        assert end - begin >= OVERLAP


def test_a_mode_goes_on_from_where_another_ended(builtin):
    seen = scene_of(builtin, "coco17", 6, frames=40).seen
    first = fit_body(builtin, seen, "coco17", fps=60.0, units="m")
    alone, on = (
        fit_body(builtin, seen, "coco17", fps=60.0, units="m", mode="aist", start=start)
        for start in (None, first.state)
    )
    assert len(on.losses) < len(alone.losses)
    assert on.losses[-1] == pytest.approx(alone.losses[-1], rel=2e-3)
    assert on.scaling == pytest.approx(alone.scaling, rel=2e-3)
    assert not on.betas.any()
    assert np.abs(on.transl - alone.transl).max() < 0.01


def test_aist_mode_keeps_the_mean_shape_and_the_unit(builtin):
    scene = scene_of(builtin, "coco17", 208, shapes=0.0)
    fit = fit_body(builtin, 130 * scene.seen, "coco17", fps=60.0, mode="aist")
    assert fit.report["unit"] == "cm" and not fit.betas.any()
    assert fit.scaling == pytest.approx(130, rel=0.02)
    in_metres = replace(fit, scaling=fit.scaling / 130, transl=fit.transl / 130)
    found = errors(scene, in_metres)
    assert {name: found[name] for name in PROMISE if found[name] > PROMISE[name]} == {}


def test_another_body_fits_as_well(builtin):
    scene = scene_of(builtin, "coco17", 209)
    fit = fit_body(stand_in_body(), scene.seen, "coco17", fps=60.0)
    assert keypoint_error(scene, fit, stand_in_body()) < 9
    assert errors(scene, fit)["rotations"] < 13


@pytest.mark.parametrize("size", [-3.0, 3.0])
def test_small_and_tall_people(builtin, size):
    scene = scene_of(builtin, "coco17", 213, tall=size)
    fit = fit_body(builtin, scene.seen, "coco17", fps=60.0)
    assert fit.betas[0] == pytest.approx(size, abs=0.5)
    assert errors(scene, fit)["joints"] < PROMISE["joints"]


def test_the_worlds_axes_do_not_matter(builtin):
    scene = scene_of(builtin, "coco17", 214, frames=60)
    turn = exponential(np.array((1.0, 0.5, -2.0)))
    fit = fit_body(builtin, scene.seen, "coco17", fps=60.0)
    turned = fit_body(builtin, scene.seen @ turn.T + 3, "coco17", fps=60.0)
    np.testing.assert_allclose(turned.poses[:, 1:], fit.poses[:, 1:], atol=1e-4)
    root = turn @ exponential(fit.poses[:, 0])
    np.testing.assert_allclose(exponential(turned.poses[:, 0]), root, atol=1e-4)


def test_real_keypoints(builtin, shared):
    """A walker on a beam by Pose2Sim: the fit is close, and swapped sides are noticed."""
    folder = shared / "data/pose2sim_demo_single/S00_P00_T01_BalancingTrial/pose-3d"
    files = sorted(folder.glob("*butterworth.trc"))
    if not files:
        pytest.skip(f"no .trc in {folder}")
    keypoints = _trc_as_body25b(files[0])
    fit = fit_body(builtin, keypoints, "body25b", fps=60.0)
    assert fit.report["residual_mean_mm"] < 16 and fit.report["warnings"] == []
    swapped = keypoints[:, list(convention_of("body25b", 25).mirrored)]
    assert fit_body(builtin, swapped, "body25b", fps=60.0).report["mirrored_labels"]


def _trc_as_body25b(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    names = [name for name in lines[3].split("\t")[2:] if name]
    rows = [line.split("\t") for line in lines[5:] if line.strip()]
    values = np.array(
        [[float(v) if v else np.nan for v in row[: 2 + 3 * len(names)]] for row in rows]
    )
    places = {"Neck": "upper_neck", "Head": "head_top", "Nose": "nose"}
    parts = {"BigToe": "big_toe", "SmallToe": "small_toe"}
    keypoints = convention_of("body25b", 25).keypoints
    out = np.full((len(values), 25, 3), np.nan)
    for i, name in enumerate(names):
        side = {"L": "left_", "R": "right_"}.get(name[0], "")
        known = places.get(name) or side + parts.get(name[1:], name[1:].lower())
        out[:, keypoints.index(known)] = values[:, 2 + 3 * i : 5 + 3 * i]
    return out


def test_offsets_take_up_a_detectors_own_idea_of_joints(builtin):
    scene = scene_of(builtin, "coco17", 210)
    hips = np.zeros((17, 3))
    hips[11], hips[12] = (0.02, 0.0, 0.0), (-0.02, 0.0, 0.0)
    bones = exponential(scene.poses)[:, 0]
    seen = scene.seen + np.einsum("fab,jb->fja", bones, hips)
    fit = fit_body(builtin, seen, "coco17", fps=60.0)
    assert fit.offsets[11, 0] > 0.005 and fit.offsets[12, 0] < -0.005
    assert errors(scene, fit)["joints"] < PROMISE["joints"]


def test_smoothness_does_not_depend_on_the_frame_rate(builtin):
    slow, fast = (scene_of(builtin, "coco17", 211, frames=2 * n, fps=n) for n in (30, 120))
    found = [
        errors(s, fit_body(builtin, s.seen, "coco17", fps=n)) for s, n in ((slow, 30), (fast, 120))
    ]
    assert found[1]["keypoints"] < found[0]["keypoints"] < 10
    calm = fit_body(builtin, slow.seen, "coco17", fps=30.0, smooth=50.0)
    assert errors(slow, calm)["acceleration"] < found[0]["acceleration"]


def test_stops_when_asked(builtin):
    scene = scene_of(builtin, "coco17", 212, frames=10)
    with pytest.raises(Stopped):
        fit_body(builtin, scene.seen, "coco17", fps=60.0, should_stop=lambda: True)
