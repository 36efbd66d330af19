"""The preview's rasteriser: the picture that OpenCV's painter draws, and what hides what."""

import numpy as np
import pytest

from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import posed_vertices
from infer_smpl_fit.smpl_export.render import AMBIENT, draw_body, look_at
from workflows.motion.rasteriser import draw_meshes

UP, GREY, RED = np.array([0, 1.0, 0]), (200, 200, 200), (200, 0, 0)
SQUARE = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)
FACES = np.array([[0, 1, 2], [0, 2, 3]])


def front(span, size=(400, 400)):
    return look_at(np.zeros(3), np.array([0, 0, 1.0]), up=UP, span=span, size=size)


def test_a_body_is_the_painters_but_for_its_outline():
    body = load_body(None)
    poses = np.random.default_rng(0).normal(0, 0.25, (1, body.joint_count, 3))
    shape = {"betas": np.zeros(body.beta_count), "transl": np.zeros((1, 3))}
    vertices = posed_vertices(body, poses, **shape)[0]
    size = (320, 360)
    camera = look_at(np.zeros(3), np.array([0.45, 0.2, 1.0]), up=UP, span=2.4, size=size)
    blank = np.full((*size[::-1], 3), 244, np.uint8)
    wanted = draw_body(blank, vertices, body.faces, camera=camera, colour=GREY).astype(int)
    drawn = draw_meshes(blank, [(vertices, GREY)], body.faces, camera=camera).astype(int)
    there, here = (wanted != 244).any(axis=2), (drawn != 244).any(axis=2)
    assert (there & here).sum() / (there | here).sum() > 0.95
    assert np.median(np.abs(wanted - drawn)[there & here]) <= 2
    # No gap between its triangles: inside, every row of the trunk is closed.
    row = here[180, 140:180]
    assert row[np.flatnonzero(row)[0] : np.flatnonzero(row)[-1]].all()


@pytest.mark.parametrize("order", [1, -1])
def test_the_nearer_mesh_hides_the_farther_in_any_order(order):
    meshes = [(SQUARE, GREY), (0.4 * SQUARE + np.array([0, 0, 1]), RED)][::order]
    picture = np.zeros((400, 400, 3), np.uint8)
    drawn = draw_meshes(picture, meshes, FACES, camera=front(4))
    assert not picture.any()
    assert drawn[200, 200].tolist() == [200, 0, 0]
    assert drawn[200, 120, 1] > 195
    # 2 units at a distance of 16 of 4 units a view of 400 pixels: 200 pixels and the edge.
    assert (drawn[200, :, 0] > 0).sum() == pytest.approx(200, abs=1)


def test_meshes_that_pass_through_one_another_meet_in_a_line():
    half = np.sqrt(0.5)
    turn = np.array([[half, 0, half], [0, 1, 0], [-half, 0, half]])
    tilted = SQUARE @ turn.T
    drawn = draw_meshes(
        np.zeros((400, 400, 3), np.uint8), [(SQUARE, GREY), (tilted, RED)], FACES, camera=front(4)
    )
    # One side of the tilted square is before the other square, the other behind it.
    sides = (drawn[200, 150, 1] == 0, drawn[200, 250, 1] == 0)
    assert sorted(sides) == [False, True]
    red = drawn[200, 150 if sides[0] else 250, 0]
    assert red == pytest.approx(200 * (AMBIENT + (1 - AMBIENT) * half), abs=6)


def test_what_cannot_be_seen_draws_nothing():
    picture = np.zeros((40, 40, 3), np.uint8)
    camera = front(4, (40, 40))
    for vertices in (
        SQUARE[:, [1, 0, 2]],
        SQUARE + np.array([0, 0, 50]),
        SQUARE * np.nan,
        SQUARE + np.array([100, 0, 0]),
    ):
        assert not draw_meshes(picture, [(vertices, GREY)], FACES, camera=camera).any()
    assert not draw_meshes(picture, [], FACES, camera=camera).any()
    half = draw_meshes(picture, [(SQUARE, GREY)], FACES, camera=camera, opacity=0.5)
    assert half[20, 20, 0] == pytest.approx(100, abs=2)
    # A wall far larger than the picture fills it.
    assert draw_meshes(picture, [(100 * SQUARE, GREY)], FACES, camera=camera).all()
