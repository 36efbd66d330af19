"""Boxes and masks from torchvision's Mask R-CNN, and where its weights come from."""

import math

import numpy as np
import pytest
import torch
from torchvision.models.detection import maskrcnn_resnet50_fpn_v2

from infer_human_parsing import checkpoints
from infer_human_parsing.human_parsing_pipeline import PersonDetector, build_detector
from infer_human_parsing.human_parsing_pipeline.detector import CLASSES_KEY, PERSON
from infer_human_parsing.infer_human_parsing_kit.files import FileError


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    weights = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None, num_classes=3)
    model = build_detector(weights.state_dict())
    model.transform.min_size = (96,)
    # Untrained classes all score about a third: some overlap less, so that something is left.
    model.roi_heads.detections_per_img = 12
    return model


def test_people_are_torchvisions_own_detections_of_label_1(model, monkeypatch):
    monkeypatch.setattr(
        "infer_human_parsing.human_parsing_pipeline.detector.suppress_claimed", list
    )
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    found = PersonDetector(model, 0.05)(image)
    with torch.inference_mode():
        expected = model([torch.from_numpy(image).permute(2, 0, 1).float() / 255])[0]
    chosen = expected["labels"] == PERSON
    assert 0 < len(found) == int(chosen.sum()) < len(chosen)
    np.testing.assert_allclose([p.box for p in found], expected["boxes"][chosen], rtol=1e-4)
    np.testing.assert_allclose([p.score for p in found], expected["scores"][chosen], rtol=1e-4)
    masks = (expected["masks"][chosen, 0] >= 0.5).numpy()
    assert (np.stack([p.mask for p in found]) == masks).mean() > 0.999
    assert found[0].mask.shape == (90, 120)


def test_a_high_score_leaves_nobody(model):
    assert PersonDetector(model, 0.999)(np.zeros((90, 120, 3), np.uint8)) == []


def test_other_weights_are_refused(model):
    with pytest.raises(ValueError, match="not the weights of a Mask R-CNN"):
        build_detector({"conv1.weight": torch.zeros(1)})
    state = model.state_dict()
    state.pop("rpn.head.cls_logits.bias")
    with pytest.raises(ValueError, match=r"(?s)maskrcnn_resnet50_fpn_v2.*cls_logits"):
        build_detector(state)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({CLASSES_KEY: torch.zeros(1).expand(2**30, 1024)}, "1073741824 classes"),
        ({CLASSES_KEY: torch.zeros(())}, "not the weights of a Mask R-CNN"),
        ({"rpn.head.cls_logits.bias": torch.full((3,), math.nan)}, "holds NaN or infinite numbers"),
    ],
    ids=["classes", "number", "NaN"],
)
def test_files_of_the_detector_are_named(model, tmp_path, change, told):
    path = tmp_path / "mask.pth"
    # A few kilobytes: each tensor is one number, seen in the right shape.
    one = {key: value.new_ones(()).expand(value.shape) for key, value in model.state_dict().items()}
    torch.save({**one, **change}, path)
    with pytest.raises(FileError, match=rf"mask\.pth does not fit detector_.*{told}.*: "):
        checkpoints.load_detector(path)


def test_offline_says_what_to_do(tmp_path, monkeypatch):
    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setenv("INFER_HUMAN_PARSING_CACHE", str(tmp_path))
    monkeypatch.setattr("pooch.retrieve", offline)
    with pytest.raises(RuntimeError, match=r"no network.*detector_weight_file.*boxes to whole"):
        checkpoints.detector_checkpoint("")
    with pytest.raises(FileNotFoundError, match=r"detector_weight_file 'no\.pth' does not exist"):
        checkpoints.detector_checkpoint("no.pth")


def test_an_error_page_is_not_kept_as_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("INFER_HUMAN_PARSING_CACHE", str(tmp_path))
    monkeypatch.setattr(
        "pooch.retrieve", lambda url, known_hash, fname, path: (path / fname).write_text("404")
    )
    with pytest.raises(RuntimeError, match="another file"):
        checkpoints.detector_checkpoint("")
    assert list(tmp_path.iterdir()) == []
