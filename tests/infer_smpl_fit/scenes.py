"""Dances seen by a noisy detector, and how far a fit is from the truth."""

from dataclasses import dataclass, replace

import numpy as np

from development.synthetic.motion import dance
from infer_smpl_fit.smpl_body.conventions import convention_of
from infer_smpl_fit.smpl_body.model import BodyModel
from infer_smpl_fit.smpl_fitting.kinematics import State, forward
from infer_smpl_fit.smpl_fitting.rig import rig_of
from infer_smpl_fit.smpl_fitting.rotations import exponential, logarithm
from tests.infer_smpl_fit.stand_in import joints_of, keypoints_of

Y_UP_TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
# Joints with something beyond them in COCO: neither ankles, wrists, feet nor hands.
OBSERVABLE = [0, 1, 2, 3, 4, 5, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19]


@dataclass(frozen=True)
class Scene:
    """A dance's truth, its clean keypoints and what was seen of them."""

    model: BodyModel
    convention: str
    poses: np.ndarray
    transl: np.ndarray
    betas: np.ndarray
    clean: np.ndarray
    seen: np.ndarray

    def frames(self, begin: int, end: int) -> "Scene":
        cut = {name: getattr(self, name)[begin:end] for name in ("poses", "transl", "clean")}
        return replace(self, **cut, seen=self.seen[begin:end])


def scene_of(
    model, convention, seed, frames=240, noise=0.01, missing=0.05, fps=60.0, shapes=1.0, tall=None
):
    """A dance with noise in metres an axis; a share of the keypoints is missing.

    ``shapes`` is the spread of betas, ``tall`` the first of them.
    """
    rng = np.random.default_rng((seed, 1))
    poses, transl = dance(seed, frames, fps, model.rest_joints)
    betas = rng.normal(0, shapes, model.beta_count)
    if tall is not None:
        betas[0] = tall
    clean = keypoints_of(model, convention, poses, transl, betas)
    seen = clean + rng.normal(0, noise, clean.shape)
    seen[rng.random(clean.shape[:2]) < missing] = np.nan
    return Scene(model, convention, poses, transl, betas, clean, seen)


def predicted(scene, fit, model=None):
    """(F, J, 3): where the fit puts the keypoints, in its own unit."""
    model = scene.model if model is None else model
    count = scene.clean.shape[1]
    rig = rig_of(model, convention_of(scene.convention, count), np.ones(count, bool))
    offsets = fit.offsets[rig.columns]
    state = State(exponential(fit.poses), fit.transl, fit.betas, fit.scaling, offsets)
    out = np.full((len(fit.poses), count, 3), np.nan)
    out[:, rig.columns] = forward(rig, state).points
    return out


def keypoint_error(scene, fit, model=None):
    """Millimetres to the clean keypoints."""
    return 1000 * np.nanmean(np.linalg.norm(predicted(scene, fit, model) - scene.clean, axis=2))


def rotation_error(scene, fit):
    """(F, K) degrees between the joints' own rotations."""
    truth, found = exponential(scene.poses), exponential(fit.poses)
    return np.degrees(np.linalg.norm(logarithm(truth.swapaxes(-1, -2) @ found), axis=-1))


def errors(scene, fit):
    """Keypoints and 22 joints in mm, observable rotations in degrees, acceleration in mm/frame²."""
    truth = joints_of(scene.model, scene.poses, scene.transl, scene.betas)[:, :22]
    found = joints_of(scene.model, fit.poses, fit.transl, fit.betas, fit.scaling)[:, :22]
    jolt = np.diff(found, n=2, axis=0) - np.diff(truth, n=2, axis=0)
    return {
        "keypoints": keypoint_error(scene, fit),
        "joints": 1000 * np.linalg.norm(found - truth, axis=2).mean(),
        "rotations": rotation_error(scene, fit)[:, OBSERVABLE].mean(),
        "acceleration": 1000 * np.linalg.norm(jolt, axis=2).mean(),
    }


def assert_finite(fit):
    for value in (fit.poses, fit.transl, fit.betas, fit.offsets, fit.scaling, fit.losses):
        assert np.isfinite(value).all()
