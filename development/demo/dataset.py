"""``make demo``'s fourth part: a whole capture, and a data set with a video that is damaged.

Two drawn people dance amid three cameras. ``workflows.capture`` makes an EasyVolcap root of the
videos, whose bodies are read back as EasyVolcap reads them. ``workflows.dataset`` finds
the people of every video in a process each, twice: the second run has next to nothing to do.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from development.demo.output import demo_options, prepare_output
from development.demo.pictures import side_by_side
from development.synthetic.filmed import Filmed, film, write_videos
from development.synthetic.people import room
from development.synthetic.scenes import metrics
from development.tables import new_table
from infer_multiview_triangulation.multiview_files import read_cameras, write_cameras_json
from infer_smpl_fit.smpl_body.model import (
    BodyModel,
    local_rotations,
    posed_vertices,
    world_transforms,
)
from infer_smpl_fit.smpl_export.figures import COLOURS
from infer_smpl_fit.smpl_export.render import draw_body
from plugin_kit.picture_files import read_grey, read_picture, write_picture
from workflows.capture.options import CaptureOptions
from workflows.capture.run import run_capture
from workflows.dataset.layouts import find_units
from workflows.dataset.options import DatasetOptions
from workflows.dataset.report import DatasetReport
from workflows.dataset.runner import run_dataset
from workflows.plugins import ensure_home

RATE, HEIGHT, PEOPLE, VIEWS = 15, 480, 2, 3
SHOWN_CAMERAS, SHOWN = 2, 0.6
IN_DATA_SET, DAMAGED = ("cam1.mp4", "cam2.mp4"), "damaged.mp4"
CENTIMETRES = 100.0


class RootBodies:
    """The bodies of a root by its own files: x = Rh * body(poses, shapes) + Th.

    Args:
        root: With ``motion_<person>.npz``.
        model: The body that was fitted.
    """

    def __init__(self, root: Path, model: BodyModel) -> None:
        self._model = model
        self._people = [dict(np.load(path)) for path in sorted(root.glob("motion_*.npz"))]

    def __len__(self) -> int:
        return len(self._people)

    def joints(self, person: int) -> np.ndarray:
        """(F, 22, 3) metres."""
        motion, model = self._people[person], self._model
        poses = motion["poses"][:, :66].reshape(-1, 22, 3).astype(float)
        rest = model.joints(motion["shapes"][0][: model.beta_count])
        places = world_transforms(local_rotations(poses), rest[:22], model.parents[:22])[1]
        turns = local_rotations(motion["Rh"][:, None].astype(float))[:, 0]
        return places @ turns.swapaxes(1, 2) + motion["Th"][:, None]

    def vertices(self, person: int, frame: int) -> np.ndarray:
        """(N, 3) metres."""
        motion, model = self._people[person], self._model
        poses = np.zeros((1, model.joint_count, 3))
        poses[:, :22] = motion["poses"][frame, :66].reshape(22, 3)
        betas = motion["shapes"][frame][: model.beta_count].astype(float)
        posed = posed_vertices(model, poses, betas=betas, transl=np.zeros((1, 3)))[0]
        turn = local_rotations(motion["Rh"][None, frame : frame + 1].astype(float))[0, 0]
        return posed @ turn.T + motion["Th"][frame]


def capture(videos: Path, root: Path) -> None:
    """Make the root; what fails in it stands in its report, which is printed."""
    run_capture(
        CaptureOptions(
            (videos,),
            root,
            videos / "calibration.json",
            matte="people",
            motion=("--person", "all", "--units", "cm", "--no-preview"),
        )
    )


def measure(take: Filmed, root: Path, bodies: RootBodies) -> list[tuple[str, str]]:
    """Errors of the root's bodies and plates against the truth."""
    off = []
    for person in range(len(bodies)):
        apart = take.joints[:, :, :22] / CENTIMETRES - bodies.joints(person)
        off.append(np.linalg.norm(apart, axis=3).mean(axis=(1, 2)).min())
    plates = [read_picture(path)[..., :3] for path in sorted((root / "bkgd").glob("*.png"))]
    grey = [metrics(plate, room(*plate.shape[:2]))[0] for plate in plates]
    return [
        ("people", f"{len(bodies)} of {len(take.motions)}"),
        ("joints of their bodies, motion_*.npz", f"{CENTIMETRES * np.mean(off):.2f} cm"),
        ("plates: mean grey-level error (AGE)", f"{np.mean(grey):.2f}"),
    ]


def shown(root: Path, bodies: RootBodies, model: BodyModel, frame: int) -> np.ndarray:
    """A row a camera: its picture, mask, plate, and the bodies seen by intri.yml and extri.yml."""
    rows = []
    for camera in read_cameras(root)[:SHOWN_CAMERAS]:
        image = read_picture(root / "images" / camera.name / f"{frame:06d}.jpg")
        over = image
        for person in range(len(bodies)):
            over = draw_body(
                over,
                bodies.vertices(person, frame),
                model.faces,
                camera=camera.matrix @ camera.extrinsics,
                colour=COLOURS[person % len(COLOURS)],
            )
        mask = read_grey(root / "mask" / camera.name / f"{frame:06d}.png")
        panels = {
            f"images/{camera.name}": image,
            "mask": mask.astype(np.float32) / 255,
            "bkgd": read_picture(root / "bkgd" / f"{camera.name}.png")[..., :3],
            "motion_*.npz": over,
        }
        rows.append(side_by_side(panels))
    return np.vstack(rows)


def run_twice(videos: Path, output: Path) -> tuple[DatasetReport, DatasetReport]:
    """People of every video; the second run passes over what the first has done."""
    options = DatasetOptions(videos, output, "keypoints", ("--input-size", "256"), workers=2)
    first, second = (run_dataset(options, find_units(options)) for _ in range(2))
    return first, second


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; everything that it writes lies below ``--output``."""
    parser = demo_options(__doc__, 8, "there are none of this part")
    given = parser.parse_args(arguments)
    folder = prepare_output(given.output, "dataset")
    ensure_home()
    videos, root = folder / "videos", folder / "root"
    take = film(given.frames, people=PEOPLE, fps=RATE, height=HEIGHT, views=VIEWS)
    write_videos(videos, take)
    write_cameras_json(videos / "calibration.json", take.cameras)
    capture(videos, root)
    bodies = RootBodies(root, take.model)
    picture = shown(root, bodies, take.model, round(SHOWN * (given.frames - 1)))
    write_picture(folder / "root.png", picture)
    title = "the capture: error against the truth"
    Console().print(new_table(title, ("measure", "value"), measure(take, root, bodies), words=1))
    several = folder / "several"
    several.mkdir(exist_ok=True)
    for name in IN_DATA_SET:
        shutil.copyfile(videos / name, several / name)
    (several / DAMAGED).write_bytes((videos / IN_DATA_SET[0]).read_bytes()[:2000])
    start = time.perf_counter()
    first, second = run_twice(several, folder / "people")
    rows = [
        (name, f"{report.done}", f"{report.passed_over}", f"{report.failed}")
        for name, report in (("first run", first), ("second run", second))
    ]
    title = f"the data set, one video of it damaged: {time.perf_counter() - start:.0f} s"
    Console().print(new_table(title, ("", "done", "done before", "failed"), rows, words=1))
    Console().print(f"Look at {folder / 'root.png'}; the root is {root}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
