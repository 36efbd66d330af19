"""Good calibrations of every form: the same two cameras in each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.multiview_geometry import Camera

VIEWS = ("seed_c01", "seed_c02")


def cameras() -> list[Camera]:
    """Two that look at the origin from the front and the side."""
    matrix = np.array([[800.0, 0, 320], [0, 810.0, 240], [0, 0, 1]])
    distortions = np.array([0.01, -0.02, 0.001, 0.002, 0.0])
    places = ((0.1, 0.2, 0.3), (0.2, 1.4, 0.1))
    shift = np.array([0.1, -0.2, 4.0])
    return [
        Camera(name, (640, 480), matrix, distortions, np.array(rotation), shift)
        for name, rotation in zip(VIEWS, places, strict=True)
    ]


def calibrations(folder: Path) -> list[Path]:
    """The same two cameras in every form."""
    two = cameras()
    files.write_cameras_json(folder / "seed.json", two)
    files.write_cameras_toml(folder / "seed.toml", two)
    (folder / "seed.xml").write_text(_qualisys(two))
    for name, text in _easymocap(two).items():
        (folder / "easymocap").mkdir(exist_ok=True)
        (folder / "easymocap" / name).write_text(text)
    colmap = folder / "colmap"
    colmap.mkdir()
    lines = ["# Cameras"]
    images = ["# Images"]
    for number, camera in enumerate(two, 1):
        m, d = camera.matrix, camera.distortions
        values = (m[0, 0], m[1, 1], m[0, 2], m[1, 2], *d[:4])
        lines.append(f"{number} OPENCV 640 480 {' '.join(map(str, values))}")
        turn = _quaternion(camera.rotation)
        place = " ".join(map(str, (*turn, *camera.translation)))
        images += [f"{number} {place} {number} {camera.name}.png", "1.0 2.0 -1"]
    (colmap / "cameras.txt").write_text("\n".join([*lines, ""]))
    (colmap / "images.txt").write_text("\n".join([*images, ""]))
    return [*folder.glob("seed.*"), folder / "easymocap", colmap]


def _quaternion(vector: np.ndarray) -> np.ndarray:
    return np.roll(Rotation.from_rotvec(vector).as_quat(), 1)


def _qualisys(two: Sequence[Camera]) -> str:
    items = []
    for camera in two:
        m, d = camera.matrix, camera.distortions
        rotation = cv2.Rodrigues(camera.rotation)[0]
        place = dict(zip("xyz", 1000 * camera.centre, strict=True))
        place |= {f"r{i + 1}{j + 1}": rotation[j, i] for i in range(3) for j in range(3)}
        inner = {
            "focallength": 1.0,
            "sensorMinU": 0,
            "sensorMaxU": 640 * 64,
            "sensorMinV": 0,
            "sensorMaxV": 480 * 64,
            "focalLengthU": 64 * m[0, 0],
            "focalLengthV": 64 * m[1, 1],
            "centerPointU": 64 * m[0, 2],
            "centerPointV": 64 * m[1, 2],
            "skew": 0,
            **{f"radialDistortion{i + 1}": d[(0, 1, 4)[i]] for i in range(3)},
            "tangentalDistortion1": d[2],
            "tangentalDistortion2": d[3],
        }
        items.append(
            f'<camera active="1" serial="{camera.name}" viewrotation="0">'
            '<fov_video left="0" right="639" top="0" bottom="479"/>'
            f"<transform {_attributes(place)}/><intrinsic {_attributes(inner)}/></camera>"
        )
    head = '<?xml version="1.0"?>\n<calibration type="regular"><cameras>\n'
    return head + "\n".join(items) + "\n</cameras></calibration>\n"


def _attributes(values: dict[str, Any]) -> str:
    return " ".join(f'{name}="{float(value)}"' for name, value in values.items())


def _easymocap(two: Sequence[Camera]) -> dict[str, str]:
    head = "%YAML:1.0\n---\nnames:\n" + "".join(f'   - "{c.name}"\n' for c in two)
    inner, outer = head, head
    for c in two:
        inner += _matrix(f"K_{c.name}", c.matrix) + _matrix(f"dist_{c.name}", c.distortions[None])
        inner += f"H_{c.name}: 480\nW_{c.name}: 640\n"
        outer += _matrix(f"R_{c.name}", c.rotation[:, None])
        outer += _matrix(f"Rot_{c.name}", cv2.Rodrigues(c.rotation)[0])
        outer += _matrix(f"T_{c.name}", c.translation[:, None])
    return {"intri.yml": inner, "extri.yml": outer}


def _matrix(name: str, values: np.ndarray) -> str:
    rows, columns = values.shape
    data = ", ".join(map(str, values.ravel().tolist()))
    return (
        f"{name}: !!opencv-matrix\n   rows: {rows}\n   cols: {columns}\n   dt: d\n"
        f"   data: [{data}]\n"
    )


def overlay_cameras(folder: Path) -> list[Path]:
    """Cameras for the body's overlay."""
    files.write_cameras_json(folder / "seed.json", cameras())
    return [folder / "seed.json"]
