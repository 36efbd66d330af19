"""Drawn bodies: where the camera sees them, what hides what, and in which light."""

import cv2
import numpy as np
import pytest

from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_export.render import draw_body, look_at, project

UP, GREY = np.array([0, 1.0, 0]), (200, 200, 200)


@pytest.fixture(scope="module")
def body():
    return load_body(None)


def test_picture_shows_the_body_where_the_camera_sees_it(body):
    camera = look_at(np.zeros(3), np.array([0, 0, 1.0]), up=UP, span=2.4, size=(640, 480))
    blank = np.zeros((480, 640, 3), np.uint8)
    drawn = draw_body(blank, body.v_template, body.faces, camera=camera)
    assert not blank.any()
    shown = drawn.any(axis=2)
    pixels, depths = project(body.v_template, camera)
    assert (depths > 0).all()
    rows, columns = np.nonzero(shown)
    assert abs(columns.min() - pixels[:, 0].min()) < 2
    assert abs(columns.max() - pixels[:, 0].max()) < 2
    assert abs(rows.min() - pixels[:, 1].min()) < 2
    hull = np.zeros((480, 640), np.uint8)
    for face in pixels[body.faces].round().astype(np.int32):
        cv2.fillConvexPoly(hull, face, 1)
    overlap = (shown & (hull > 0)).sum() / (shown | (hull > 0)).sum()
    assert overlap > 0.97
    # The left hand is at the right of a picture taken from the front.
    assert pixels[body.v_template[:, 0].argmax(), 0] > 450


def test_nearer_things_hide_farther_ones_and_light_falls_from_the_camera():
    square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)
    tilt = np.array([[np.sqrt(0.5), 0, np.sqrt(0.5)], [0, 1, 0], [-np.sqrt(0.5), 0, np.sqrt(0.5)]])
    near = 0.4 * square @ tilt.T + [0, 0, 1]
    faces = np.array([[4, 5, 6], [4, 6, 7], [0, 1, 2], [0, 2, 3]])
    camera = look_at(np.zeros(3), np.array([0, 0, 1.0]), up=UP, span=4, size=(400, 400))
    picture = np.zeros((400, 400, 3), np.uint8)
    drawn = draw_body(picture, np.vstack([square, near]), faces, camera=camera, colour=GREY)
    assert drawn[200, 120, 0] > 195
    assert drawn[200, 200, 0] == pytest.approx(200 * (0.35 + 0.65 * np.sqrt(0.5)), abs=4)
    away = draw_body(picture, square, faces[2:, ::-1], camera=camera)
    assert not away.any()
    half = draw_body(picture, square, faces[2:], camera=camera, colour=GREY, opacity=0.5)
    assert 95 < half[200, 200, 0] < 101


def test_bodies_behind_the_camera_or_of_nan_draw_nothing(body):
    camera = look_at(np.zeros(3), np.array([0, 0, 1.0]), up=UP, span=2.4, size=(64, 48))
    blank = np.zeros((48, 64, 3), np.uint8)
    assert not draw_body(
        blank, body.v_template + np.array([0, 0, 50]), body.faces, camera=camera
    ).any()
    assert not draw_body(blank, body.v_template * np.nan, body.faces, camera=camera).any()
