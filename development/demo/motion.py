"""``make demo``'s second half: the motion chain on captures whose truth is known.

From videos: two drawn people dance amid four cameras, are found, told apart, and move in a page for
the browser.
From keypoints: the built-in body dances before AIST's ring of nine cameras; a detector with the
faults of real ones sees it. The chain runs twice on that: with the cameras, and knowing nothing of
them but how far apart two stand.
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
from development.synthetic.filmed import Filmed, film, write_videos
from development.tables import new_table
from development.tools import browser
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
# Of the drawn videos.
FILM_FRAMES, FILM_RATE, FILMED = 30, 15, 2


def measure(
    capture: Capture, folder: Path, is_aligned: bool, person: str = ""
) -> list[tuple[str, str]]:
    """Errors against the truth of what the chain wrote in ``folder``.

    Args:
        capture: The truth.
        folder: The chain's output.
        is_aligned: Move the result onto the truth first, without scaling it: a world that was
            estimated from nothing has axes of its own.
        person: What the names of the files of one of several people end in.
    """
    with np.load(folder / f"keypoints3d{person}.npz") as stored:
        raw, optimised = stored["keypoints3d"], stored["keypoints3d_optim"]
    known = np.isfinite(optimised).all(axis=2) & np.isfinite(capture.keypoints).all(axis=2)
    world = alignment.IDENTITY
    if is_aligned:
        pair = (optimised[known], capture.keypoints[known])
        world = alignment.fit_similarity(*pair, with_scale=False)
    with np.load(folder / f"motion{person}.npz") as stored:
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


def films(folder: Path) -> tuple[Filmed, MotionOptions]:
    """Draw the videos of four cameras; return their truth, and what the chain is asked."""
    take = film(FILM_FRAMES, people=FILMED, fps=FILM_RATE)
    write_videos(folder / "videos", take)
    multiview_files.write_cameras_json(folder / "videos" / "calibration.json", take.cameras)
    options = MotionOptions(
        None,
        folder / "from_videos",
        folder / "videos" / "calibration.json",
        videos=(folder / "videos",),
        triangulation={"units": "cm", "person": "all"},
    )
    return take, options


def measure_films(take: Filmed, folder: Path) -> dict[str, list[tuple[str, str]]]:
    """The errors of each person who was found, beside whoever is there of those who were drawn."""
    with np.load(folder / "keypoints3d.npz") as stored:
        found, names = stored["keypoints3d_optim"], stored["people"]
    errors = {}
    for name, points in zip(names, found, strict=True):
        apart = np.nanmedian(np.linalg.norm(take.keypoints - points, axis=3), axis=(1, 2))
        truth = _truth(take, int(apart.argmin()))
        errors[f"videos, person {name}"] = measure(truth, folder, False, f"_{name}")
    return errors


def _truth(take: Filmed, person: int) -> Capture:
    motion = take.motions[person]
    return Capture(
        model=take.model,
        poses=motion.poses,
        transl=motion.transl / CENTIMETRES,
        cameras=take.cameras,
        keypoints=take.keypoints[person],
        joints=take.joints[person],
        keypoints2d=np.zeros(0),
    )


def write_page_picture(path: Path, page: Path) -> None:
    """What a browser shows of the page, for the README."""
    with browser.motion_page(page) as visit:
        browser.show_moment(visit, 0.6 * FILM_FRAMES / FILM_RATE)
        browser.without_notices(visit)
        visit.page.get_by_label("Show scene tree").click()
        visit.page.mouse.move(0, 0)
        visit.page.wait_for_timeout(1000)
        write_jpeg(path, visit.picture())


def detections(folder: Path, frames: int) -> tuple[Capture, dict[str, MotionOptions]]:
    """What a detector saw before nine cameras; its truth, and what the chain is asked."""
    capture = body_capture.make_capture(frames)
    multiview_files.write_cameras_json(folder / "true_cameras.json", capture.cameras)
    content = {
        "keypoints2d": capture.keypoints2d,
        "skeleton": np.str_(body_capture.SKELETON),
        "fps": np.float64(body_capture.RATE),
        "views": np.array([camera.name for camera in capture.cameras]),
    }
    multiview_files.write_npz(folder / "keypoints2d.npz", content)
    apart = np.linalg.norm(capture.cameras[0].centre - capture.cameras[4].centre)
    return capture, {
        "keypoints, cameras given": MotionOptions(
            folder / "keypoints2d.npz",
            folder / "with_cameras",
            folder / "true_cameras.json",
            triangulation={"units": "cm"},
            has_preview=False,
            has_viewer=False,
        ),
        "keypoints, cameras estimated": MotionOptions(
            folder / "keypoints2d.npz",
            folder / "without_cameras",
            triangulation={"units": "cm", "scale": f"distance:c01,c05,{apart:.2f}"},
            has_preview=False,
            has_viewer=False,
        ),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; everything that it writes lies below ``--output``."""
    parser = demo_options(__doc__, 180, "renew docs/images/motion.jpg and motion_page.jpg")
    given = parser.parse_args(arguments)
    folder = prepare_output(given.output, "motion")
    take, from_videos = films(folder)
    capture, others = detections(folder, given.frames)
    run_motion(from_videos)
    columns = measure_films(take, from_videos.output)
    for name, options in others.items():
        run_motion(options)
        columns[name] = measure(capture, options.output, options.cameras is None)
    output = from_videos.output
    if given.pictures:
        images = REPOSITORY / "docs" / "images"
        write_readme_picture(images / "motion.jpg", output / "preview.mp4")
        write_page_picture(images / "motion_page.jpg", output / "motion.html")
    listed = zip(*columns.values(), strict=True)
    rows = ((row[0][0], *(value for _, value in row)) for row in listed)
    title = "mean error against the truth"
    Console().print(new_table(title, ("measure", *columns), rows, words=1))
    Console().print(f"Open {output / 'motion.html'} in a browser, and look at what lies beside it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
