"""What the demo says of infer_people."""

from dataclasses import replace

import numpy as np

from development.demo.people import Moment, measure, moments, shown
from development.synthetic.people import COCO_JOINTS
from infer_people.people_finding import FramePeople


def truth_of(moment: Moment) -> FramePeople:
    keypoints = np.zeros((2, 17, 3), np.float32)
    keypoints[:, list(COCO_JOINTS)] = np.concatenate([moment.joints, np.ones((2, 8, 1))], axis=2)
    masks = moment.masks.astype(np.uint8) * 255
    boxes, scores = np.zeros((2, 4), np.float32), np.ones(2, np.float32)
    return FramePeople("coco17", boxes, scores, np.arange(2), keypoints, masks)


def test_errors_are_those_that_were_made():
    clip = moments(3)
    found = [truth_of(moment) for moment in clip]
    measured = dict(measure(clip, found))
    assert measured["mask of everybody: IoU"] == "1.000"
    assert measured["keypoints: median distance"] == "0.0 px"
    assert measured["changes of who is who"] == "0"
    shifted = found[0].keypoints + np.array([3, 4, 0], np.float32)
    swapped = replace(found[2], identities=np.array([1, 0]))
    nobody = FramePeople.nobody("coco17", (720, 1280))
    moved = measure(clip[:1], [replace(found[0], keypoints=shifted)])
    assert dict(moved)["keypoints: median distance"] == "5.0 px"
    assert dict(measure(clip[1:], [found[1], swapped]))["changes of who is who"] == "1"
    assert dict(measure(clip, [found[0], nobody, found[2]]))["frames with both found"] == "2 of 3"
    picture = shown(clip[0].picture, found[0])
    assert picture.shape == (360, 1280, 3) and (picture[5, 1200] == (0, 150, 70)).all()
