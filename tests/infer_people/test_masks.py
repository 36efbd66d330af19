"""Where keypoints end and the person does not, who was seen twice; what is white is a person."""

import cv2
import numpy as np
import pytest

from infer_people.people_finding.crops import Crop
from infer_people.people_finding.detection import Detection
from infer_people.people_finding.growth import GROWTHS
from infer_people.people_finding.masks import PeopleMasks, _fill_up
from plugin_kit.picture_files import read_picture

HEIGHT, WIDTH = 400, 600
# Nose, eyes, ears and shoulders of a portrait; nothing below is known.
FACE = [(300, 100), (310, 92), (290, 92), (320, 96), (280, 96)]
SHOULDERS = [(345, 180), (255, 180)]


@pytest.fixture
def masks():
    found = PeopleMasks()
    found._session = lambda seen: {"mask": seen[..., :1].transpose(0, 3, 1, 2) / np.float32(255)}
    return found


def portrait():
    keypoints = np.zeros((17, 3), np.float32)
    keypoints[:7] = [(x, y, 0.9) for x, y in FACE + SHOULDERS]
    points = keypoints[:7, :2]
    return Detection(np.concatenate([points.min(axis=0), points.max(axis=0)]), 0.9, keypoints)


def drawn():
    """A head, and a coat down to the border, in black."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[70:160, 270:330] = 255
    picture[150:, 240:360] = 255
    return picture


def test_a_body_goes_on_below_its_keypoints(masks):
    (mask,) = masks(drawn(), [portrait()], [0])
    # The keypoints end at row 180; the crop around them would at row 191.
    assert mask[150:320, 250:350].min() >= 250
    assert not mask[:, :220].any() and not mask[:, 380:].any()


def test_how_far_somebody_reaches_is_known_in_the_next_frame(masks):
    seen = []
    network = masks._session
    masks._session = lambda batch: (seen.append(batch.shape), network(batch))[1]
    (first,) = masks(drawn(), [portrait()], [0], [7])
    looks = len(seen)
    # Growing ends after a few steps; what is left is done in the next frame.
    masks(drawn(), [portrait()], [0], [7])
    seen.clear()
    (third,) = masks(drawn(), [portrait()], [0], [7])
    assert looks == 1 + GROWTHS and len(seen) == 1
    assert third[150:, 250:350].min() >= 250 and first[150:320, 250:350].min() >= 250
    masks.reset()
    masks(drawn(), [portrait()], [0], [7])
    assert len(seen) == 1 + looks


def test_a_look_that_misses_the_bones_is_not_the_last(masks):
    """The first sees nobody, the second, mirrored, everybody."""
    network, looks = masks._session, []

    def session(batch):
        looks.append(batch)
        found = network(batch)["mask"]
        return {"mask": found * (len(looks) > 1)}

    masks._session = session
    (mask,) = masks(drawn(), [portrait()], [0])
    assert len(looks) == 2 and mask[90:150, 285:315].min() >= 250


def test_what_is_not_connected_does_not_widen_the_crop(masks):
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[70:160, 270:330] = 255
    (alone,) = masks(picture, [portrait()], [0])
    # Somebody else's arm, across the crop's lower side.
    picture[186:, 240:280] = 255
    (beside,) = masks(picture, [portrait()], [0])
    assert not beside[195:].any()
    np.testing.assert_array_equal(beside[:170], alone[:170])


def test_somebody_seen_twice_has_no_hole(masks):
    """By their bones each has half of the body, and one's look reaches less far."""
    shifted = portrait()
    keypoints = shifted.keypoints + np.float32([30, 40, 0])
    ghost = Detection(shifted.box + np.float32([30, 40, 30, 40]), 0.4, keypoints)
    (alone,) = masks(drawn(), [portrait()], [0])
    both = masks(drawn(), [portrait(), ghost], [0, 1])
    assert (both.max(axis=(1, 2)) > 200).all()
    # Below, the crops end elsewhere; outlines depend on the crop's size.
    inside = cv2.erode(alone[:240], np.ones((13, 13), np.uint8)) == 255
    assert both[:, :240].astype(int).sum(axis=0)[inside].min() >= 250


def test_masks_are_filled_up_by_their_parts():
    masks = np.array([[[100, 40, 0]], [[50, 160, 0]]], np.uint8)
    seen = [
        (Crop(0, 0, 2, 1), np.array([[240, 200]], np.uint8)),
        (Crop(2, 0, 1, 1), masks[0, :, 2:]),
    ]
    _fill_up(masks, seen)
    np.testing.assert_array_equal(masks, [[[160, 40, 0]], [[80, 160, 0]]])


def test_a_portrait_reaches_the_pictures_border(shared, tmp_path):
    """A woman from the side, cut off by the border; her hips are not seen."""
    from infer_people.people_finding import FinderOptions, PeopleFinder

    picture = read_picture(shared / "data" / "matting" / "handheld_1000.png")[::3, ::3]
    mask = PeopleFinder(FinderOptions(threads=1, device="cpu"))(picture.copy()).mask()
    assert mask[-1].max() == 255
