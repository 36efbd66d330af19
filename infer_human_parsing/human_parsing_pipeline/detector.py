"""Boxes and masks of people from torchvision's Mask R-CNN."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN, maskrcnn_resnet50_fpn_v2
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from ..infer_human_parsing_kit.weights import load_state
from .persons import Person, suppress_claimed

PERSON = 1
MOST_PEOPLE, MOST_CLASSES = 100, 1000
CLASSES_KEY = "roi_heads.box_predictor.cls_score.weight"
# Looser than torchvision's 0.5, which drops who stands behind another; the masks settle who is
# whose double.
BOX_OVERLAP = 0.7


def build_detector(state: dict[str, Tensor], path: Path = Path("the state")) -> MaskRCNN:
    """torchvision's maskrcnn_resnet50_fpn_v2 with the weights ``state``, person being label 1.

    Another network's weights are a ValueError; ``path`` is where they come from.
    """
    if CLASSES_KEY not in state or state[CLASSES_KEY].ndim != 2:
        raise ValueError(f"these are not the weights of a Mask R-CNN: they have no {CLASSES_KEY}")
    classes = state[CLASSES_KEY].shape[0]
    if not PERSON < classes <= MOST_CLASSES:
        raise ValueError(f"these are not the weights of a Mask R-CNN: they have {classes} classes")
    model = maskrcnn_resnet50_fpn_v2(
        weights=None,
        weights_backbone=None,
        num_classes=classes,
        box_nms_thresh=BOX_OVERLAP,
        box_detections_per_img=MOST_PEOPLE,
    )
    parameters = "maskrcnn_resnet50_fpn_v2 for detector_weight_file"
    load_state(model, state, path, parameters=parameters)
    return model.requires_grad_(False).eval()


class PersonDetector:
    """Find people of ``least_score`` or more with the model of :func:`build_detector`."""

    def __init__(
        self, model: MaskRCNN, least_score: float = 0.5, device: torch.device | str = "cpu"
    ) -> None:
        self._device = torch.device(device)
        self._model = model.to(self._device)
        transform, heads = model.transform, model.roi_heads
        assert isinstance(transform, GeneralizedRCNNTransform) and isinstance(heads, RoIHeads)
        self._transform, self._heads = transform, heads
        self.least_score = least_score

    @torch.inference_mode()
    def __call__(self, image: np.ndarray) -> list[Person]:
        """People in uint8 RGB (H, W, 3), by falling score, with masks that do not overlap."""
        self._heads.score_thresh = self.least_score
        pixels = torch.from_numpy(np.ascontiguousarray(image)).to(self._device)
        found, small, size = self._raw(pixels.permute(2, 0, 1).float() / 255)
        is_person = found["labels"] == PERSON
        rows = [
            {key: value[i : i + 1] for key, value in found.items()} for i in is_person.nonzero()
        ]
        return suppress_claimed([self._person(row, small, size) for row in rows])

    def _raw(self, x: Tensor) -> tuple[dict[str, Tensor], list[tuple[int, int]], tuple[int, int]]:
        """The model's own forward, without the full-size masks of everything that is no person."""
        model, size = self._model, (x.shape[1], x.shape[2])
        images, _ = self._transform([x])
        features = model.backbone(images.tensors)
        proposals, _ = model.rpn(images, features)
        found, _ = self._heads(features, proposals, images.image_sizes)
        return found[0], images.image_sizes, size

    def _person(
        self, row: dict[str, Tensor], small: list[tuple[int, int]], size: tuple[int, int]
    ) -> Person:
        full = self._transform.postprocess([row], small, [size])[0]
        left, top, right, bottom = full["boxes"][0].tolist()
        mask = (full["masks"][0, 0] >= 0.5).cpu().numpy()
        return Person((left, top, right, bottom), float(full["scores"][0]), mask)
