"""The figures that the README states, on recordings of real people."""

import json
from functools import cache

import cv2
import numpy as np
import pytest

from infer_people.people_finding import FinderOptions, PeopleFinder
from plugin_kit.picture_files import read_picture

COCO_LEFT, COCO_RIGHT = [5, 7, 9, 11, 13, 15], [6, 8, 10, 12, 14, 16]
SHOULDERS, HIPS = [5, 6], [11, 12]
OPTIONS = {"threads": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def finders():
    """Kept from test to test: to load the networks takes longer than to use them."""

    @cache
    def finder(**options):
        return PeopleFinder(FinderOptions(**OPTIONS, **options))

    def fresh(**options):
        finder(**options).reset()
        return finder(**options)

    return fresh


def frames_of(path, chosen):
    """RGB frames of a video by number."""
    capture = cv2.VideoCapture(str(path))
    found = []
    for index in range(max(chosen) + 1):
        whole, picture = capture.read()
        assert whole, f"{path} ends at frame {index}"
        if index in chosen:
            found.append(np.ascontiguousarray(picture[..., ::-1]))
    return found


def openpose_people(path):
    """COCO's 17 of each person (17, 3): they come first in BODY_25B."""
    people = json.loads(path.read_text())["people"]
    return [np.array(person["pose_keypoints_2d"]).reshape(-1, 3)[:17] for person in people]


@pytest.mark.parametrize("camera", [2, 3, 4])
def test_keypoints_beside_openposes(shared, finders, camera):
    videos = shared / "data" / "pose2sim_videos" / "single"
    trial = shared / "data" / "pose2sim_demo_single" / "S00_P00_T01_BalancingTrial" / "pose"
    files = sorted((trial / f"cam{camera:02d}_json").glob("*.json"))
    finder = finders(masks=False)
    gaps, torsos, swaps = [], [], np.zeros(6, int)
    pictures = frames_of(videos / f"cam{camera:02d}.mp4", range(10))
    for path, picture in zip(files, pictures, strict=False):
        truth = max(openpose_people(path), key=lambda person: person[:, 2].sum())
        people = finder(picture)
        apart = [np.median(np.linalg.norm((k - truth)[:, :2], axis=1)) for k in people.keypoints]
        found = people.keypoints[int(np.argmin(apart))]
        sure = truth[:, 2] > 0.3
        gap = np.where(found[:, 2] > 0, np.linalg.norm((found - truth)[:, :2], axis=1), np.inf)
        torso = np.linalg.norm(truth[SHOULDERS, :2].mean(axis=0) - truth[HIPS, :2].mean(axis=0))
        gaps.append(np.where(sure, gap, np.nan))
        torsos.append(torso)
        left, right = COCO_LEFT, COCO_RIGHT
        kept = gap[left] + gap[right]
        turned = np.linalg.norm((found[right] - truth[left])[:, :2], axis=1)
        turned += np.linalg.norm((found[left] - truth[right])[:, :2], axis=1)
        wide = np.linalg.norm((truth[left] - truth[right])[:, :2], axis=1) > 0.15 * torso
        swaps += (turned < kept / 2) & wide & sure[left] & sure[right]
    relative = np.array(gaps) / np.array(torsos)[:, None]
    assert np.nanmedian(gaps) <= 15
    assert (relative[~np.isnan(relative)] < 0.2).mean() >= 0.97
    assert not swaps.any()


@cache
def cut_out(folder):
    """A real person on an even wall: colours (h, w, 3) and alpha (h, w) by the empty wall."""
    picture, wall = (
        cv2.resize(read_picture(folder / name), (1280, 720), interpolation=cv2.INTER_AREA)
        for name in ("person.png", "person_background.png")
    )
    gap = np.abs(picture.astype(np.float32) - cv2.GaussianBlur(wall, (0, 0), 3)).max(axis=2)
    solid = (gap > 40).astype(np.uint8)
    kernel = np.ones((9, 9), np.uint8)
    solid = cv2.morphologyEx(
        cv2.morphologyEx(solid, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel
    )
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(solid)
    cv2.drawContours(filled, [max(outlines, key=cv2.contourArea)], -1, 1, cv2.FILLED)
    # Inwards: what stays soft at the edge shows no wall.
    alpha = cv2.GaussianBlur(
        cv2.erode(filled, np.ones((5, 5), np.uint8)).astype(np.float32), (0, 0), 1.5
    )
    return picture, alpha


@pytest.mark.parametrize(("tall", "left"), [(1.0, 0), (0.6, 260), (0.45, 500)])
def test_masks_on_composites(shared, finders, tall, left):
    folder = shared / "data" / "matting"
    colours, alpha = cut_out(folder)
    behind = cv2.resize(
        read_picture(folder / "handheld_background.png"), (1280, 720), interpolation=cv2.INTER_AREA
    )
    size = round(1280 * tall), round(720 * tall)
    small, share = (cv2.resize(v, size, interpolation=cv2.INTER_AREA) for v in (colours, alpha))
    truth = np.zeros((720, 1280), np.float32)
    truth[-size[1] :, left : left + size[0]] = share
    front = np.zeros_like(behind)
    front[-size[1] :, left : left + size[0]] = small
    picture = np.round(front * truth[..., None] + behind * (1 - truth[..., None])).astype(np.uint8)
    people = finders()(picture)
    assert len(people) == 1
    found = people.mask() / 255
    assert ((found > 0.5) & (truth > 0.5)).sum() / ((found > 0.5) | (truth > 0.5)).sum() >= 0.96
    assert np.abs(found - truth).mean() <= 12e-3


def test_everybody_in_front_of_a_tracking_shot(shared, finders):
    """Three people who walk: who they are and what is theirs, in frames that were looked at."""
    path = shared / "data" / "matting" / "people_720p.mp4"
    finder = finders()
    chosen = [0, 15, 30]
    kept = []
    for picture in frames_of(path, chosen):
        people = finder(picture)
        # A head, a coat and a cap of the three, who go from left to right of the picture.
        main = people.identities[np.argmax(people.boxes[:, 3] - people.boxes[:, 1])]
        kept.append((set(people.identities[people.scores > 0.6].tolist()), int(main)))
        assert (people.mask() > 127).mean() > 0.2
    for present, _ in kept:
        assert {0, 1, 2} <= present
    assert (people.masks[people.identities == kept[0][1]] > 127).mean() > 0.1


def test_people_of_300_and_of_200_pixels(shared, finders):
    path = shared / "data" / "pose2sim_videos" / "several" / "cam04.mp4"
    picture = frames_of(path, [0])[0]
    # The two are 1,080 and 560 pixels tall.
    for shorter, size in ((300, 512), (200, 768)):
        small = cv2.resize(
            picture, None, fx=shorter / 560, fy=shorter / 560, interpolation=cv2.INTER_AREA
        )
        framed = np.full((1080, 1920, 3), 90, np.uint8)
        part = small[:1080, :1920]
        framed[: part.shape[0], 700 : 700 + part.shape[1]] = part
        assert len(finders(masks=False, input_size=size)(framed)) == 2
