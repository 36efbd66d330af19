"""Videos of a calibration board before several cameras with lenses, drawn from known truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from development.synthetic.clip import write_frames
from infer_multiview_triangulation.board_calibration import Board, Sightings
from infer_multiview_triangulation.multiview_geometry import Camera

# Of the drawn board, so many pixels a square.
TEXTURE = 96
# Rays a pixel, each way.
SUPERSAMPLED = 2
WALL, NOISE, BLUR = 118.0, 3.0, 0.7
# Black ink and white paper under a lamp.
INK, PAPER = 25.0, 225.0
# Metres: how far the cameras stand from the middle, where the board is waved.
AWAY = 3.0


@dataclass(frozen=True)
class BoardTake:
    """The truth: cameras in metres (y down), and board to world at each of F frames."""

    board: Board
    cameras: list[Camera]
    rotations: np.ndarray
    translations: np.ndarray


def lens_cameras(count: int, size: tuple[int, int] = (960, 720), seed: int = 0) -> list[Camera]:
    """Cameras in an arc around the middle, each with its own lens."""
    rng = np.random.default_rng(seed)
    angles = np.linspace(-0.5, 0.5, count) * min(2.0, 0.6 * count) if count > 1 else np.zeros(1)
    cameras = []
    for number, angle in enumerate(angles):
        centre = AWAY * np.array([np.sin(angle), -0.25, -np.cos(angle)])
        forward = -centre / np.linalg.norm(centre)
        right = np.cross([0, 1.0, 0], forward)
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(forward, right), forward])
        focal = size[0] * rng.uniform(0.95, 1.15)
        middle = np.array(size) * (0.5 + rng.uniform(-0.02, 0.02, 2))
        matrix = np.array([[focal, 0, middle[0]], [0, focal * 1.002, middle[1]], [0, 0, 1]])
        radial = rng.uniform(-0.18, -0.08), rng.uniform(0.02, 0.06)
        distortions = np.array([*radial, 6e-4, -4e-4])
        vector = Rotation.from_matrix(rotation).as_rotvec()
        cameras.append(
            Camera(f"cam{number + 1}", size, matrix, distortions, vector, -rotation @ centre)
        )
    return cameras


def waved(board: Board, cameras: Sequence[Camera], frames: int, seed: int = 0) -> BoardTake:
    """Somebody waves the board in the middle, towards every camera in turn, far and near."""
    rng = np.random.default_rng(seed)
    centres = np.stack([camera.centre for camera in cameras])
    rotations, translations = [], []
    for frame in range(frames):
        # Between two neighbouring cameras, so that both see it.
        place = (frame % (2 * len(cameras) - 1)) / 2
        low, high = int(np.floor(place)), int(np.ceil(place))
        towards = centres[low : high + 1].mean(axis=0)
        near = rng.uniform(0.05, 0.62)
        normal = -towards / np.linalg.norm(towards)
        right = np.cross([0, 1.0, 0], normal)
        right /= np.linalg.norm(right)
        facing = np.stack([right, np.cross(normal, right), normal], axis=1)
        tilt = Rotation.from_euler("xyz", rng.uniform(-1, 1, 3) * (40, 40, 25), degrees=True)
        rotation = facing @ tilt.as_matrix()
        reach = 1.1 * (1 - near)
        middle = near * towards + facing[:, :2] @ (rng.uniform(-reach, reach, 2) * (1, 0.7))
        rotations.append(rotation)
        translations.append(middle - rotation @ board.outline.mean(axis=0))
    return BoardTake(board, list(cameras), np.array(rotations), np.array(translations))


def lying(take: BoardTake, height: float = 0.5, frames: int = 3) -> BoardTake:
    """The same take with the board on the floor, ``height`` metres below the middle, at its end."""
    flat = Rotation.from_euler("x", -90, degrees=True).as_matrix()
    place = np.array([0, height, 0]) - flat @ take.board.outline.mean(axis=0)
    return replace(
        take,
        rotations=np.concatenate([take.rotations, *[flat[None]] * frames]),
        translations=np.concatenate([take.translations, *[place[None]] * frames]),
    )


def sightings_of(take: BoardTake, noise: float, seed: int = 0) -> Sightings:
    """Where a detector would see the corners, ``noise`` pixels off.

    It sees a checkerboard only whole, and of either board's back nothing.
    """
    rng = np.random.default_rng(seed)
    corners, found = take.board.corners, []
    for camera in take.cameras:
        width, height = camera.size or (0, 0)
        points = corners @ take.rotations.transpose(0, 2, 1) + take.translations[:, None]
        pixels = camera.project(points)
        pixels += rng.normal(0, noise, pixels.shape)
        with np.errstate(invalid="ignore"):
            inside = ((pixels > 2) & (pixels < (width - 2, height - 2))).all(axis=-1)
        sight = points.mean(axis=1) - camera.centre
        inside &= np.einsum("fi,fi->f", take.rotations[:, :, 2], sight)[:, None] > 0
        if take.board.kind == "checkerboard":
            inside &= inside.all(axis=1, keepdims=True)
        found.append(np.where(inside[..., None], pixels, np.nan))
    return Sightings(
        names=tuple(camera.name for camera in take.cameras),
        sizes=tuple(camera.size or (0, 0) for camera in take.cameras),
        moments=np.arange(len(take.rotations)),
        pixels=np.stack(found),
        pictures=(len(take.rotations),) * len(take.cameras),
    )


def texture_of(board: Board) -> np.ndarray:
    """The board as printed, grey (H, W) float32, its first square black."""
    if board.kind == "charuco":
        size = board.columns * TEXTURE, board.rows * TEXTURE
        image = board.pattern(False).generateImage(size, marginSize=0).astype(np.float32) / 255
    else:
        squares = np.indices((board.rows, board.columns)).sum(axis=0) % 2
        image = np.kron(squares, np.ones((TEXTURE, TEXTURE))).astype(np.float32)
    return INK + (PAPER - INK) * image


class BoardPainter:
    """Draws one board as one camera sees it."""

    def __init__(self, board: Board, camera: Camera) -> None:
        width, height = camera.size or (0, 0)
        self._board, self._camera = board, camera
        margin = TEXTURE // 2
        self._texture = cv2.copyMakeBorder(
            texture_of(board),
            margin,
            margin,
            margin,
            margin,
            cv2.BORDER_CONSTANT,
            value=(PAPER,),
        )
        self._margin = margin
        step = 1 / SUPERSAMPLED
        x = (np.arange(width * SUPERSAMPLED) + 0.5) * step - 0.5
        y = (np.arange(height * SUPERSAMPLED) + 0.5) * step - 0.5
        rays = camera.normalised(np.stack(np.meshgrid(x, y), axis=-1))
        rays = np.concatenate([rays, np.ones_like(rays[..., :1])], axis=-1)
        self._rays = rays.astype(np.float32)

    def draw(
        self, rotation: np.ndarray, translation: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """The picture, uint8 (H, W), of the board placed by these in the world."""
        camera = self._camera
        width, height = camera.size or (0, 0)
        picture = np.full((height, width), WALL, np.float32)
        turned = camera.rotation_matrix @ rotation
        moved = camera.rotation_matrix @ translation + camera.translation
        outline = self._board.outline @ turned.T + moved
        # From behind it is not seen.
        if outline[:, 2].min() > 0.1 and outline.mean(axis=0) @ turned[:, 2] > 0:
            self._paint(picture, turned, moved)
        picture = cv2.GaussianBlur(picture, (0, 0), BLUR)
        picture += NOISE * rng.standard_normal(picture.shape, np.float32)
        return np.clip(np.rint(picture), 0, 255).astype(np.uint8)

    def _paint(self, picture: np.ndarray, turned: np.ndarray, moved: np.ndarray) -> None:
        shown = self._camera.pixels(self._outline(turned, moved))
        if not np.isfinite(shown).all():
            return
        low = np.clip(np.floor(shown.min(axis=0)).astype(int) - 2, 0, picture.shape[::-1])
        high = np.clip(np.ceil(shown.max(axis=0)).astype(int) + 3, 0, picture.shape[::-1])
        if (high <= low).any():
            return
        rows = slice(low[1] * SUPERSAMPLED, high[1] * SUPERSAMPLED)
        columns = slice(low[0] * SUPERSAMPLED, high[0] * SUPERSAMPLED)
        rays = self._rays[rows, columns] @ turned.astype(np.float32)
        offset = turned.T @ moved
        with np.errstate(divide="ignore", invalid="ignore"):
            length = offset[2] / rays[..., 2:]
            on_board = length * rays[..., :2] - offset[:2]
        place = on_board / self._board.square * TEXTURE + self._margin - 0.5
        place = np.nan_to_num(place, nan=-1e4).clip(-1e4, 1e4).astype(np.float32)
        found = cv2.remap(
            self._texture,
            place[..., 0],
            place[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=WALL,
        )
        shape = high[1] - low[1], SUPERSAMPLED, high[0] - low[0], SUPERSAMPLED
        picture[low[1] : high[1], low[0] : high[0]] = found.reshape(shape).mean(axis=(1, 3))

    def _outline(self, turned: np.ndarray, moved: np.ndarray) -> np.ndarray:
        margin = self._margin / TEXTURE * self._board.square
        corners = self._board.outline[:, None] + margin * np.array(
            [[x, y, 0] for x in (-1, 1) for y in (-1, 1)]
        )
        local = corners.reshape(-1, 3) @ turned.T + moved
        return local[:, :2] / local[:, 2:]


def drawn(take: BoardTake, seed: int = 0) -> list[list[np.ndarray]]:
    """Every view's pictures, uint8 (H, W)."""
    found = []
    for number, camera in enumerate(take.cameras):
        rng = np.random.default_rng([seed, number])
        painter = BoardPainter(take.board, camera)
        pairs = zip(take.rotations, take.translations, strict=True)
        found.append([painter.draw(*pose, rng) for pose in pairs])
    return found


def write_videos(folder: Path, take: BoardTake, seed: int = 0, fps: int = 10) -> list[Path]:
    """A video a camera, by its name."""
    paths = []
    folder.mkdir(parents=True, exist_ok=True)
    for camera, pictures in zip(take.cameras, drawn(take, seed), strict=True):
        frames = [np.repeat(grey[..., None], 3, axis=2) for grey in pictures]
        paths.append(write_frames(folder / f"{camera.name}.mp4", frames, fps))
    return paths
