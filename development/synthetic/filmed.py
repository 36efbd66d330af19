"""Videos of drawn people before several cameras, of whom everything is known.

The built-in body, in a shirt, trousers and shoes of its own, dances in a plain room; a detector of
people finds it, although it was made for photographs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from development.synthetic.body_capture import CENTIMETRES, joints_of
from development.synthetic.capture import studio
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
VIEWS = (1, 3, 5, 7)


@dataclass(frozen=True)
class Filmed:
    """A take and its truth.

    Attributes:
        model: The body of all.
        cameras: Without distortion, centimetres.
        motions: Of each person, in centimetres, y up.
        joints: (N, F, 24, 3) centimetres, SMPL's.
        fps: Frames a second.
    """

    model: BodyModel
    cameras: list[Camera]
    motions: list[BodyMotion]
    joints: np.ndarray
    fps: int


def film(
    frames: int,
    *,
    people: int = 1,
    fps: int = 30,
    width: int = 960,
    views: Sequence[int] = VIEWS,
    seed: int = 7,
) -> Filmed:
    """Let people dance, each on a place of their own, before some of AIST's cameras.

    Args:
        frames: F.
        people: N.
        fps: Frames a second.
        width: Of the pictures, pixels, 16 to 9.
        views: Which cameras of the ring.
        seed: Of everything that chance decides.
    """
    model = load_body(None)
    motions, joints = [], []
    for person in range(people):
        poses, transl = dance(seed + person, frames, float(fps), rest_joints=model.rest_joints)
        turn = 2 * np.pi * person / people
        aside = 0.0 if people == 1 else 0.75
        transl = transl + aside * np.array([np.cos(turn), 0.0, np.sin(turn)])
        betas = np.zeros(model.beta_count)
        joints.append(CENTIMETRES * joints_of(model, poses, transl))
        motions.append(BodyMotion(poses, CENTIMETRES * transl, betas, CENTIMETRES, float(fps)))
    cameras = [_smaller(camera, width) for camera in studio(views, seed)]
    return Filmed(model, cameras, motions, np.stack(joints), fps)


def write_videos(folder: Path, take: Filmed) -> list[Path]:
    """Write what each camera films as ``NAME.mp4``; return the paths."""
    dresses = [
        _face_colours(take.model, *CLOTHES[person % len(CLOTHES)])
        for person in range(len(take.motions))
    ]
    faces = [take.model.faces + len(take.model.v_template) * n for n in range(len(dresses))]
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
            _drawn(backdrop, body, np.concatenate(faces), np.concatenate(dresses), projection)
            for body in bodies
        )
        paths.append(folder / f"{camera.name}.mp4")
        write_frames(paths[-1], drawn, take.fps)
    return paths


def _smaller(camera: Camera, width: int) -> Camera:
    """The camera at another size of its picture, without distortion."""
    assert camera.size is not None
    scale = width / camera.size[0]
    matrix = camera.matrix.copy()
    matrix[:2] *= scale
    size = (width, round(camera.size[1] * scale))
    return replace(camera, size=size, matrix=matrix, distortions=np.zeros(5))


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
