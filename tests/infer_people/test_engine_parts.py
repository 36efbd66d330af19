"""Crops, maps of the heads, edges, keypoints of skeletons and identities, each by itself."""

import hashlib
import re

import cv2
import numpy as np
import pytest

from infer_people.people_finding.crops import Crop
from infer_people.people_finding.detection import Detection, distinct
from infer_people.people_finding.following import CONFIRMED, LOOKED_FOR, PATIENCE, Follower
from infer_people.people_finding.guided import EPSILON, RADIUS, guided_edges
from infer_people.people_finding.heads import JOINTS, STRIDE
from infer_people.people_finding.joints import HALPE26, from_body25, in_skeleton
from infer_people.people_finding.multipose import decoded, shrunk
from infer_people.people_finding.sessions import WEIGHTS, providers_of
from infer_people.people_finding.thunder import _around
from plugin_kit.keypoints.skeletons import SKELETONS

# A person of height 1 whose middle is 0: nose, eyes, ears, shoulders, elbows, wrists, hips, …
SIDES = [(0.02, -0.47), (0.04, -0.46), (0.1, -0.33), (0.14, -0.18), (0.15, -0.04), (0.07, -0.02),
         (0.08, 0.22), (0.08, 0.45)]  # fmt: skip
FIGURE = np.array([(0, -0.45), *(p for x, y in SIDES for p in ((x, y), (-x, y)))])


def person(x, y, size, rng=None, score=0.8):
    keypoints = np.full((17, 3), score, np.float32)
    keypoints[:, :2] = FIGURE * size + (x, y)
    if rng is not None:
        keypoints[:, :2] += rng.normal(0, 0.012 * size, (17, 2))
    box = np.concatenate([keypoints[:, :2].min(axis=0), keypoints[:, :2].max(axis=0)])
    return Detection(box, score, keypoints)


def test_what_is_seen_in_a_crop_is_where_it_was():
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[80:104, 200:224] = 255
    for box in ([180, 60, 260, 130], [190, 70, 400, 300], [-90, -60, 230, 170]):
        crop = Crop.shaped(np.array(box, np.float32), 1.2)
        assert crop.width == crop.height
        seen = crop.cut(picture, (64, 64)).mean(axis=2)
        rows, columns = np.mgrid[:64, :64]
        middle = np.array([[(columns * seen).sum(), (rows * seen).sum()]]) / seen.sum()
        gap = np.abs(crop.to_picture(middle, (64, 64)) - (211.5, 91.5)).max()
        # Of a pixel of what the network sees.
        assert gap < 0.1 * crop.width / 64


def test_a_crop_is_the_mean_of_what_it_covers():
    noise = np.random.default_rng(0).integers(0, 2, (512, 512, 3), np.uint8) * 255
    seen = Crop(0, 0, 512, 512).cut(noise, (64, 64))
    means = noise.reshape(64, 8, 64, 8, 3).mean(axis=(1, 3))
    assert np.abs(seen - means).max() <= 1


def test_crops_around_boxes_stay_in_the_picture():
    for box in ([-50, -50, 1000, 900], [700, 500, 800, 600], [5, 5, 5, 5], [-30, -30, -20, -20]):
        crop = Crop.around(np.array(box, np.float32), 10, 480, 640)
        assert crop.left >= 0 and crop.top >= 0 and crop.width >= 1 and crop.height >= 1
        assert crop.left + crop.width <= 640 and crop.top + crop.height <= 480


def heads_of(people, height=32, width=48):
    """The maps that MultiPose gives for people: cell of the centre, box and keypoints in cells."""
    maps = {
        "center": np.zeros((1, 1, height, width), np.float32),
        "heatmap": np.zeros((1, JOINTS, height, width), np.float32),
        "regression": np.zeros((1, 2 * JOINTS, height, width), np.float32),
        "offset": np.full((1, 2 * JOINTS, height, width), 0.25, np.float32),
        "box_scale": np.zeros((1, 2, height, width), np.float32),
        "box_offset": np.zeros((1, 2, height, width), np.float32),
    }
    for (row, column), sides, keypoints in people:
        maps["center"][0, 0, row, column] = 0.9
        maps["box_scale"][0, :, row, column] = sides
        maps["regression"][0, :, row, column] = (keypoints - (row, column)).ravel()
        for joint, (y, x) in enumerate(keypoints):
            maps["heatmap"][0, joint, y, x] = 0.7
    return maps


def test_the_maps_of_two_people_are_read():
    rng = np.random.default_rng(1)
    one, two = rng.integers((5, 3), (28, 20), (17, 2)), rng.integers((5, 27), (28, 45), (17, 2))
    maps = heads_of([((16, 12), (26, 22), one), ((17, 36), (26, 22), two)])
    # A stronger keypoint of nobody, outside of both boxes.
    maps["heatmap"][0, 4, 0, 24] = 0.99
    found = decoded(maps, 0.3, 10)
    assert len(found) == 2
    truths = ((one, 16, 12), (two, 17, 36))
    for seen, (keypoints, row, column) in zip(found, truths, strict=True):
        expected = (keypoints[:, ::-1] + 0.25) * STRIDE - 0.5
        assert np.allclose(seen.keypoints[:, :2], expected) and seen.score == pytest.approx(0.9)
        corners = np.array([column - 11, row - 13, column + 11, row + 13]) * STRIDE - 0.5
        assert np.allclose(seen.box, corners)
    assert len(decoded(maps, 0.3, 1)) == 1


def test_a_weak_centre_counts_where_keypoints_are_seen():
    keypoints = np.random.default_rng(1).integers((5, 3), (28, 20), (17, 2))
    maps = heads_of([((16, 12), (26, 22), keypoints)])
    assert len(decoded(maps, 0.95, 10)) == 1
    maps["heatmap"][0, 2:] = 0
    assert decoded(maps, 0.95, 10) == [] and len(decoded(maps, 0.85, 10)) == 1


def test_the_detector_sees_the_whole_picture_in_its_shape():
    for height, width in ((1080, 1920), (1920, 1080), (7, 900), (1, 1)):
        small, scale = shrunk(np.full((height, width, 3), 255, np.uint8), 512)
        assert small.shape[0] % 32 == 0 and small.shape[1] % 32 == 0
        inner = np.round(scale * (width, height)).astype(int)
        assert small[: inner[1], : inner[0]].min() == 255 and max(inner) == 512
        assert small[inner[1] :].sum() == 0 and small[:, inner[0] :].sum() == 0


def test_edges_are_those_of_the_guided_filter():
    """At one size the fast filter is the filter: a window's least squares, pixel by pixel."""
    rng = np.random.default_rng(2)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (24, 30, 3), np.uint8), (5, 5), 0)
    alpha = (picture[..., 0] > 128).astype(np.float32)
    guide = picture.astype(np.float64) / 255
    padded = [np.pad(v, [(RADIUS, RADIUS)] * 2 + [(0, 0)] * (v.ndim - 2), "reflect")
              for v in (guide, alpha)]  # fmt: skip
    size = 2 * RADIUS + 1
    slopes, shifts = np.zeros((24, 30, 3)), np.zeros((24, 30))
    for y in range(24):
        for x in range(30):
            g, p = (v[y : y + size, x : x + size].reshape(size * size, -1) for v in padded)
            matrix = np.cov(g.T, bias=True) + EPSILON * np.eye(3)
            slopes[y, x] = np.linalg.solve(matrix, (g * p).mean(axis=0) - g.mean(axis=0) * p.mean())
            shifts[y, x] = p.mean() - slopes[y, x] @ g.mean(axis=0)
    slopes, shifts = (cv2.blur(v, (size, size)) for v in (slopes, shifts))
    expected = ((slopes * guide).sum(axis=2) + shifts).clip(0, 1) * 255
    assert np.abs(guided_edges(alpha, picture, picture) - expected).max() < 2


def test_keypoints_that_are_not_found_are_made_or_unknown():
    keypoints = np.random.default_rng(3).uniform(0.3, 1, (17, 3))
    joints = SKELETONS["coco17"].joints
    keypoints[joints.index("left_hip"), 2] = 0.05
    made = dict(zip(SKELETONS["body25"].joints, in_skeleton(keypoints, "body25", 0.1), strict=True))
    shoulders = [keypoints[joints.index(f"{side}_shoulder")] for side in ("left", "right")]
    assert np.allclose(made["neck"][:2], np.mean(shoulders, axis=0)[:2])
    assert made["neck"][2] == pytest.approx(min(s[2] for s in shoulders))
    assert not made["mid_hip"].any() and not made["left_hip"].any() and not made["left_heel"].any()
    assert in_skeleton(keypoints, "coco17", 0)[joints.index("left_hip"), 2] > 0


def test_body25_goes_there_and_back():
    keypoints = np.random.default_rng(4).uniform(0.3, 1, (25, 3)).astype(np.float32)
    between = from_body25(keypoints)
    assert between.shape == (26, 3) and not between[HALPE26.index("head_top")].any()
    assert np.allclose(in_skeleton(between, "body25", 0), keypoints)


def test_who_is_found_twice_is_kept_once():
    rng = np.random.default_rng(5)
    twice = [person(100, 100, 80, score=0.6), person(101, 100, 80, rng, score=0.9)]
    kept = distinct([*twice, person(160, 100, 80, score=0.5)])
    assert [one.score for one in kept] == [0.9, 0.5]


def crossing(seed, people, turns):
    """How many changes of identity there are while people in their own colours cross.

    Who stands behind another is not seen, and one of 25 is missed elsewhere.
    """
    rng = np.random.default_rng(seed)
    starts = np.linspace(150, 1130, people) + rng.normal(0, 60, people)
    moments = 20 + rng.normal(0, 3, people)
    speeds = (640 + rng.normal(0, 30, people) - starts) / moments
    depth, colours = rng.permutation(people), rng.uniform(0, 1, (people, 4, 3))
    sizes = rng.uniform(280, 420) * (1 + 0.08 * depth / people)
    follower, last, changes = Follower(), {}, 0
    for t in range(40):
        times = np.where(turns & (t > moments), 2 * moments - t, t)
        places = starts + speeds * times
        near = np.abs(places[:, None] - places) < 0.55 * 0.3 * sizes[:, None]
        hidden = (near & (depth[None] > depth[:, None])).any(axis=1)
        seen = [i for i in range(people) if not hidden[i] and rng.random() > 0.04]
        found = [person(places[i], 400, sizes[i], rng) for i in seen]
        looks = [(colours[i] + rng.normal(0, 0.03, (4, 3))).astype(np.float32) for i in seen]
        for i, identity in zip(seen, follower(found, looks).tolist(), strict=True):
            changes += last.get(i, identity) != identity
            last[i] = identity
    return changes


@pytest.mark.parametrize("people", [2, 3])
@pytest.mark.parametrize("turns", [False, True], ids=["pass", "turn back"])
def test_at_most_one_change_in_twenty_crossings(people, turns):
    assert sum(crossing(seed, people, turns) for seed in range(1000, 1020)) <= 1


def test_who_is_gone_comes_back_under_the_same_number_for_a_while():
    look = np.full((4, 3), 0.5, np.float32)
    for gone, number in ((PATIENCE - 1, 0), (PATIENCE + 1, 1)):
        follower = Follower()
        follower([person(100, 100, 80)], [look])
        for _ in range(gone):
            assert len(follower([], [])) == 0
        assert follower.knows(0) == (number == 0)
        assert follower([person(110, 100, 80)], [look]).tolist() == [number]


def test_who_was_seen_for_a_while_is_looked_for():
    look = np.full((4, 3), 0.5, np.float32)
    follower = Follower()
    for t in range(CONFIRMED):
        assert follower.lost() == []
        # Somebody else is there in the last frame only.
        others = [person(400, 100, 80)] if t == CONFIRMED - 1 else []
        follower([person(100 + 4 * t, 100, 80), *others], [look] * (1 + len(others)))
    for gone in range(1, LOOKED_FOR + 1):
        follower([], [])
        (lost,) = follower.lost()
        # Still on their way.
        middle = lost.box.reshape(2, 2).mean(axis=0)
        assert 100 + 4 * (CONFIRMED - 1) + 2 * gone < middle[0] < 100 + 4 * (CONFIRMED + gone)
    follower([], [])
    assert follower.lost() == []


def test_a_crop_is_as_narrow_as_the_person():
    standing, lying, near = ([100, 50, 200, 450], [50, 100, 450, 200], [100, 100, 300, 350])
    for box, size in ((standing, (256, 128)), (lying, (128, 256)), (near, (256, 224))):
        crop, found = _around(np.array(box, np.float32), 128)
        assert found == size
        assert abs(crop.width / crop.height - size[1] / size[0]) < 0.03
        assert crop.left < box[0] and crop.left + crop.width > box[2]
        assert crop.top < box[1] and crop.top + crop.height > box[3]
    assert _around(np.array(standing, np.float32), 256)[1] == (256, 256)


def test_a_device_that_is_not_there_is_told():
    assert providers_of("cpu") == ["CPUExecutionProvider"]
    if len(providers_of("auto")) == 1:
        with pytest.raises(ValueError, match="onnxruntime-gpu"):
            providers_of("cuda")


def test_the_networks_are_those_of_the_notice():
    text = (WEIGHTS / "NOTICE").read_text(encoding="utf-8")
    listed = dict(reversed(line) for line in re.findall(r"([0-9a-f]{64})  (\w+\.onnx)", text))
    files = {path.name: path for path in WEIGHTS.glob("*.onnx")}
    assert set(listed) == set(files) and len(files) == 3
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[name]
        assert path.stem in text and "Apache License, Version 2.0" in text
