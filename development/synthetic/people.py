"""Pictures of the built-in body: who is where in them, and which pixels are theirs, is known."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from development.synthetic.body_capture import CENTIMETRES, RATE, SEED, make_capture
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import draw_body, frame_vertices

MARGIN = 8
# Of the built-in body's 24 joints: hips, knees, shoulders, elbows; of COCO's 17 the same.
BODY_JOINTS = (1, 2, 4, 5, 16, 17, 18, 19)
COCO_JOINTS = (11, 12, 13, 14, 5, 6, 7, 8)
Colour = tuple[int, int, int]
BLUE, RED, GREEN = (110, 140, 200), (190, 90, 80), (90, 160, 90)


def room(height: int, width: int) -> np.ndarray:
    """A wall and a floor with some texture, RGB uint8."""
    rng = np.random.default_rng(3)
    grey = np.linspace(190, 130, height)[:, None, None] * np.array([0.97, 1.0, 1.03])
    rough = cv2.resize(rng.normal(0, 9, (height // 24 + 2, width // 24 + 2)), (width, height))
    return np.clip(grey + rough[..., None], 0, 255).astype(np.uint8)


def place(
    picture: np.ndarray, left: int, bottom: int, tall: int, colour: Colour = BLUE
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the body into ``picture`` (H, W, 3).

    Args:
        left: Where its drawing begins, pixels; it may reach beyond the picture.
        bottom: Where it stands, pixels.
        tall: Its height, pixels.

    Returns:
        Its mask, bool (H, W), and its joints ``COCO_JOINTS``, (8, 2).
    """
    body, covered, joints = _cut_body(colour)
    scale = tall / (covered.shape[0] - 2 * MARGIN)
    size = round(body.shape[1] * scale), round(body.shape[0] * scale)
    small = cv2.resize(body, size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(covered.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    height, width = picture.shape[:2]
    top = round(bottom + MARGIN * scale) - size[1]
    there = np.zeros((height, width), np.float32)
    rows = slice(max(top, 0), min(top + size[1], height))
    columns = slice(max(left, 0), min(left + size[0], width))
    inner = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    there[rows, columns] = share[inner]
    alpha = share[inner][..., None]
    picture[rows, columns] = picture[rows, columns] * (1 - alpha) + small[inner] * alpha
    return there > 0.5, joints * scale + (left, top)


@cache
def _cut_body(colour: Colour) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The drawn body by itself: RGB (h, w, 3), what is covered (h, w), and 8 joints (8, 2)."""
    capture = make_capture(1, SEED)
    camera = capture.cameras[0]
    assert camera.size is not None
    width, height = camera.size
    motion = BodyMotion(
        capture.poses,
        CENTIMETRES * capture.transl,
        np.zeros(capture.model.beta_count),
        CENTIMETRES,
        RATE,
    )
    projection = camera.matrix @ camera.extrinsics
    # What does not change with the ground is the body.
    vertices = frame_vertices(motion, capture.model, 0)
    drawn, again = (
        draw_body(
            np.full((height, width, 3), grey, np.uint8),
            vertices,
            capture.model.faces,
            camera=projection,
            colour=colour,
        )
        for grey in (0, 255)
    )
    covered = (drawn == again).all(axis=2)
    rows, columns = np.nonzero(covered)
    top, left = rows.min() - MARGIN, columns.min() - MARGIN
    part = slice(top, rows.max() + MARGIN), slice(left, columns.max() + MARGIN)
    places = np.c_[capture.joints[0], np.ones(24)] @ projection.T
    joints = places[:, :2] / places[:, 2:] - (left, top)
    return drawn[part], covered[part], joints[list(BODY_JOINTS)]
