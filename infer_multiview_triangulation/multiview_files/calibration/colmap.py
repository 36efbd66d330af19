"""COLMAP's text model: cameras.txt and images.txt.

COLMAP puts the centre of the first pixel at (0.5, 0.5), OpenCV and this package at (0, 0), so the
principal point moves by half a pixel.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np
from scipy.spatial.transform import Rotation

from ...infer_multiview_triangulation_kit.files import natural_key
from ...multiview_geometry import Camera
from .fields import make_camera

# For each model the parameters' names in the file's order; f stands for fx and fy.
MODELS = {
    "SIMPLE_PINHOLE": "f cx cy",
    "PINHOLE": "fx fy cx cy",
    "SIMPLE_RADIAL": "f cx cy k1",
    "RADIAL": "f cx cy k1 k2",
    "OPENCV": "fx fy cx cy k1 k2 p1 p2",
    "FULL_OPENCV": "fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6",
}
DISTORTIONS = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
HALF_PIXEL = 0.5
UNUSABLE = "{} has an unusable line {!r} ({}): export the model again as text"


def read_colmap(folder: Path) -> list[Camera]:
    """A camera for each registered image, in natural order of the images' names.

    The camera's name is the image's, without its extension.

    Raises:
        FileNotFoundError: cameras.txt or images.txt is not in the folder.
        ValueError: A model is not supported, or a line is not usable.
    """
    models, images = folder / "cameras.txt", folder / "images.txt"
    for file in (models, images):
        if not file.is_file():
            raise FileNotFoundError(f"{file} is not there: COLMAP's text model has both files")
    lenses, cameras = _lenses(models), []
    for line in _image_lines(images):
        try:
            _, *pose, camera_id, name = line.split(maxsplit=9)
            numbers = [float(number) for number in pose]
            rotation = Rotation.from_quat(np.roll(numbers[:4], -1)).as_rotvec()
            lens = lenses[camera_id]
        except (ValueError, KeyError) as error:
            raise ValueError(UNUSABLE.format(images, line[:80], error)) from error
        name = str(PurePosixPath(name.strip()).with_suffix(""))
        cameras.append(
            make_camera(images, name, rotation=rotation, translation=numbers[4:], **lens)
        )
    return sorted(cameras, key=lambda camera: natural_key(camera.name))


def _image_lines(file: Path) -> list[str]:
    """Every other line: each image has a second one, of its points, which may be empty."""
    lines = _lines(file)
    for line in lines[1::2]:
        # Without the empty lines every second image would go unread.
        if any(character.isalpha() and character not in "eEnaif" for character in line):
            raise ValueError(
                f"{file} has {line[:80]!r} where an image's points belong: keep the empty lines"
            )
    return [line for line in lines[::2] if line.strip()]


def _lenses(file: Path) -> dict[str, dict]:
    lenses = {}
    for line in filter(str.strip, _lines(file)):
        camera_id, model, *numbers = line.split() + [""] * 2
        if model not in MODELS:
            raise ValueError(
                f"camera {camera_id} of {file} has the model {model}: "
                f"undistort it to one of {', '.join(MODELS)}"
            )
        names = MODELS[model].split()
        try:
            width, height, *values = (float(number) for number in numbers if number)
            lens = dict(zip(names, values, strict=True))
        except ValueError as error:
            raise ValueError(UNUSABLE.format(file, line[:80], error)) from error
        fx, fy = lens.get("fx", lens.get("f")), lens.get("fy", lens.get("f"))
        cx, cy = lens["cx"] - HALF_PIXEL, lens["cy"] - HALF_PIXEL
        lenses[camera_id] = {
            "size": (width, height),
            "matrix": [[fx, 0, cx], [0, fy, cy], [0, 0, 1]],
            "distortions": [lens.get(name, 0.0) for name in DISTORTIONS],
        }
    return lenses


def _lines(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8", errors="replace")
    return [line for line in text.splitlines() if not line.startswith("#")]
