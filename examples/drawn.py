"""Small inputs for the examples, drawn, so that the truth is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

# The makers of drawn footage are imported where they are used: inputs of yours need none of them.


def person(folder: Path, width: int = 320, height: int = 240) -> Path:
    """``person.png``, with ``empty_room.png`` and the true ``person_alpha.png`` beside it."""
    from development.synthetic.people import place, room

    empty = room(height, width)
    picture = empty.copy()
    mask, _ = place(picture, width // 3, height - 16, round(0.8 * height))
    _write(folder / "empty_room.png", empty)
    _write(folder / "person_alpha.png", 255 * mask.astype(np.uint8))
    return _write(folder / "person.png", picture)


def walk(folder: Path, frames: int = 12, width: int = 320, height: int = 240) -> Path:
    """``walk.mp4``: somebody crosses a room."""
    from development.synthetic.clip import write_frames
    from development.synthetic.people import place, room

    pictures = []
    for frame in range(frames):
        pictures.append(room(height, width))
        place(pictures[-1], 8 + 14 * frame, height - 16, round(0.8 * height))
    return write_frames(folder / "walk.mp4", pictures, 12, crf=12)


def street(folder: Path, frames: int = 30) -> Path:
    """``street.mp4``, 320x240: somebody crosses; ``street_empty.png`` is the truth."""
    from development.synthetic.clip import write_frames
    from development.synthetic.scenes import make_scene

    scene = make_scene("moving", moments=np.linspace(0, 149, frames).tolist())
    _write(folder / "street_empty.png", scene.background)
    return write_frames(folder / "street.mp4", scene.frames, 12, crf=12)


def hills(folder: Path, width: int = 320, height: int = 240) -> Path:
    """``hills.png``: a new background."""
    rows, columns = np.mgrid[:height, :width]
    share = (rows / height)[..., None]
    picture = (1 - share) * (96, 150, 214) + share * (250, 214, 170)
    for depth, colour in enumerate(((120, 150, 130), (86, 122, 96), (60, 96, 70))):
        line = height * (0.62 + 0.12 * depth + 0.05 * np.sin(columns / (40 - 9 * depth) + depth))
        picture[rows > line] = colour
    return _write(folder / "hills.png", picture.astype(np.uint8))


def green_screen(folder: Path) -> Path:
    """``green_screen.png``: somebody before a screen, unevenly lit; ``green_alpha.png`` is true."""
    from development.synthetic.clip import SyntheticClip

    clip = SyntheticClip(320, 240, frames=8)
    _, alpha, foreground = clip.frame(4)
    light = np.linspace(0.9, 1.1, 320)[None, :, None]
    mixed = alpha[..., None] * foreground + (1 - alpha[..., None]) * light * (60, 170, 70)
    _write(folder / "green_alpha.png", np.rint(255 * alpha).astype(np.uint8))
    return _write(folder / "green_screen.png", np.rint(mixed).astype(np.uint8))


def cameras(folder: Path, frames: int = 6) -> Path:
    """``cameras/``: what three cameras film of a dance, and ``cameras.json`` beside it."""
    from development.synthetic.filmed import film, write_videos
    from infer_multiview_triangulation.multiview_files import write_cameras_json

    take = film(frames, fps=15, height=480, views=3)
    write_videos(folder / "cameras", take)
    write_cameras_json(folder / "cameras.json", take.cameras)
    return folder / "cameras"


def _write(path: Path, picture: np.ndarray) -> Path:
    """An RGB or grey picture as PNG."""
    assert cv2.imwrite(str(path), picture[..., ::-1] if picture.ndim == 3 else picture), path
    return path
