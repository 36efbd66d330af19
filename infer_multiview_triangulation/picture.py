"""One picture of a reconstruction: where the cameras stand, the skeleton, the residuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d.axes3d import Axes3D

from infer_multiview_triangulation.multiview_geometry import Camera, Reconstruction, Reconstructions

SIZE_INCHES, DPI = (12.8, 7.2), 100
SHOWN_FRAMES = 5
# Of the studio's extent: how long the drawing of a camera is.
CAMERA_SHARE = 0.06
TRUNK = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
)
# Of one person blue; dark enough to be told apart on white, for those who see fewer colours too.
COLOURS = (
    (0.15, 0.35, 0.75), (0.84, 0.37, 0.0), (0.0, 0.55, 0.40), (0.75, 0.40, 0.62),
    (0.55, 0.50, 0.05), (0.25, 0.60, 0.85), (0.45, 0.25, 0.10), (0.35, 0.35, 0.35),
)  # fmt: skip
Y_DOWN = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
Y_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def draw(people: Reconstructions) -> np.ndarray:
    """Draw the cameras with the skeletons over time, and the residuals a view: uint8 RGB.

    Each person has a colour of their own, in the studio and in the curve of residuals.
    """
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 3)
    # matplotlib's third axis is up; the second changes its sign, or left and right would change.
    axes_map = np.eye(3) if people.first.up_axis == "z" else Y_UP
    _draw_studio(figure.add_subplot(grid[:, :2], projection="3d"), people, axes_map)
    _draw_residuals(figure.add_subplot(grid[0, 2]), people.quality["views"])
    _draw_over_time(figure.add_subplot(grid[1, 2]), people)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def draw_calibration(
    cameras: Sequence[Camera], boards: np.ndarray, views: Sequence[dict[str, Any]]
) -> np.ndarray:
    """Draw cameras with the places (B, 4, 3) of a board, and the residuals a view: uint8 RGB."""
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 3)
    axes = figure.add_subplot(grid[:, :2], projection="3d")
    # The world is a camera's, whose y is down, or has z up; the one is told from the other by where
    # the first camera stands.
    axes_map = Y_DOWN if np.allclose(cameras[0].centre, 0) else np.eye(3)
    colour = COLOURS[0]
    for board in boards:
        axes.plot(*(board[[0, 1, 2, 3, 0]] @ axes_map.T).T, color=(*colour, 0.5), linewidth=0.8)
    extent = max(_extent(cameras), 0.5 * float(np.linalg.norm(np.ptp(boards[:, 0], axis=0))))
    for camera in cameras:
        _draw_camera(axes, camera, axes_map, length=CAMERA_SHARE * extent)
    axes.set_aspect("equal")
    axes.set_xlabel("x")
    axes.set_ylabel("z" if axes_map is Y_DOWN else "y")
    axes.set_zlabel("-y" if axes_map is Y_DOWN else "z")
    axes.set_title("cameras, and where the board was")
    _draw_residuals(figure.add_subplot(grid[0, 2]), views)
    _draw_coverage(figure.add_subplot(grid[1, 2]), views)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _draw_coverage(axes: Axes, views: Sequence[dict[str, Any]]) -> None:
    places = np.arange(len(views))
    axes.bar(places, [100 * view["coverage"] for view in views], 0.6)
    names = [view["name"] for view in views]
    axes.set_xticks(places, names, rotation=45, ha="right", fontsize=8)
    axes.set_ylim(0, 100)
    axes.set_ylabel("% of the picture")
    axes.set_title("where the board was seen")


def _draw_studio(axes: Axes3D, people: Reconstructions, axes_map: np.ndarray) -> None:
    for index, person in enumerate(people.people):
        _draw_person(axes, person, COLOURS[index % len(COLOURS)], axes_map)
    cameras = people.first.cameras
    for camera in cameras:
        _draw_camera(axes, camera, axes_map, length=CAMERA_SHARE * _extent(cameras))
    axes.set_aspect("equal")
    axes.set_xlabel("x")
    axes.set_ylabel("-z" if axes_map is Y_UP else "y")
    axes.set_zlabel("y" if axes_map is Y_UP else "z")
    axes.locator_params(axis="z", nbins=4)  # pyright: ignore[reportArgumentType]
    if len(people.people) > 1:
        handles = [
            Line2D([], [], color=COLOURS[index % len(COLOURS)], label=f"person {name}")
            for index, name in enumerate(people.names)
        ]
        axes.legend(handles=handles, fontsize=8, loc="upper left")
    axes.set_title("cameras and skeleton over time")


def _draw_person(
    axes: Axes3D, person: Reconstruction, colour: tuple[float, ...], axes_map: np.ndarray
) -> None:
    points, skeleton = person.keypoints3d_optim, person.skeleton
    known = np.flatnonzero(np.isfinite(points[..., 0]).any(axis=1))
    count = min(SHOWN_FRAMES, len(known))
    shown = known[np.linspace(0, len(known) - 1, count).astype(int)] if count else []
    limbs = skeleton.bones or [(i, i) for i in range(points.shape[1])]
    trunk = [(skeleton.index(a), skeleton.index(b)) for a, b in TRUNK]
    lines = [*limbs, *(pair for pair in trunk if None not in pair)]
    for place, frame in enumerate(shown):
        shade = (*colour, 0.25 + 0.75 * (place + 1) / count)
        for pair in lines:
            line = points[frame][list(pair)] @ axes_map.T
            if np.isfinite(line).all():
                axes.plot(*line.T, color=shade, linewidth=1.6)
    if len(known):
        path = np.nanmean(points[known], axis=1) @ axes_map.T
        path[:, 2] = np.nanmin(points[known] @ axes_map.T[:, 2])
        axes.plot(*path.T, color=(*colour, 0.5), linewidth=1)


def _extent(cameras: Sequence[Camera]) -> float:
    centres = np.stack([camera.centre for camera in cameras])
    return float(np.linalg.norm(np.ptp(centres, axis=0))) or 1.0


def _draw_camera(axes: Axes3D, camera: Camera, axes_map: np.ndarray, *, length: float) -> None:
    width, height = camera.size or (2 * camera.matrix[0, 2], 2 * camera.matrix[1, 2])
    corners = camera.normalised(
        np.array([[0, 0], [width, 0], [width, height], [0, height], [0, 0]], float)
    )
    if not np.isfinite(corners).all():
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * 0.4
    local = np.column_stack([corners, np.ones(5)]) * length
    frame = (local - camera.translation) @ camera.rotation_matrix
    axes.plot(*(frame @ axes_map.T).T, color="0.25", linewidth=0.9)
    for corner in frame[:4]:
        axes.plot(*(np.stack([camera.centre, corner]) @ axes_map.T).T, color="0.25", linewidth=0.9)
    x, y, z = axes_map @ camera.centre
    axes.text(x, y, z, camera.name, fontsize=8)


def _draw_residuals(axes: Axes, views: Sequence[Mapping[str, Any]]) -> None:
    rows = [row for row in views if row["median"] is not None]
    names = [row["name"] for row in rows]
    places = np.arange(len(rows))
    medians = np.array([row["median"] for row in rows], np.float64)
    axes.bar(places - 0.2, medians, 0.4, label="residual, median")
    left_out = [row["left_out_median"] or np.nan for row in rows]
    axes.bar(places + 0.2, left_out, 0.4, label="left out, median")
    axes.set_xticks(places, names, rotation=45, ha="right", fontsize=8)
    axes.set_ylabel("pixels")
    axes.set_ylim(0, 1.25 * axes.get_ylim()[1])
    axes.legend(fontsize=8, ncols=2, loc="upper center")
    axes.set_title("each view")


def _draw_over_time(axes: Axes, people: Reconstructions) -> None:
    for index, person in enumerate(people.people):
        errors = person.reprojection_error
        known = np.isfinite(errors).any(axis=1)
        if known.any():
            means = np.full(len(errors), np.nan)
            means[known] = np.nanmean(errors[known], axis=1)
            axes.plot(means, linewidth=1, color=COLOURS[index % len(COLOURS)])
    axes.set_xlabel("frame")
    axes.set_ylabel("pixels")
    axes.set_title("mean residual over time")
