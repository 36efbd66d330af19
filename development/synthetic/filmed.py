"""Videos of drawn people before several cameras, of whom everything is known.

The built-in body, in a shirt, trousers and shoes of its own, dances in a plain room; a detector of
people finds it, although it was made for photographs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from development.synthetic.body_capture import CENTIMETRES, joints_of, keypoints_of
from development.synthetic.clip import write_frames
from development.synthetic.motion import dance
from development.synthetic.people import room
from infer_multiview_triangulation.multiview_geometry import Camera
from infer_smpl_fit.smpl_body.conventions import SMPL_JOINTS
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel, face_normals
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import AMBIENT, frame_vertices, is_drawable, project

Colour = tuple[int, int, int]
# What infer_people finds.
FOUND_SKELETON = "coco17"
SKIN, HAIR, SHOES = (222, 178, 152), (70, 52, 40), (45, 42, 48)
# Shirt and trousers of each person.
CLOTHES: tuple[tuple[Colour, Colour], ...] = (
    ((176, 62, 58), (52, 62, 92)),
    ((66, 122, 88), (96, 84, 70)),
    ((222, 190, 92), (60, 60, 66)),
)
SLEEVES = ("left_shoulder", "right_shoulder")
DRESSED = {
    "shirt": ("spine1", "spine2", "spine3", "left_collar", "right_collar", *SLEEVES),
    "trousers": ("pelvis", "left_hip", "right_hip", "left_knee", "right_knee"),
    "shoes": ("left_ankle", "right_ankle", "left_foot", "right_foot"),
}
# From the crown downwards, metres.
HAIR_LENGTH = 0.09
SUBPIXEL_BITS = 3
# How far cameras stand from the middle, how high, and at what height they look; centimetres.
AWAY, HIGH, AIM = 330.0, 160.0, 88.0
# What of the middle's height and width a picture holds, centimetres.
TALL = 235.0
ASPECT = 1.0


@dataclass(frozen=True)
class Filmed:
    """A take and its truth.

    Attributes:
        model: The body of all.
        cameras: Without distortion, centimetres.
        motions: Of each person, in centimetres, y up.
        joints: (N, F, 24, 3) centimetres, SMPL's.
        keypoints: (N, F, 17, 3) centimetres, COCO's.
        fps: Frames a second.
    """

    model: BodyModel
    cameras: list[Camera]
    motions: list[BodyMotion]
    joints: np.ndarray
    keypoints: np.ndarray
    fps: int


def film(
    frames: int,
    *,
    people: int = 1,
    fps: int = 30,
    height: int = 720,
    views: int = 4,
    seed: int = 7,
) -> Filmed:
    """Let people dance, each on a place of their own, amid a ring of cameras.

    Args:
        frames: F.
        people: N.
        fps: Frames a second.
        height: Of the pictures, pixels.
        views: How many cameras.
        seed: Of everything that chance decides.
    """
    model = load_body(None)
    motions, joints, keypoints = [], [], []
    for person in range(people):
        poses, transl = dance(seed + person, frames, float(fps), rest_joints=model.rest_joints)
        turn = 2 * np.pi * person / people
        aside = 0.0 if people == 1 else 0.65
        transl = transl + aside * np.array([np.cos(turn), 0.0, np.sin(turn)])
        betas = np.zeros(model.beta_count)
        joints.append(CENTIMETRES * joints_of(model, poses, transl))
        found = keypoints_of(model, poses, transl, convention=FOUND_SKELETON)
        keypoints.append(CENTIMETRES * found)
        motions.append(BodyMotion(poses, CENTIMETRES * transl, betas, CENTIMETRES, float(fps)))
    cameras = [_camera(f"cam{n + 1}", 2 * np.pi * (n + 0.3) / views, height) for n in range(views)]
    return Filmed(model, cameras, motions, np.stack(joints), np.stack(keypoints), fps)


def write_videos(folder: Path, take: Filmed) -> list[Path]:
    """Write what each camera films as ``NAME.mp4``; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    dresses = [
        _face_colours(take.model, *CLOTHES[person % len(CLOTHES)])
        for person in range(len(take.motions))
    ]
    count = len(take.model.v_template)
    joined = np.concatenate([take.model.faces + count * n for n in range(len(dresses))])
    colours = np.concatenate(dresses)
    bodies = [
        np.concatenate([frame_vertices(motion, take.model, frame) for motion in take.motions])
        for frame in range(len(take.motions[0]))
    ]
    paths = []
    for camera in take.cameras:
        assert camera.size is not None
        backdrop = room(camera.size[1], camera.size[0])
        projection = camera.matrix @ camera.extrinsics
        drawn = (
            _drawn(backdrop, body, joined, colours=colours, camera=projection) for body in bodies
        )
        paths.append(folder / f"{camera.name}.mp4")
        write_frames(paths[-1], drawn, take.fps)
    return paths


def _camera(name: str, turn: float, height: int) -> Camera:
    """A camera of the ring, that looks at its middle."""
    width = round(ASPECT * height / 2) * 2
    centre = np.array([AWAY * np.sin(turn), HIGH, AWAY * np.cos(turn)])
    forward = np.array([0.0, AIM, 0.0]) - centre
    distance = float(np.linalg.norm(forward))
    forward /= distance
    right = np.cross(forward, np.array([0.0, 1.0, 0.0]))
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    focal = height * distance / TALL
    matrix = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    vector = Rotation.from_matrix(rotation).as_rotvec()
    return Camera(name, (width, height), matrix, np.zeros(5), vector, -rotation @ centre)


def _face_colours(model: BodyModel, shirt: Colour, trousers: Colour) -> np.ndarray:
    """(M, 3): what each face is covered with, by the joint that moves it most."""
    owner = model.weights.argmax(axis=1)
    colours = np.tile(np.array(SKIN, float), (len(owner), 1))
    for name, colour in (("shirt", shirt), ("trousers", trousers), ("shoes", SHOES)):
        colours[np.isin(owner, [SMPL_JOINTS.index(joint) for joint in DRESSED[name]])] = colour
    heights, forward = model.v_template[:, 1], model.v_template[:, 2]
    face = forward > np.median(forward[owner == SMPL_JOINTS.index("head")])
    scalp = heights > heights.max() - np.where(face, HAIR_LENGTH / 2, 2 * HAIR_LENGTH)
    colours[scalp] = HAIR
    return colours[model.faces].mean(axis=1)


def _drawn(
    picture: np.ndarray,
    vertices: np.ndarray,
    faces: np.ndarray,
    *,
    colours: np.ndarray,
    camera: np.ndarray,
) -> np.ndarray:
    """A mesh of many colours over a picture, lit from above beside the camera."""
    pixels, depths = project(vertices, camera)
    normals = face_normals(vertices, faces)
    eye = -np.linalg.solve(camera[:, :3], camera[:, 3])
    rays = eye - vertices[faces[:, 0]]
    facing = np.einsum("mi,mi->m", normals, rays) > 0
    lamp = np.array([0.25, 1.0, 0.0]) + rays / np.linalg.norm(rays, axis=1, keepdims=True)
    lengths = np.linalg.norm(normals, axis=1) * np.linalg.norm(lamp, axis=1)
    light = np.clip(np.einsum("mi,mi->m", normals, lamp) / np.maximum(lengths, 1e-20), 0, 1)
    shown = np.flatnonzero(facing & is_drawable(pixels, depths, picture.shape)[faces].all(axis=1))
    shown = shown[np.argsort(-depths[faces[shown]].mean(axis=1))]
    shades = ((AMBIENT + (1 - AMBIENT) * light[shown])[:, None] * colours[shown]).tolist()
    triangles = np.round(pixels[faces[shown]] * (1 << SUBPIXEL_BITS)).astype(np.int32)
    drawn = picture.copy()
    for triangle, shade in zip(triangles, shades, strict=True):
        cv2.fillConvexPoly(drawn, triangle, shade, cv2.LINE_8, SUBPIXEL_BITS)
    return drawn
