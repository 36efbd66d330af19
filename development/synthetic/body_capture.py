"""The built-in body dances before AIST's ring of nine cameras, and a detector sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from development.synthetic.capture import TYPICAL, detect, studio
from development.synthetic.clip import write_frames
from development.synthetic.motion import dance
from infer_multiview_triangulation.multiview_geometry import Camera
from infer_multiview_triangulation.multiview_geometry.cameras.aist_ring import SIZE
from infer_smpl_fit.smpl_body.conventions import CONVENTIONS
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel, world_transforms
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import draw_body, frame_vertices
from infer_smpl_fit.smpl_fitting.kinematics import State, forward
from infer_smpl_fit.smpl_fitting.rig import rig_of
from infer_smpl_fit.smpl_fitting.rotations import exponential

CENTIMETRES = 100.0
RATE = 60.0
SEED = 7
SKELETON = "body25"


@dataclass(frozen=True)
class Capture:
    """The truth of a dance, and what the detector saw.

    Attributes:
        poses: (F, 24, 3), axis-angle.
        transl: (F, 3) metres.
        keypoints: (F, J, 3) centimetres.
        joints: (F, 24, 3) centimetres, SMPL's.
        keypoints2d: (V, F, J, 3).
    """

    model: BodyModel
    poses: np.ndarray
    transl: np.ndarray
    cameras: list[Camera]
    keypoints: np.ndarray
    joints: np.ndarray
    keypoints2d: np.ndarray


def make_capture(frames: int, seed: int = SEED) -> Capture:
    """Let the built-in body dance and the detector look."""
    model = load_body(None)
    poses, transl = dance(seed, frames, RATE, rest_joints=model.rest_joints)
    keypoints = CENTIMETRES * keypoints_of(model, poses, transl, convention=SKELETON)
    joints = CENTIMETRES * joints_of(model, poses, transl)
    cameras = studio(seed=seed)
    seen = detect(keypoints, cameras, SKELETON, TYPICAL, seed)
    return Capture(model, poses, transl, cameras, keypoints, joints, seen)


def keypoints_of(
    model: BodyModel, poses: np.ndarray, transl: np.ndarray, *, convention: str
) -> np.ndarray:
    """(F, J, 3) metres: where the convention's keypoints lie on the mean body."""
    layout = CONVENTIONS[convention]
    rig = rig_of(model, layout, np.ones(len(layout.keypoints), bool))
    betas, offsets = np.zeros(model.beta_count), np.zeros((len(rig.columns), 3))
    posed = forward(rig, State(exponential(poses), transl, betas, 1.0, offsets))
    points = np.full((len(poses), len(layout.keypoints), 3), np.nan)
    points[:, rig.columns] = posed.points
    return points


def joints_of(model: BodyModel, poses: np.ndarray, transl: np.ndarray) -> np.ndarray:
    """(F, 24, 3) metres of the mean body."""
    places = world_transforms(exponential(poses), model.rest_joints, model.parents)[1]
    return places + transl[:, None]


def write_video(path: Path, capture: Capture) -> None:
    """What the first camera films: the body in a plain studio."""
    camera = capture.cameras[0]
    motion = BodyMotion(
        capture.poses,
        CENTIMETRES * capture.transl,
        np.zeros(capture.model.beta_count),
        CENTIMETRES,
        RATE,
    )
    projection = camera.matrix @ camera.extrinsics
    backdrop = _backdrop(*(camera.size or SIZE))
    bodies = (frame_vertices(motion, capture.model, frame) for frame in range(len(motion)))
    drawn = (draw_body(backdrop, body, capture.model.faces, camera=projection) for body in bodies)
    write_frames(path, drawn, int(RATE))


def _backdrop(width: int, height: int) -> np.ndarray:
    """A cyclorama, uint8 RGB: light above, a horizon, a floor."""
    rows = np.linspace(0, 1, height)[:, None]
    wall, floor = 205 - 60 * rows, 120 + 60 * rows
    share = 1 / (1 + np.exp(-(rows - 0.72) * 60))
    grey = wall * (1 - share) + floor * share
    tinted = grey[..., None] * np.array([0.96, 1.0, 1.04])
    return np.clip(np.broadcast_to(tinted, (height, width, 3)), 0, 255).astype(np.uint8)
