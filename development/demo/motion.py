"""``make demo``'s second half: the motion chain on a capture whose truth is known.

The built-in body dances before AIST's ring of nine cameras; a detector with the faults of real
ones sees it. The chain runs twice: with the cameras, and knowing nothing of them but how far apart
two stand.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from rich.console import Console

from development.demo.output import demo_options, prepare_output
from development.demo.pictures import write_jpeg
from development.synthetic import body_capture
from development.synthetic.body_capture import CENTIMETRES, Capture
from development.tables import new_table
from infer_multiview_triangulation import multiview_files
from infer_multiview_triangulation.multiview_geometry.cameras import alignment
from infer_smpl_fit.smpl_body.model import world_transforms
from infer_smpl_fit.smpl_fitting.rotations import exponential
from plugin_kit.pictures import resized
from plugin_kit.video import VideoInfo, frame_at
from workflows.motion.options import MotionOptions
from workflows.motion.run import run_motion
from workflows.plugins import REPOSITORY

SHOWN = (0.3, 0.8)


def measure(capture: Capture, folder: Path, is_aligned: bool) -> list[tuple[str, str]]:
    """Errors against the truth of what the chain wrote in ``folder``.

    Args:
        is_aligned: Move the result onto the truth first, without scaling it: a world that was
            estimated from nothing has axes of its own.
    """
    with np.load(folder / "keypoints3d.npz") as stored:
        raw, optimised = stored["keypoints3d"], stored["keypoints3d_optim"]
    known = np.isfinite(optimised).all(axis=2) & np.isfinite(capture.keypoints).all(axis=2)
    world = alignment.IDENTITY
    if is_aligned:
        pair = (optimised[known], capture.keypoints[known])
        world = alignment.fit_similarity(*pair, with_scale=False)
    with np.load(folder / "motion.npz") as stored:
        poses = stored["poses"][:, :66].reshape(-1, 22, 3)
        betas, transl = stored["betas"], stored["trans"]
    model = capture.model
    rest = model.joints(np.pad(betas, (0, model.beta_count))[: model.beta_count])
    places = world_transforms(exponential(poses), rest[:22], model.parents[:22])[1]
    body = world(CENTIMETRES * (places + transl[:, None]))
    errors = exponential(capture.poses[:, 1:20]).swapaxes(-1, -2) @ exponential(poses[:, 1:20])
    cosines = np.clip((np.trace(errors, axis1=-2, axis2=-1) - 1) / 2, -1, 1)
    cameras = multiview_files.read_cameras(folder / "cameras.json")
    centres = world(np.stack([camera.centre for camera in cameras]))
    truth = np.stack([camera.centre for camera in capture.cameras])

    def centimetres(a: np.ndarray, b: np.ndarray) -> str:
        return f"{np.nanmean(np.linalg.norm(a - b, axis=-1)):.2f} cm"

    return [
        ("camera centres", centimetres(centres, truth)),
        ("3D keypoints, frame by frame", centimetres(world(raw), capture.keypoints)),
        ("3D keypoints, optimised", centimetres(world(optimised), capture.keypoints)),
        ("joints of the fitted body", centimetres(body, capture.joints[:, :22])),
        ("joint rotations", f"{np.degrees(np.arccos(cosines)).mean():.1f}°"),
    ]


def write_readme_picture(path: Path, preview: Path) -> None:
    """Two moments of the preview, one below the other, as a JPEG for the README."""
    count = VideoInfo.from_path(preview).frame_count
    shown = np.vstack([frame_at(preview, int(share * count)) for share in SHOWN])
    height, width = shown.shape[:2]
    write_jpeg(path, resized(shown, round(0.6 * width), round(0.6 * height)))


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; everything that it writes lies below ``--output``."""
    parser = demo_options(__doc__, 180, "renew docs/images/motion.jpg")
    given = parser.parse_args(arguments)
    folder = prepare_output(given.output, "motion")
    capture = body_capture.make_capture(given.frames)
    body_capture.write_video(folder / "c01.mp4", capture)
    multiview_files.write_cameras_json(folder / "true_cameras.json", capture.cameras)
    content = {
        "keypoints2d": capture.keypoints2d,
        "skeleton": np.str_(body_capture.SKELETON),
        "fps": np.float64(body_capture.RATE),
        "views": np.array([camera.name for camera in capture.cameras]),
    }
    multiview_files.write_npz(folder / "keypoints2d.npz", content)
    apart = np.linalg.norm(capture.cameras[0].centre - capture.cameras[4].centre)
    runs = {
        "cameras given": MotionOptions(
            folder / "keypoints2d.npz",
            folder / "with_cameras",
            folder / "true_cameras.json",
            videos=(folder / "c01.mp4",),
            triangulation={"units": "cm"},
        ),
        "cameras estimated": MotionOptions(
            folder / "keypoints2d.npz",
            folder / "without_cameras",
            triangulation={"units": "cm", "scale": f"distance:c01,c05,{apart:.2f}"},
            has_preview=False,
        ),
    }
    columns = []
    for options in runs.values():
        run_motion(options)
        columns.append(measure(capture, options.output, options.cameras is None))
    preview = folder / "with_cameras" / "preview.mp4"
    if given.pictures:
        write_readme_picture(REPOSITORY / "docs" / "images" / "motion.jpg", preview)
    rows = ((row[0][0], *(value for _, value in row)) for row in zip(*columns, strict=True))
    title = "mean error against the truth"
    Console().print(new_table(title, ("measure", *runs), rows, words=1))
    Console().print(f"Look at {preview} and the pictures beside it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
