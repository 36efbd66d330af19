"""Qualisys' calibration, .xml or .qca.txt, converted as Pose2Sim does."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from xml.parsers import expat

import numpy as np

from ...infer_multiview_triangulation_kit.files import natural_key
from ...multiview_geometry import Camera
from .fields import make_camera

SUBPIXELS = 64
MARKER_RESOLUTION = 1080
# Qualisys' cameras look along -z with y up, OpenCV's along z with y down.
HALF_TURN = np.diag([1.0, -1.0, -1.0])


def read_qualisys(path: Path) -> list[Camera]:
    """The video cameras in natural order of their serial numbers, in metres.

    Pixel lengths are stored in 64ths. Pose2Sim divides the distortion coefficients by 64, too, and
    so does this, to give the calibrations that its users know.

    Raises:
        ValueError: It is not such XML, or a camera's values are missing or not usable.
    """
    try:
        cameras = _tree(path.read_bytes()).findall("cameras/camera")
    # An unknown encoding is a LookupError.
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise ValueError(f"{path} is not valid XML ({error}): export it again") from error
    # Marker cameras stand in the same file; "none" is what Pose2Sim's demo writes.
    video = [c for c in cameras if "Video" in c.get("model", "") or c.get("model") == "none"]
    read = [_camera(path, element) for element in video or cameras]
    return sorted(read, key=lambda camera: natural_key(camera.name))


def _tree(content: bytes) -> ElementTree.Element:
    """Parse XML of any encoding that declares no document type.

    Types and entities are no part of such files, but a way to make a parser read others or expand
    them without end. expat tells of the type before it looks at what the type declares.
    """

    def refuse(*_: object) -> None:
        raise ValueError("it declares a document type, which a calibration has no need of")

    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.Parse(content, True)
    return builder.close()


def _camera(path: Path, element: ElementTree.Element) -> Camera:
    name = element.get("serial", "without serial")
    try:
        view = _numbers(element, "fov_video", ("left", "top", "right", "bottom"))
        focal = _numbers(element, "intrinsic", ("focalLengthU", "focalLengthV"))
        centre = _numbers(element, "intrinsic", ("centerPointU", "centerPointV"))
        lens = ("radialDistortion1", "radialDistortion2")
        tangential = ("tangentalDistortion1", "tangentalDistortion2")
        distortions = _numbers(element, "intrinsic", lens + tangential) / SUBPIXELS
        names = tuple(f"r{row}{column}" for row in (1, 2, 3) for column in (1, 2, 3))
        axes = _numbers(element, "transform", names).reshape(3, 3)
        place = _numbers(element, "transform", ("x", "y", "z")) / 1000
        scale = float(element.get("video_resolution", "1080p").rstrip("pP")) / MARKER_RESOLUTION
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"camera {name} of {path} has no usable {error}: export the calibration again"
        ) from error
    fx, fy = focal / SUBPIXELS * scale
    cx, cy = (centre / SUBPIXELS - view[:2]) * scale
    width, height = (view[2:] - view[:2] + 1) * scale
    rotation = HALF_TURN @ axes
    return make_camera(
        path,
        name,
        size=(width, height),
        matrix=[[fx, 0, cx], [0, fy, cy], [0, 0, 1]],
        distortions=distortions,
        rotation=rotation,
        translation=-rotation @ place,
    )


def _numbers(element: ElementTree.Element, child: str, names: tuple[str, ...]) -> np.ndarray:
    values = element.find(child)
    if values is None:
        raise KeyError(child)
    return np.array([float(values.attrib[name]) for name in names])
