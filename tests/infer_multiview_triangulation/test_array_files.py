"""Keypoints of all views in one .npz or .npy, and what is no keypoint file."""

import numpy as np
import pytest

from infer_multiview_triangulation.multiview_files import read_detections
from tests.infer_multiview_triangulation.detection_files import Evil, bodies, ran


def test_npz(tmp_path, rng):
    keypoints = bodies(rng, 2, 4).astype(np.float32)
    file = tmp_path / "a.npz"
    np.savez(
        file,
        keypoints2d=keypoints,
        skeleton="coco17",
        fps=50.0,
        timestamps=np.arange(4) * 20,
        views=["left", "right"],
        sizes=[[1920, 1080], [640, 480]],
    )
    detections = read_detections(file)
    np.testing.assert_array_equal(detections.keypoints2d[:, :, 0], keypoints)
    assert detections.keypoints2d.dtype == np.float64
    assert (detections.skeleton, detections.fps) == ("coco17", 50)
    assert detections.views == ("left", "right")
    assert detections.sizes == ((1920, 1080), (640, 480))
    assert detections.timestamps.tolist() == [0, 20, 40, 60]


def test_npy_with_people_and_missing(tmp_path, rng):
    keypoints = bodies(rng, 2, 4, 3)
    keypoints[0, 0, 0, 0] = 0
    np.save(tmp_path / "a.npy", keypoints)
    detections = read_detections(tmp_path / "a.npy", skeleton="coco17")
    assert detections.keypoints2d.shape == keypoints.shape
    assert np.isnan(detections.keypoints2d[0, 0, 0, 0]).all()
    assert detections.views == ("view1", "view2")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": np.zeros(3)}, "holds a: name the keypoints keypoints2d"),
        ({"keypoints2d": np.zeros((2, 3, 17, 2))}, r"shape \(2, 3, 17, 2\)"),
        ({"keypoints2d": np.zeros((0, 3, 17, 3))}, r"shape \(0, 3, 17, 3\)"),
        ({"keypoints2d": np.full((2, 1, 1, 3), "x")}, "are not numbers"),
        ({"keypoints2d": np.array([{}])}, "holds objects"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "timestamps": [1, 2]}, r"timestamps .* \(2,\)"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "timestamps": [1, 3, 2]}, "increase"),
        ({"keypoints2d": np.zeros((2, 3, 4, 3))}, "no view of .* has a person"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "views": ["a", "a"]}, "2 different names"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "fps": 0}, "fps .* above 0"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "skeleton": "coco17"}, "17 keypoints"),
        ({"keypoints2d": np.ones((2, 3, 4, 3)), "skeleton": "x"}, "is not one of auto"),
    ],
)
def test_npz_of_another_kind(tmp_path, content, message):
    np.savez(tmp_path / "a.npz", **content)
    with pytest.raises(ValueError, match=message):
        read_detections(tmp_path / "a.npz")


def test_damaged_arrays(tmp_path, rng):
    file = tmp_path / "a.npz"
    np.savez(file, keypoints2d=bodies(rng, 2, 4))
    for content in (file.read_bytes()[:-40], b"PK\x03\x04", b"", b"text"):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"a.npz is damaged"):
            read_detections(file)


def test_objects_in_npy_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([Evil()]), allow_pickle=True)
    with pytest.raises(ValueError, match="holds objects"):
        read_detections(tmp_path / "a.npy", allow_pickle=True)
    assert not ran


def test_an_empty_view_of_an_array_is_reported(tmp_path, rng):
    keypoints = bodies(rng, 3, 4)
    keypoints[1], keypoints[2, 3] = 0, np.nan
    file = tmp_path / "a.npz"
    np.savez(file, keypoints2d=keypoints, scores=np.ones((3, 4)))
    detections = read_detections(file)
    (warning,) = detections.warnings
    assert "a.npz: view view2 has no detection" in warning
    assert np.isfinite(detections.scores[..., 0]).tolist() == [[1] * 4, [0] * 4, [1, 1, 1, 0]]


def test_unknown_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_detections(tmp_path / "nothing")
    with pytest.raises(ValueError, match="holds no keypoints: give"):
        read_detections(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(ValueError, match=r"a.txt has no known form \(.txt\): give"):
        read_detections(tmp_path / "a.txt")
    with pytest.raises(ValueError, match="list of files is empty"):
        read_detections([])


@pytest.mark.parametrize("score", [np.inf, -np.inf, 1e12])
def test_scores_that_no_detector_gives_are_refused(tmp_path, rng, score):
    file = tmp_path / "keypoints.npz"
    scores = np.ones((2, 4))
    scores[1, 2] = score
    np.savez(file, keypoints2d=bodies(rng, 2, 4), scores=scores)
    with pytest.raises(ValueError, match=r"a score of .*keypoints.npz is -?(inf|1e\+12)"):
        read_detections(file)
