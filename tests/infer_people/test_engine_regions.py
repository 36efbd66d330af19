"""Whose an alpha is, and who of a whole video is wanted."""

import numpy as np
import pytest

from infer_people.people_finding import (
    Choice,
    FramePeople,
    WantedRegions,
    wanted_identities,
    wanted_share,
)

HEIGHT, WIDTH = 240, 400


def upright(left, right, top=60, bottom=200):
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def frame_of(masks):
    """Masks by identity as the people of a frame."""
    boxes = []
    for mask in masks.values():
        rows, columns = np.nonzero(mask)
        boxes.append((columns.min(), rows.min(), columns.max(), rows.max()))
    count = len(masks)
    return FramePeople(
        "coco17",
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(count, 0.9, np.float32),
        np.array(list(masks), np.int64),
        np.zeros((count, 17, 3), np.float32),
        np.stack(list(masks.values())) if masks else np.zeros((0, HEIGHT, WIDTH), np.uint8),
    )


def test_what_masks_miss_is_the_nearest_persons():
    masks = np.stack([upright(60, 110), upright(260, 310)])
    share = wanted_share(masks, np.array([True, False]), picture_shape=(HEIGHT, WIDTH, 3))
    assert share.dtype == np.float32 and share.shape == (HEIGHT, WIDTH)
    assert (share[masks[0] > 0] > 0.99).all() and (share[masks[1] > 0] < 0.01).all()
    # Hair above, a stick in the hand, and the same of the other.
    assert share[20:60, 50:120].min() > 0.99 and share[120, 10:180].min() > 0.99
    assert share[20:60, 250:320].max() < 0.01 and share[120, 190:].max() < 0.01
    across = share[120, 110:260]
    assert (np.diff(across) <= 1e-6).all() and across[74:76].mean() == pytest.approx(0.5, abs=0.1)
    assert 3 <= ((across > 0.05) & (across < 0.95)).sum() <= 20
    other = wanted_share(masks, np.array([False, True]), picture_shape=(HEIGHT, WIDTH))
    assert np.allclose(share + other, 1, atol=1e-5)


def test_soft_edges_where_two_touch_are_shared_as_their_masks_are():
    one, other = upright(100, 200), upright(200, 300)
    one[60:200, 196:204] = np.linspace(230, 25, 8)
    other[60:200, 196:204] = 255 - one[60:200, 196:204]
    share = wanted_share(np.stack([one, other]), np.array([True, False]), picture_shape=one.shape)
    seam = share[100, 196:204]
    assert (np.diff(seam) < 0).all() and (seam[:2] > 0.9).all() and (seam[-2:] < 0.1).all()
    assert np.allclose(seam + seam[::-1], 1, atol=0.02)
    assert share[100, :196].min() > 0.99 and share[100, 204:].max() < 0.01


def test_a_weak_mask_takes_nothing_from_a_strong_one():
    one, other = upright(100, 300), upright(310, 360)
    one[100:150, 200:260] = 190
    other[100:150, 200:260] = 60
    share = wanted_share(np.stack([one, other]), np.array([True, False]), picture_shape=one.shape)
    assert share[100:150, 200:260].min() > 0.95
    # Alone it says nothing either: the place does.
    other[20:40, 120:200] = 45
    share = wanted_share(np.stack([one, other]), np.array([True, False]), picture_shape=one.shape)
    assert share[20:40, 120:200].min() > 0.99


def test_a_small_person_behind_does_not_take_a_large_ones_hair():
    masks = np.stack([upright(40, 180, 20, 240), upright(250, 262, 100, 140)])
    share = wanted_share(masks, np.array([True, False]), picture_shape=(HEIGHT, WIDTH))
    # Half way between the two, and still close to the large one in its own size.
    assert share[120, 215] > 0.99 and share[120, 246:266].max() < 0.05


def test_nobody_wanted_is_nothing_and_everybody_is_all():
    masks = np.stack([upright(60, 110), upright(260, 310)])
    for wanted, value in (([True, True], 1), ([False, False], 0)):
        share = wanted_share(masks, np.array(wanted), picture_shape=(HEIGHT, WIDTH))
        assert (share == value).all()
    nobody = np.zeros((0, HEIGHT, WIDTH), np.uint8)
    assert not wanted_share(nobody, np.zeros(0, bool), picture_shape=(HEIGHT, WIDTH)).any()
    # Who has no pixel is not there.
    masks[1] = 0
    share = wanted_share(masks, np.array([True, False]), picture_shape=(HEIGHT, WIDTH))
    assert (share == 1).all()


def test_masks_of_another_size_and_a_person_of_one_pixel():
    masks = np.stack([upright(60, 110), upright(260, 310)])
    masks[1] = 0
    masks[1, 100, 300] = 255
    large = wanted_share(masks, np.array([True, False]), picture_shape=(4 * HEIGHT, 4 * WIDTH))
    assert large.shape == (960, 1600) and large[400, 340] > 0.99 and large[401, 1201] < 0.1


@pytest.mark.parametrize(
    ("masks", "wanted"),
    [
        (np.zeros((2, 8, 8), np.float32), np.zeros(2, bool)),
        (np.zeros((8, 8), np.uint8), np.zeros(8, bool)),
        (np.zeros((2, 8, 8), np.uint8), np.zeros(3, bool)),
        (np.zeros((2, 8, 8), np.uint8), np.array([0, 1])),
    ],
)
def test_arrays_of_another_kind_are_refused(masks, wanted):
    with pytest.raises(ValueError, match="bool"):
        wanted_share(masks, wanted, picture_shape=(8, 8))


def test_who_is_missed_for_a_few_frames_stays():
    wanted, bystander = upright(60, 110), upright(260, 310)
    regions = WantedRegions({4})
    regions(frame_of({4: wanted, 7: bystander}))
    for frame in (frame_of({7: bystander}), frame_of({4: wanted}), frame_of({})):
        share = regions(frame)
        assert (share[wanted > 0] > 0.99).all() and (share[bystander > 0] < 0.01).all()
    # Who is there now stands before who is only remembered.
    share = regions(frame_of({4: upright(240, 330)}))
    assert (share[bystander > 0] > 0.99).all()
    for _ in range(20):
        share = regions(frame_of({7: bystander}))
    assert not share.any()


def test_who_of_a_video_is_wanted():
    small, large = upright(60, 80, 100, 140), upright(260, 310)
    frames = [frame_of({3: small}), frame_of({3: small, 5: large}), frame_of({})]
    found = {
        text: wanted_identities(frames, Choice.parse(text))
        for text in ("all", "largest", "3", "70,120,1", "280,100,1")
    }
    assert found == {"all": {3, 5}, "largest": {5}, "3": {3}, "70,120,1": {3}, "280,100,1": {5}}
    for text, complaint in (
        ("9", "person 9 is not in the video; there: 3, 5"),
        ("280,100", "nobody is at"),
        ("1,1,8", "which has 3 frames"),
    ):
        with pytest.raises(ValueError, match=complaint):
            wanted_identities(frames, Choice.parse(text))
    assert wanted_identities([], Choice("largest")) == frozenset()
