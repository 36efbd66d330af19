"""Where the cameras stand to each other, by the moments at which two of them see the board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from ..multiview_geometry.camera import Camera
from .board import Board
from .sightings import Sightings

# So many moments of two views propose how they stand.
MOST_PROPOSALS = 30
# A pair of views that disagree by more is none, in shares of the picture's long side.
MOST_ERROR = 0.03
# Views contradict each other from so many times the usual error on, and so many pixels.
CONTRADICTION, LEAST_CONTRADICTION = 6.0, 6.0
# More shared moments than that make no pair surer.
MANY_MOMENTS = 30


@dataclass(frozen=True)
class Rigid:
    """Motions x' = rotation @ x + translation, (..., 3, 3) and (..., 3)."""

    rotation: np.ndarray
    translation: np.ndarray

    def after(self, first: Rigid) -> Rigid:
        """This motion after ``first``."""
        moved = (self.rotation @ first.translation[..., None])[..., 0]
        return Rigid(self.rotation @ first.rotation, moved + self.translation)

    @property
    def inverse(self) -> Rigid:
        turned = np.swapaxes(self.rotation, -1, -2)
        return Rigid(turned, -(turned @ self.translation[..., None])[..., 0])

    def __getitem__(self, index: Any) -> Rigid:
        return Rigid(self.rotation[index], self.translation[index])

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """The points (N, 3) after each of the motions: (..., N, 3)."""
        return points @ np.swapaxes(self.rotation, -1, -2) + self.translation[..., None, :]


def board_poses(sightings: Sightings, cameras: Sequence[Camera], board: Board) -> Rigid:
    """Board to camera, of each view and moment (V, M, 2); NaN where the board is not seen.

    A flat board far away is explained nearly as well by two poses (Collins, 2014): both are told,
    the better one first.
    """
    shape = (*sightings.seen.shape, 2)
    found = Rigid(np.full((*shape, 3, 3), np.nan), np.full((*shape, 3), np.nan))
    for view, moment in zip(*np.nonzero(sightings.seen), strict=True):
        pixels, camera = sightings.pixels[view, moment], cameras[view]
        seen = np.isfinite(pixels[:, 0])
        points, observed = board.corners[seen], pixels[seen]
        lens = camera.matrix, camera.distortions
        try:
            _, rotations, translations, _ = cv2.solvePnPGeneric(
                points, observed, *lens, flags=cv2.SOLVEPNP_IPPE
            )
            refined = [
                cv2.solvePnPRefineLM(points, observed, *lens, *pose)
                for pose in zip(rotations, translations, strict=True)
            ]
        except cv2.error:
            continue
        for number, (rotation, translation) in enumerate(refined[:2]):
            turned = Rotation.from_rotvec(rotation.ravel()).as_matrix()
            found.rotation[view, moment, number] = turned
            found.translation[view, moment, number] = translation.ravel()
    return found


def turns_of(board: Board) -> list[Rigid]:
    """The motions of the board onto itself that :attr:`Board.turns` lists: corner i to turn[i]."""
    corners = board.corners
    centre, normal = corners.mean(axis=0), np.array([0.0, 0.0, 1.0])
    found = []
    for order in board.turns:
        rotation, _ = Rotation.align_vectors(
            np.vstack([corners[order] - centre, normal]), np.vstack([corners - centre, normal])
        )
        matrix = rotation.as_matrix()
        found.append(Rigid(matrix, centre - matrix @ centre))
    return found


@dataclass(frozen=True)
class Pair:
    """How two views stand: ``motion`` goes from the second's frame to the first's."""

    first: int
    second: int
    motion: Rigid
    moments: int
    error: float


def pair_of(
    first: int,
    second: int,
    poses: Rigid,
    *,
    sightings: Sightings,
    cameras: Sequence[Camera],
    board: Board,
) -> Pair | None:
    """The motion on which most moments agree; None where no two views share the board."""
    known = np.isfinite(poses.translation[[first, second], :, 0, 0]).all(axis=0)
    shared = np.flatnonzero(known)
    if not len(shared):
        return None
    spread = np.linspace(0, len(shared) - 1, min(MOST_PROPOSALS, len(shared))).astype(int)
    shared = shared[np.unique(spread)]
    turns = turns_of(board)
    from_board = [turn(board.corners) for turn in turns]
    firsts, seconds = poses[first][shared][:, 0], poses[second][shared][:, 0]
    best, best_error = None, np.inf
    camera = _local(cameras[first])
    observed = sightings.pixels[first, shared]
    for index in range(len(shared)):
        for turn in turns:
            motion = firsts[index].after(turn).after(seconds[index].inverse)
            errors = [
                np.linalg.norm(camera.project(motion.after(seconds)(points)) - observed, axis=-1)
                for points in from_board
            ]
            with np.errstate(invalid="ignore"):
                medians = np.nanmin([_medians(error) for error in errors], axis=0)
            error = float(np.median(np.nan_to_num(medians, nan=np.inf)))
            if error < best_error:
                best, best_error = motion, error
    if best is None or best_error > MOST_ERROR * max(sightings.sizes[first]):
        return None
    return Pair(first, second, best, int(known.sum()), best_error)


def _medians(errors: np.ndarray) -> np.ndarray:
    """Of each row, infinite where a board is behind the camera."""
    told = [row[np.isfinite(row)] for row in errors]
    return np.array([np.median(row) if len(row) else np.inf for row in told])


def _local(camera: Camera) -> Camera:
    return replace(camera, rotation=np.zeros(3), translation=np.zeros(3))


def place_cameras(
    sightings: Sightings, cameras: Sequence[Camera], poses: Rigid, board: Board
) -> list[Camera]:
    """The cameras in the first one's frame, joined by the pairs that share most.

    Raises:
        ValueError: Some views never share the board with the others; the text names them.
    """
    views = len(cameras)
    pairs = [
        pair
        for first in range(views)
        for second in range(first + 1, views)
        if (
            pair := pair_of(first, second, poses, sightings=sightings, cameras=cameras, board=board)
        )
    ]
    # From the surest pair on (Kruskal's tree), each view is joined once.
    pairs.sort(key=lambda pair: (-min(pair.moments, MANY_MOMENTS), pair.error))
    placed = {0: Rigid(np.eye(3), np.zeros(3))}
    tree = _tree(pairs, views)
    waiting = list(tree)
    while waiting:
        usable = [pair for pair in waiting if (pair.first in placed) != (pair.second in placed)]
        if not usable:
            break
        pair = usable[0]
        waiting.remove(pair)
        if pair.first in placed:
            placed[pair.second] = pair.motion.inverse.after(placed[pair.first])
        else:
            placed[pair.first] = pair.motion.after(placed[pair.second])
    if len(placed) < views:
        apart = np.array([view not in placed for view in range(views)])
        raise ValueError(never_together(sightings.names, apart))
    return [
        replace(
            camera,
            rotation=Rotation.from_matrix(placed[view].rotation).as_rotvec(),
            translation=placed[view].translation,
        )
        for view, camera in enumerate(cameras)
    ]


def never_together(names: Sequence[str], apart: np.ndarray) -> str:
    """What is told of views that nothing joins to the others; ``apart`` (V,) bool says which."""
    lost, joined = (
        ", ".join(name for name, is_apart in zip(names, apart, strict=True) if is_apart == wanted)
        for wanted in (True, False)
    )
    return (
        f"{lost} and {joined} never see the board at the same moment "
        "(or where they do, they contradict each other, as videos that do not begin together "
        "do): show it to them together, or cut the videos to the same beginning"
    )


def _tree(pairs: Sequence[Pair], views: int) -> list[Pair]:
    group = list(range(views))
    tree = []
    for pair in pairs:
        one, other = group[pair.first], group[pair.second]
        if one != other:
            tree.append(pair)
            group = [one if member == other else member for member in group]
    return tree


def world_poses(
    sightings: Sightings, cameras: Sequence[Camera], poses: Rigid, board: Board
) -> tuple[Rigid, Sightings]:
    """Board to world at each moment (M), and the corners in the order that views have in common.

    Of what each view says of the board, that which all views miss least. Of a board that can be
    turned unnoticed, the other views' corners are put into its order. NaN where no view tells.
    """
    moments, corners, turns = sightings.pixels.shape[1], board.corners, board.turns
    world = Rigid(np.full((moments, 3, 3), np.nan), np.full((moments, 3), np.nan))
    orders = np.broadcast_to(np.arange(len(board.corners)), sightings.pixels.shape[:3]).copy()
    outward = [Rigid(camera.rotation_matrix, camera.translation).inverse for camera in cameras]
    for moment in range(moments):
        best = np.inf
        known = np.isfinite(poses.translation[:, moment, :, 0])
        for view, number in zip(*np.nonzero(known), strict=True):
            pose = outward[view].after(poses[view][moment, number])
            error, fitting = _missed(
                pose, cameras, sightings.pixels[:, moment], board=corners, turns=turns
            )
            if error < best:
                best = error
                world.rotation[moment], world.translation[moment] = pose.rotation, pose.translation
                orders[:, moment] = fitting
    return world, sightings.reordered(orders)


def _missed(
    pose: Rigid,
    cameras: Sequence[Camera],
    pixels: np.ndarray,
    *,
    board: np.ndarray,
    turns: Sequence[np.ndarray],
) -> tuple[float, np.ndarray]:
    """The sum over the views of pixels by which a pose misses corners (V, C, 2), and their orders.

    Returns:
        The error, a view's being the median of its corners', and of each view the order (V, C) in
        which they fit best.
    """
    corners = pose(board)
    orders, errors = [], []
    for camera, observed in zip(cameras, pixels, strict=True):
        shown = camera.project(corners)
        missed = [_medians(np.linalg.norm(observed[turn] - shown, axis=-1)[None]) for turn in turns]
        orders.append(turns[int(np.argmin(missed))])
        errors.append(min(missed)[0] if np.isfinite(observed).any() else 0.0)
    return float(np.sum(errors)), np.stack(orders)


def without_contradictions(
    sightings: Sightings, cameras: Sequence[Camera], boards: Rigid, board: Board
) -> tuple[Sightings, float]:
    """What views see of the board where the others see it, and the share that was left out.

    Left out is what is far off its place: a board that was taken for another way up, or one behind
    glass.
    """
    errors = [
        _medians(np.linalg.norm(camera.project(boards(board.corners)) - pixels, axis=-1))
        for camera, pixels in zip(cameras, sightings.pixels, strict=True)
    ]
    missed = np.where(sightings.seen, errors, 0.0)
    usual = np.median(missed[sightings.seen])
    wrong = missed > max(LEAST_CONTRADICTION, CONTRADICTION * usual)
    pixels = np.where(wrong[..., None, None], np.nan, sightings.pixels)
    return replace(sightings, pixels=pixels), float(wrong.sum() / sightings.seen.sum())
