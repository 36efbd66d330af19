"""motion.html: what is on it is right, and a real browser shows it there."""

import numpy as np
import pytest

from development.synthetic.body_capture import keypoints_of
from development.synthetic.motion import dance
from development.tools import browser
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import frame_vertices
from workflows.motion import viewer
from workflows.motion.everybody import COLOURS, Everybody, Person
from workflows.motion.motion_page import write_page
from workflows.motion.viewer import scene as scenes

FRAMES, FPS = 8, 4.0
# The page's clock takes tenths of a second; this one lies within the step that begins at 0.75 s.
STEP, SECONDS = 3, 0.8
# Pixels of a side; other steps are 13 and more off. Looks at the page, a second apart.
NEAR, PATIENCE, ASK_AGAIN = 5, 30, 8
needs_viser = pytest.mark.skipif(not viewer.is_installed(), reason="viser is not installed")
needs_browser = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing())


def person(seed, aside, model):
    """A dancer beside the middle, whose left wrist is never known."""
    poses, transl = dance(seed, FRAMES, FPS, rest_joints=model.rest_joints)
    transl = transl + np.array([aside, 0, 0])
    keypoints = keypoints_of(model, poses, transl, convention="coco17")
    keypoints[:, 9] = np.nan
    motion = BodyMotion(poses, transl, np.zeros(model.beta_count), 1.0, FPS)
    present = np.ones(FRAMES, bool)
    return Person(str(seed), COLOURS[seed], keypoints, motion, motion, present)


@pytest.fixture(scope="module")
def everybody():
    model = load_body(None)
    # Not in the blue of the cameras' outlines.
    people = [person(1, -0.7, model), person(2, 0.7, model)]
    # A world that is z up and in centimetres, of which the cameras alone are told here.
    to_y_up = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    camera = {
        "name": "left",
        "size": [640, 480],
        "matrix": [[600.0, 0, 320], [0, 600, 240], [0, 0, 1]],
        "distortions": [0.0] * 5,
        "rotation": [np.pi / 2, 0.0, 0.0],
        "translation": [0.0, 100.0, 400.0],
    }
    return Everybody(
        people=people,
        model=model,
        joints=[],
        bones=[(5, 6), (7, 9)],
        cameras=[camera],
        timestamps=range(FRAMES),
        fps=FPS,
        units=100.0,
        to_y_up=to_y_up,
    )


@pytest.fixture
def scene(everybody, monkeypatch, tmp_path):
    """The scene of the page, which viser is kept from recording."""
    kept = []
    monkeypatch.setattr(
        "workflows.motion.motion_page.page_of", lambda scene, told: kept.append(scene) or "page"
    )
    shares = []
    write_page(tmp_path / "motion.html", everybody, [], title="take", progress=shares.append)
    assert (tmp_path / "motion.html").read_text() == "page"
    return kept[0]


def test_bodies_of_the_page_are_those_of_the_fit(scene, everybody):
    for shown, given in zip(scene.people, everybody.people, strict=True):
        for frame in (0, FRAMES - 1):
            wanted = frame_vertices(given.motion, everybody.model, frame)
            assert np.abs(shown.body.posed(frame) - wanted).max() < 1e-6


def test_cameras_of_the_page_are_in_its_world(scene):
    camera = scene.cameras[0]
    # 4 m along the keypoints' -y, 1 m up their z.
    assert camera.centre == pytest.approx([0, 1, 4])
    assert camera.to_world @ [0, 0, 1] == pytest.approx([0, 0, -1])
    assert camera.to_world @ [0, 1, 0] == pytest.approx([0, -1, 0])
    assert np.degrees(camera.height_angle) == pytest.approx(43.6, abs=0.1)
    assert camera.aspect == pytest.approx(4 / 3)


def test_unknown_joints_are_nowhere(everybody):
    points = everybody.people[0].keypoints[0]
    known = scenes.known_points(points)
    assert np.array_equal(known[9], points[0])
    assert np.array_equal(np.delete(known, 9, 0), np.delete(points, 9, 0))
    lines = scenes.known_lines(points, [(5, 6), (7, 9)])
    assert np.array_equal(lines[0], points[[5, 6]])
    assert np.array_equal(lines[1, 0], lines[1, 1])
    assert scenes.known_points(np.full((3, 3), np.nan)) is None


def test_floor_is_under_the_soles_and_the_outlook_beside_the_cameras(scene):
    assert scene.floor() == pytest.approx(0, abs=0.05)
    towards = scene.cameras[0].centre - scene.surroundings()[0]
    cosine = scene.outlook() @ towards / np.linalg.norm(towards)
    assert cosine < 0.95


@needs_viser
def test_without_a_port_there_is_an_error_and_no_page(scene, monkeypatch):
    def closed(*_arguments, **_named):
        raise OSError("no port")

    monkeypatch.setattr("viser.ViserServer", closed)
    with pytest.raises(OSError, match="no port"):
        viewer.page_of(scene)


@needs_viser
@needs_browser
def test_a_browser_shows_everybody_where_they_are(scene, tmp_path, capsys):
    page = tmp_path / "motion.html"
    page.write_text(viewer.page_of(scene), encoding="utf-8")
    assert capsys.readouterr().out == ""
    with browser.motion_page(page, (900, 700)) as visit:
        browser.show_moment(visit, SECONDS)
        browser.without_notices(visit)
        frame = visit.page.locator("canvas").first.bounding_box()
        # Without a graphics card the page draws some seconds behind its clock.
        for tries in range(PATIENCE):
            # A page that was still loading may have passed over the moment that was asked for.
            if tries and tries % ASK_AGAIN == 0:
                browser.show_moment(visit, SECONDS)
            off = most_off(scene, visit.picture(), frame)
            if off < NEAR:
                break
            visit.page.wait_for_timeout(1000)
        assert visit.page.title() == "take"
        visit.page.get_by_label("Show scene tree").click()
        tree = visit.page.locator("[data-playback-scene-tree]").inner_text()
    assert (visit.requests, visit.errors) == ([], [])
    assert all(layer in tree for layer in ("cameras", "keypoints", "bodies"))
    assert off < NEAR


def most_off(scene, picture, frame):
    """By how many pixels, at most, a side of somebody's outline is off."""
    extents = [
        np.subtract(extent_of(picture, person.colour), expected_extent(scene, person, frame))
        for person in scene.people
    ]
    return np.abs(extents).max()


def extent_of(picture, colour):
    """Left, top, right, bottom of what is of a colour's hue."""
    own = np.array(colour, float) - np.mean(colour)
    shown = picture.astype(float) - picture.mean(axis=2, keepdims=True)
    strength = np.linalg.norm(shown, axis=2)
    alike = shown @ own / np.maximum(strength * np.linalg.norm(own), 1e-9)
    rows, columns = np.nonzero((alike > 0.97) & (strength > 12))
    return columns.min(), rows.min(), columns.max(), rows.max()


def expected_extent(scene, person, frame):
    """The same of the body's surface, by the page's first point of view."""
    middle, reach = scene.surroundings()
    back = scene.outlook()
    eye = middle + viewer.page.DISTANCE * reach * back
    right = np.cross([0.0, 1, 0], back)
    right /= np.linalg.norm(right)
    seen = (person.body.posed(STEP) - eye) @ np.stack([right, np.cross(back, right), back]).T
    focal = frame["height"] / 2 / np.tan(np.radians(viewer.page.ANGLE) / 2)
    pixels = focal * seen[:, :2] / -seen[:, 2:] * [1, -1]
    pixels += [frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2]
    return (*pixels.min(axis=0), *pixels.max(axis=0))
