"""One JSON file a view: COCO results, AlphaPose's, MMPose's."""

import json

import numpy as np
import pytest

from infer_multiview_triangulation.multiview_files import read_detections
from tests.infer_multiview_triangulation.detection_files import bodies, openpose_frame


def write_results(folder, views):
    folder.mkdir(exist_ok=True)
    for v, content in enumerate(views):
        (folder / f"cam{v + 1}.json").write_text(json.dumps(content))
    return folder


def coco(keypoints, name="{}"):
    return [
        {"image_id": name.format(f) if name else f, "keypoints": p.ravel().tolist(), "score": 0.7}
        for f, p in enumerate(keypoints)
    ]


@pytest.mark.parametrize("name", ["", "{}.jpg", "cam1_{:06d}.png", "frames/{}.jpg"])
def test_coco_and_alphapose_results(tmp_path, rng, name):
    keypoints = bodies(rng, 2, 4)
    write_results(tmp_path, [coco(view, name) for view in keypoints])
    detections = read_detections(tmp_path)
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], keypoints)
    assert (detections.scores == 0.7).all()
    assert detections.views == ("cam1", "cam2")


def test_results_keep_frames_without_people(tmp_path, rng):
    keypoints = bodies(rng, 2, 6)
    entries = [coco(view) for view in keypoints]
    for view in entries:
        del view[3]
    entries[0].append(entries[0][0])
    detections = read_detections(write_results(tmp_path, entries))
    assert detections.timestamps.tolist() == list(range(6))
    assert np.isnan(detections.keypoints2d[:, 3]).all()
    assert detections.keypoints2d.shape[2] == 2


def test_listed_files_keep_their_order(tmp_path, rng):
    keypoints = bodies(rng, 2, 3)
    write_results(tmp_path, [coco(view) for view in keypoints])
    detections = read_detections([tmp_path / "cam2.json", str(tmp_path / "cam1.json")])
    assert detections.views == ("cam2", "cam1")
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], keypoints[::-1])


@pytest.mark.parametrize("wrapped", [True, False])
def test_mmpose_results(tmp_path, rng, wrapped):
    keypoints = bodies(rng, 2, 3)
    views = []
    for view in keypoints:
        frames = [
            {
                "frame_id": f,
                "instances": [
                    {"keypoints": p[:, :2].tolist(), "keypoint_scores": p[:, 2].tolist()}
                ],
            }
            for f, p in enumerate(view)
        ]
        frames[1]["instances"] = []
        views.append({"meta_info": {}, "instance_info": frames} if wrapped else frames)
    detections = read_detections(write_results(tmp_path, views))
    np.testing.assert_array_equal(detections.keypoints2d[:, ::2, 0], keypoints[:, ::2])
    assert np.isnan(detections.keypoints2d[:, 1]).all()


def test_faulty_results(tmp_path, rng):
    entries = [coco(view) for view in bodies(rng, 2, 5)]
    entries[1][2]["keypoints"] = [1.0] * 50
    entries[0][4]["keypoints"] = [1.0] * 30
    detections = read_detections(write_results(tmp_path, entries))
    assert np.isnan(detections.keypoints2d[1, 2]).all()
    assert np.isnan(detections.keypoints2d[0, 4]).all()
    assert len(detections.warnings) == 2
    assert any("entry 2" in warning and "cam2.json" in warning for warning in detections.warnings)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": 1}, "cam1.json is not a list of"),
        ([{"image_id": "front.jpg", "keypoints": []}], "no frame number in 'front.jpg'"),
        ([{"image_id": None}], "no frame number in None"),
        ([{"image_id": 1.5}], "no frame number in 1.5"),
        (openpose_frame(np.ones((17, 3))), "put each view's frames into a sub-folder"),
    ],
)
def test_unknown_results_are_an_error(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read_detections(write_results(tmp_path, [content, content]))


def test_truncated_results_are_an_error(tmp_path, rng):
    write_results(tmp_path, [coco(view) for view in bodies(rng, 2, 5)])
    file = tmp_path / "cam2.json"
    file.write_text(file.read_text()[:-20])
    with pytest.raises(ValueError, match=r"cam2.json is not valid JSON"):
        read_detections(tmp_path)
