"""Of two people, one behind the other, no keypoint is at both."""

from dataclasses import replace

import numpy as np

from infer_people.people_finding.claims import is_another, unclaimed, was_claimed
from infer_people.people_finding.detection import Detection
from infer_people.people_finding.heads import JOINTS, STRIDE
from infer_people.people_finding.multipose import KEYPOINT_SCORE, decoded

FACE = [0, 1, 2, 3, 4]


def person(x, y, size):
    rng = np.random.default_rng(1)
    keypoints = np.ones((JOINTS, 3), np.float32)
    keypoints[:, :2] = rng.uniform(-0.5, 0.5, (JOINTS, 2)) * size + (x, y)
    box = np.array([x - size / 2, y - size / 2, x + size / 2, y + size / 2], np.float32)
    return Detection(box, 0.8, keypoints)


def test_what_a_crop_took_from_another_is_put_back():
    front, behind = person(200, 200, 300), person(120, 170, 200)
    mixed = front.keypoints.copy()
    mixed[FACE] = behind.keypoints[FACE] + 1
    kept = unclaimed([front, behind], [replace(front, keypoints=mixed), behind])
    assert np.array_equal(kept[0].keypoints, front.keypoints)
    assert np.array_equal(kept[1].keypoints, behind.keypoints)
    # Whoever has nobody near, or is the same one twice, keeps what was found.
    moved = replace(front, keypoints=front.keypoints + np.array([4, 0, 0], np.float32))
    assert np.array_equal(unclaimed([front], [moved])[0].keypoints, moved.keypoints)
    twice = unclaimed([front, front], [moved, front])
    assert np.array_equal(twice[0].keypoints, moved.keypoints)


def test_a_crop_that_shows_somebody_else_is_known():
    front, behind = person(200, 200, 300), person(120, 170, 200)
    mixed = front.keypoints.copy()
    # Everything but a leg was taken, and put back.
    mixed[:13] = behind.keypoints[:13] + 1
    mixed[13:, :2] += 1
    kept = unclaimed([front, behind], [replace(front, keypoints=mixed), behind])
    assert was_claimed(front, kept[0]) and not was_claimed(behind, replace(behind, keypoints=mixed))
    assert is_another(replace(front, keypoints=mixed), [person(600, 200, 300), behind])
    assert not is_another(front, [behind]) and not is_another(front, [])


def maps_of(centres, places, heats):
    """MoveNet's outputs on 48 by 64 cells: centres (y, x), places, and what is hot."""
    shape = (48, 64)
    center, heatmap = np.full(shape, 0.001, np.float32), np.full((JOINTS, *shape), 0.01, np.float32)
    regression = np.zeros((JOINTS, 2, *shape), np.float32)
    scale, zeros = np.zeros((1, 2, *shape), np.float32), np.zeros((1, 2, *shape), np.float32)
    for (row, column), own in zip(centres, places, strict=True):
        center[row, column] = 0.9
        regression[:, :, row, column] = own - (row, column)
        scale[0, :, row, column] = 40
    for joint, place, heat in heats:
        heatmap[joint, place[0], place[1]] = heat
    return {
        "center": center[None, None],
        "heatmap": heatmap[None],
        "regression": regression.reshape(1, 2 * JOINTS, *shape),
        "offset": np.zeros((1, 2 * JOINTS, *shape), np.float32),
        "box_scale": scale,
        "box_offset": zeros,
    }


def test_the_detector_gives_a_peak_to_the_nearer_of_two():
    rng = np.random.default_rng(2)
    shape = rng.integers(-14, 14, (JOINTS, 2))
    centres = [(24, 24), (24, 34)]
    places = [shape + np.array(centre) for centre in centres]
    heats = [(j, p, 0.6) for own in places for j, p in enumerate(own)]
    # The nose of the second turns away, and the first's is plain.
    heats = [h for h in heats if h[0] != 0] + [(0, places[0][0], 0.9), (0, places[1][0], 0.3)]
    found = decoded(maps_of(centres, places, heats), 0.12, 5)
    assert len(found) == 2
    noses = sorted((one.keypoints[0] for one in found), key=lambda nose: nose[0])
    for nose, own in zip(noses, places, strict=True):
        assert np.allclose(nose[:2], own[0, ::-1] * STRIDE - 0.5)
    assert noses[1][2] > KEYPOINT_SCORE
