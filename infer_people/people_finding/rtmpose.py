"""RTMPose (a person a crop) and RTMO (a whole picture), as OpenMMLab publishes them in ONNX.

Jiang et al., RTMPose, 2023; Lu et al., RTMO, CVPR 2024.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pooch

from ..infer_people_kit.keypoints.skeletons import SKELETONS
from .crops import Crop
from .detection import Detection, distinct, within
from .joints import HALPE26, LAYOUTS
from .sessions import Session

SITE = "https://download.openmmlab.com/mmpose/v1/projects"
INSIDE = "end2end.onnx"
SIMCC, ONE_STAGE = {"simcc_x", "simcc_y"}, {"dets", "keypoints"}
# ImageNet's, RGB.
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)
WIDER = 1.25
# Bins of SimCC a pixel.
BINS = 2
# RTMO's frame around pictures of another shape, and where its people end.
GREY, LEAST_SCORE = 114, 0.1


@dataclass(frozen=True)
class Published:
    """A zip with the network; the SHA-256 where it is known from two sources, else empty."""

    path: str
    sha256: str = ""


PUBLISHED = {
    "rtmpose-s": Published(
        "rtmposev1/onnx_sdk/rtmpose-s_simcc-body7_pt-body7_420e-256x192-acd4a1ef_20230504.zip"
    ),
    "rtmpose-m": Published(
        "rtmposev1/onnx_sdk/rtmpose-m_simcc-body7_pt-body7_420e-256x192-e48f03d0_20230504.zip"
    ),
    "rtmpose-x": Published(
        "rtmposev1/onnx_sdk/rtmpose-x_simcc-body7_pt-body7_700e-384x288-71d7b7e9_20230629.zip"
    ),
    "rtmpose-m-feet": Published(
        "rtmposev1/onnx_sdk/"
        "rtmpose-m_simcc-body7_pt-body7-halpe26_700e-256x192-4d3e73dd_20230605.zip",
        "55b81170e236040b59fc792ad0a8315301ac4c079a3bdb1095d838aad3088d18",
    ),
    "rtmpose-x-feet": Published(
        "rtmposev1/onnx_sdk/"
        "rtmpose-x_simcc-body7_pt-body7-halpe26_700e-384x288-7fb6e239_20230606.zip"
    ),
    "rtmo-s": Published("rtmo/onnx_sdk/rtmo-s_8xb32-600e_body7-640x640-dac2bf74_20231211.zip"),
    "rtmo-m": Published("rtmo/onnx_sdk/rtmo-m_16xb16-600e_body7-640x640-39e78cc4_20231211.zip"),
}


def rtmpose_file(name: str) -> Path:
    """The published network ``name``, fetched once into the cache and held to its checksum.

    Where none is known, that of the first download is kept beside it. The environment variable
    ``INFER_PEOPLE_CACHE`` names another folder.

    Raises:
        ValueError: There is no such network.
        RuntimeError: It cannot be fetched, or is another file.
    """
    if name not in PUBLISHED:
        raise ValueError(f"model_name {name!r} is none of {', '.join(PUBLISHED)}")
    folder = Path(os.environ.get("INFER_PEOPLE_CACHE") or pooch.os_cache("infer_people")) / name
    url = f"{SITE}/{PUBLISHED[name].path}"
    archive = folder / url.rsplit("/", 1)[1]
    record = archive.with_suffix(".zip.sha256")
    known = PUBLISHED[name].sha256 or (record.read_text().strip() if record.is_file() else "")
    try:
        files = pooch.retrieve(
            url,
            known_hash=f"sha256:{known}" if known else None,
            fname=archive.name,
            path=folder,
            processor=pooch.Unzip(extract_dir="unpacked"),
        )
        found = next(Path(file) for file in files if Path(file).name == INSIDE)
    except Exception as error:
        raise RuntimeError(
            f"{name} could not be fetched from {url}, or is another file ({error}). Get it there, "
            f"unpack it, and give its {INSIDE} in the parameter model_weight_file"
        ) from error
    if not known:
        record.write_text(pooch.file_hash(str(archive)) + "\n")
    return found


def is_one_stage(path: Path) -> bool:
    """Whether the network finds people and keypoints at once (RTMO), by its outputs.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is neither RTMO nor RTMPose.
    """
    outputs = set(Session(path).outputs)
    if not (outputs >= ONE_STAGE or outputs >= SIMCC):
        raise ValueError(
            f"{path} is neither RTMPose (outputs simcc_x, simcc_y) nor RTMO (dets, keypoints): it "
            f"gives {', '.join(sorted(outputs))}"
        )
    return outputs >= ONE_STAGE


class RtmPose:
    """Find the keypoints of each crop: COCO's 17, or Halpe's 26 with feet.

    Args:
        flip: Look at each crop a second time, mirrored, and take the mean.
    """

    def __init__(
        self, path: Path, *, flip: bool = False, device: str = "cpu", threads: int = 0
    ) -> None:
        self._session = Session(path, device, threads)
        self._session.require(SIMCC, "RTMPose")
        self._size = _input_size(self._session.input, path)
        self._flip = flip
        self._joints = 0

    def __call__(self, picture: np.ndarray, boxes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Keypoints (17 or 26, 3) in pixels of RGB uint8 (H, W, 3), one array a box (4,)."""
        return [self._one(picture, box) for box in boxes]

    def _one(self, picture: np.ndarray, box: np.ndarray) -> np.ndarray:
        height, width = self._size
        crop = Crop.shaped(box, WIDER, width / height)
        seen = (crop.cut(picture, self._size) - MEAN) / DEVIATION
        x, y = self._curves(seen)
        if self._flip:
            mirrored = list(_mirrored(len(x)))
            other_x, other_y = self._curves(np.ascontiguousarray(seen[:, ::-1]))
            # Pixel k of the mirrored one is pixel width - 1 - k; a pixel has two bins.
            turned = np.roll(other_x[mirrored, ::-1], -(BINS - 1), axis=1)
            x, y = (x + turned) / 2, (y + other_y[mirrored]) / 2
        scores = np.minimum(x.max(axis=1), y.max(axis=1)).clip(0, 1)
        places = np.stack([x.argmax(axis=1), y.argmax(axis=1)], axis=1) / BINS
        keypoints = np.concatenate([places, scores[:, None]], axis=1)
        return crop.to_picture(keypoints, self._size).astype(np.float32)

    def _curves(self, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """SimCC's (J, width * 2) and (J, height * 2) of float (height, width, 3)."""
        outputs = self._session(seen.transpose(2, 0, 1)[None])
        x, y = outputs["simcc_x"][0], outputs["simcc_y"][0]
        if len(x) not in LAYOUTS:
            raise ValueError(
                f"{self._session.path} finds {len(x)} keypoints: only networks of COCO's 17 or "
                "Halpe's 26 are known"
            )
        return x, y


class Rtmo:
    """Find people and their 17 keypoints in a whole picture."""

    def __init__(self, path: Path, *, device: str = "cpu", threads: int = 0) -> None:
        self._session = Session(path, device, threads)
        self._session.require(ONE_STAGE, "RTMO")
        self._size = _input_size(self._session.input, path)

    def __call__(self, picture: np.ndarray, most: int) -> list[Detection]:
        """At most ``most`` people of RGB uint8 (H, W, 3), by falling score."""
        height, width = picture.shape[:2]
        scale = min(self._size[0] / height, self._size[1] / width)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        framed = np.full((*self._size, 3), GREY, np.float32)
        # Its training saw BGR.
        framed[: inner[1], : inner[0]] = cv2.resize(picture, inner, interpolation=way)[..., ::-1]
        outputs = self._session(np.ascontiguousarray(framed.transpose(2, 0, 1))[None])
        boxes, points = outputs["dets"][0], outputs["keypoints"][0]
        factor = np.array([width / inner[0], height / inner[1]])
        found = []
        for row in np.flatnonzero(boxes[:, 4] >= LEAST_SCORE):
            keypoints = points[row].astype(np.float32)
            keypoints[:, :2] = (keypoints[:, :2] + 0.5) * factor - 0.5
            keypoints[:, 2] = keypoints[:, 2].clip(0, 1)
            box = (boxes[row, :4].reshape(2, 2) + 0.5) * factor - 0.5
            found.append(
                within(Detection(box.ravel(), float(boxes[row, 4]), keypoints), height, width)
            )
        return distinct(found)[:most]


def _input_size(declared: onnxruntime.NodeArg, path: Path) -> tuple[int, int]:
    """Height and width of an input (n, 3, height, width).

    Raises:
        ValueError: It has none that are fixed.
    """
    sides = declared.shape[2:]
    if len(declared.shape) != 4 or not all(isinstance(side, int) for side in sides):
        raise ValueError(f"{path} takes {declared.shape}: export it with a fixed height and width")
    return sides[0], sides[1]


def _mirrored(count: int) -> tuple[int, ...]:
    if count == len(HALPE26):
        other = {"left": "right", "right": "left"}
        names = [name.partition("_") for name in HALPE26]
        return tuple(
            HALPE26.index(f"{other[side]}_{rest}") if side in other else i
            for i, (side, _, rest) in enumerate(names)
        )
    return SKELETONS["coco17"].mirrored
