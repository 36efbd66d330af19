"""One picture of a reconstruction: where the cameras stand, the skeleton, the residuals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.axes3d import Axes3D

from infer_multiview_triangulation.multiview_geometry import Camera, Reconstruction

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
Y_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def draw(reconstruction: Reconstruction) -> np.ndarray:
    """Draw the cameras with the skeleton over time, and the residuals a view: uint8 RGB."""
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 3)
    # matplotlib's third axis is up; the second changes its sign, or left and right would change.
    axes_map = np.eye(3) if reconstruction.up_axis == "z" else Y_UP
    _draw_studio(figure.add_subplot(grid[:, :2], projection="3d"), reconstruction, axes_map)
    _draw_residuals(figure.add_subplot(grid[0, 2]), reconstruction)
    _draw_over_time(figure.add_subplot(grid[1, 2]), reconstruction)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _draw_studio(axes: Axes3D, reconstruction: Reconstruction, axes_map: np.ndarray) -> None:
    points, skeleton = reconstruction.keypoints3d_optim, reconstruction.skeleton
    known = np.flatnonzero(np.isfinite(points[..., 0]).any(axis=1))
    count = min(SHOWN_FRAMES, len(known))
    shown = known[np.linspace(0, len(known) - 1, count).astype(int)] if count else []
    limbs = skeleton.bones or [(i, i) for i in range(points.shape[1])]
    trunk = [(skeleton.index(a), skeleton.index(b)) for a, b in TRUNK]
    lines = [*limbs, *(pair for pair in trunk if None not in pair)]
    for place, frame in enumerate(shown):
        colour = (0.15, 0.35, 0.75, 0.25 + 0.75 * (place + 1) / count)
        for pair in lines:
            line = points[frame][list(pair)] @ axes_map.T
            if np.isfinite(line).all():
                axes.plot(*line.T, color=colour, linewidth=1.6)
    size = _extent(reconstruction.cameras)
    for camera in reconstruction.cameras:
        _draw_camera(axes, camera, axes_map, length=CAMERA_SHARE * size)
    if len(known):
        path = np.nanmean(points[known], axis=1) @ axes_map.T
        path[:, 2] = np.nanmin(points[known] @ axes_map.T[:, 2])
        axes.plot(*path.T, color="0.6", linewidth=1)
    axes.set_aspect("equal")
    axes.set_xlabel("x")
    axes.set_ylabel("-z" if axes_map is Y_UP else "y")
    axes.set_zlabel("y" if axes_map is Y_UP else "z")
    axes.locator_params(axis="z", nbins=4)  # pyright: ignore[reportArgumentType]
    axes.set_title("cameras and skeleton over time")


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


def _draw_residuals(axes: Axes, reconstruction: Reconstruction) -> None:
    rows = [row for row in reconstruction.quality["views"] if row["median"] is not None]
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


def _draw_over_time(axes: Axes, reconstruction: Reconstruction) -> None:
    errors = reconstruction.reprojection_error
    frames = np.arange(len(errors))
    known = np.isfinite(errors).any(axis=1)
    if known.any():
        axes.plot(frames[known], np.nanmean(errors[known], axis=1), linewidth=1)
    axes.set_xlabel("frame")
    axes.set_ylabel("pixels")
    axes.set_title("mean residual over time")
