"""``make demo``'s second half: the motion chain on a capture whose truth is known.

The built-in body dances before AIST's ring of nine cameras; a detector with the faults of real
ones sees it. The chain runs twice: with the cameras, and knowing nothing of them but how far apart
two stand.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from workflows.motion_chain import MotionOptions, run_motion
from workflows.plugins import REPOSITORY, quiet_ikomia
from workflows.synthetic_capture import TYPICAL, detect, studio
from workflows.synthetic_motion import dance
from workflows.video_writer import VideoSink

CENTIMETRES = 100.0
RATE = 60.0
SEED = 7
SHOWN = (0.3, 0.8)
CONVENTION, SKELETON = "openpose25", "body25"


@dataclass(frozen=True)
class Capture:
    """The truth of a dance, and what the detector saw.

    Attributes:
        keypoints: (F, J, 3) centimetres.
        joints: (F, 24, 3) centimetres, SMPL's.
        keypoints2d: (V, F, J, 3).
    """

    model: object
    poses: np.ndarray
    transl: np.ndarray
    cameras: list
    keypoints: np.ndarray
    joints: np.ndarray
    keypoints2d: np.ndarray


def make_capture(frames: int, seed: int = SEED) -> Capture:
    """Let the built-in body dance and the detector look."""
    from infer_smpl_fit.smpl_body.loader import load_body

    model = load_body(None)
    poses, transl = dance(seed, frames, RATE, model.rest_joints)
    keypoints = CENTIMETRES * keypoints_of(model, CONVENTION, poses, transl)
    joints = CENTIMETRES * joints_of(model, poses, transl)
    cameras = studio(seed=seed)
    seen = detect(keypoints, cameras, SKELETON, TYPICAL, seed)
    return Capture(model, poses, transl, cameras, keypoints, joints, seen)


def keypoints_of(model, convention: str, poses: np.ndarray, transl: np.ndarray) -> np.ndarray:  # noqa: ANN001
    """(F, J, 3) metres: where the convention's keypoints lie on the mean body."""
    from infer_smpl_fit.smpl_body.conventions import CONVENTIONS
    from infer_smpl_fit.smpl_fitting.jacobian import State, forward
    from infer_smpl_fit.smpl_fitting.rig import rig_of
    from infer_smpl_fit.smpl_fitting.rotations import exponential

    layout = CONVENTIONS[convention]
    rig = rig_of(model, layout, np.ones(len(layout.keypoints), bool))
    betas, offsets = np.zeros(model.beta_count), np.zeros((len(rig.columns), 3))
    posed = forward(rig, State(exponential(poses), transl, betas, 1.0, offsets))
    points = np.full((len(poses), len(layout.keypoints), 3), np.nan)
    points[:, rig.columns] = posed.points
    return points


def joints_of(model, poses: np.ndarray, transl: np.ndarray) -> np.ndarray:  # noqa: ANN001
    """(F, 24, 3) metres of the mean body."""
    from infer_smpl_fit.smpl_body.model import world_transforms
    from infer_smpl_fit.smpl_fitting.rotations import exponential

    places = world_transforms(exponential(poses), model.rest_joints, model.parents)[1]
    return places + transl[:, None]


def write_video(path: Path, capture: Capture) -> None:
    """What the first camera films: the body in a plain studio."""
    from infer_smpl_fit.smpl_export.motion import BodyMotion
    from infer_smpl_fit.smpl_export.render import draw_frame

    camera = capture.cameras[0]
    motion = BodyMotion(
        capture.poses,
        CENTIMETRES * capture.transl,
        np.zeros(capture.model.beta_count),
        CENTIMETRES,
        RATE,
    )
    projection = camera.matrix @ camera.extrinsics
    backdrop = _backdrop(*camera.size)
    with VideoSink(path, *camera.size, Fraction(60), Fraction(1, 60)) as sink:
        for frame in range(len(motion)):
            drawn = draw_frame(backdrop, motion, capture.model, frame, projection)
            sink.write(cv2.cvtColor(drawn, cv2.COLOR_BGR2RGB), frame)


def _backdrop(width: int, height: int) -> np.ndarray:
    """A cyclorama, uint8 BGR: light above, a horizon, a floor."""
    rows = np.linspace(0, 1, height)[:, None]
    wall, floor = 205 - 60 * rows, 120 + 60 * rows
    share = 1 / (1 + np.exp(-(rows - 0.72) * 60))
    grey = wall * (1 - share) + floor * share
    tinted = grey[..., None] * np.array([1.04, 1.0, 0.96])
    return np.clip(np.broadcast_to(tinted, (height, width, 3)), 0, 255).astype(np.uint8)


def measure(capture: Capture, folder: Path, is_aligned: bool) -> list[tuple[str, str]]:
    """Errors against the truth of what the chain wrote in ``folder``.

    Args:
        is_aligned: Move the result onto the truth first, without scaling it: a world that was
            estimated from nothing has axes of its own.
    """
    from infer_multiview_triangulation.multiview_files import read_cameras
    from infer_multiview_triangulation.multiview_geometry.cameras.alignment import (
        IDENTITY,
        fit_similarity,
    )
    from infer_smpl_fit.smpl_body.model import world_transforms
    from infer_smpl_fit.smpl_fitting.rotations import exponential

    with np.load(folder / "keypoints3d.npz") as stored:
        raw, found = stored["keypoints3d"], stored["keypoints3d_optim"]
    known = np.isfinite(found).all(axis=2) & np.isfinite(capture.keypoints).all(axis=2)
    world = IDENTITY
    if is_aligned:
        world = fit_similarity(found[known], capture.keypoints[known], with_scale=False)
    with np.load(folder / "motion.npz") as stored:
        poses = stored["poses"][:, :66].reshape(-1, 22, 3)
        betas, transl = stored["betas"], stored["trans"]
    model = capture.model
    rest = model.joints(np.pad(betas, (0, model.beta_count))[: model.beta_count])
    places = world_transforms(exponential(poses), rest[:22], model.parents[:22])[1]
    body = world(CENTIMETRES * (places + transl[:, None]))
    turned = exponential(capture.poses[:, 1:20]).swapaxes(-1, -2) @ exponential(poses[:, 1:20])
    traces = np.clip((np.trace(turned, axis1=-2, axis2=-1) - 1) / 2, -1, 1)
    cameras = read_cameras(folder / "cameras.json")
    centres = world(np.stack([camera.centre for camera in cameras]))
    truth = np.stack([camera.centre for camera in capture.cameras])

    def centimetres(a: np.ndarray, b: np.ndarray) -> str:
        return f"{np.nanmean(np.linalg.norm(a - b, axis=-1)):.2f} cm"

    return [
        ("camera centres", centimetres(centres, truth)),
        ("3D keypoints, frame by frame", centimetres(world(raw), capture.keypoints)),
        ("3D keypoints, optimised", centimetres(world(found), capture.keypoints)),
        ("joints of the fitted body", centimetres(body, capture.joints[:, :22])),
        ("joint rotations", f"{np.degrees(np.arccos(traces)).mean():.1f}°"),
    ]


def write_picture(path: Path, preview: Path) -> None:
    """Two moments of the preview, one below the other, as a JPEG for the README."""
    reader = cv2.VideoCapture(str(preview))
    count = int(reader.get(cv2.CAP_PROP_FRAME_COUNT))
    shown = []
    for share in SHOWN:
        reader.set(cv2.CAP_PROP_POS_FRAMES, int(share * count))
        shown.append(reader.read()[1])
    reader.release()
    picture = cv2.resize(np.vstack(shown), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; everything that it writes lies below ``--output``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("output/demo"))
    parser.add_argument("--frames", type=int, default=180)
    parser.add_argument("--pictures", action="store_true", help="renew docs/images/motion.jpg")
    given = parser.parse_args(arguments)
    folder = given.output / "motion"
    folder.mkdir(parents=True, exist_ok=True)
    # Ikomia keeps its settings in the home folder; the demo's lies with its outputs.
    os.environ["HOME"] = str((given.output / ".home").resolve())
    Path(os.environ["HOME"]).mkdir(exist_ok=True)
    quiet_ikomia()
    from infer_multiview_triangulation.multiview_files import write_cameras_json, write_npz

    capture = make_capture(given.frames)
    write_video(folder / "c01.mp4", capture)
    write_cameras_json(folder / "true_cameras.json", capture.cameras)
    content = {
        "keypoints2d": capture.keypoints2d,
        "skeleton": np.str_(SKELETON),
        "fps": np.float64(RATE),
        "views": np.array([camera.name for camera in capture.cameras]),
    }
    write_npz(folder / "keypoints2d.npz", content)
    apart = np.linalg.norm(capture.cameras[0].centre - capture.cameras[4].centre)
    runs = {
        "cameras given": MotionOptions(
            folder / "keypoints2d.npz",
            folder / "with_cameras",
            folder / "true_cameras.json",
            (folder / "c01.mp4",),
            {"units": "cm"},
        ),
        "cameras estimated": MotionOptions(
            folder / "keypoints2d.npz",
            folder / "without_cameras",
            None,
            (),
            {"units": "cm", "scale": f"distance:c01,c05,{apart:.2f}"},
            has_preview=False,
        ),
    }
    columns = {}
    for name, options in runs.items():
        run_motion(options)
        columns[name] = measure(capture, options.output, options.cameras is None)
    if given.pictures:
        preview = folder / "with_cameras" / "preview.mp4"
        write_picture(REPOSITORY / "docs" / "images" / "motion.jpg", preview)
    table = Table(title="mean error against the truth")
    table.add_column("measure")
    for name in columns:
        table.add_column(name, justify="right")
    for rows in zip(*columns.values(), strict=True):
        table.add_row(rows[0][0], *(value for _, value in rows))
    Console().print(table)
    Console().print(
        f"Look at {folder / 'with_cameras' / 'preview.mp4'} and the pictures beside it."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
