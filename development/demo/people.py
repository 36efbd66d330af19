"""``make demo``'s third part: who is in the picture, on a clip in which that is known.

Two drawn people walk past each other; infer_people finds their keypoints and their masks, and who
is who.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from rich.console import Console

from development.demo.output import demo_options, prepare_output
from development.synthetic.people import BLUE, COCO_JOINTS, RED, place, room
from development.tables import new_table
from infer_people.drawing import draw_people
from infer_people.people_finding import FinderOptions, FramePeople, PeopleFinder
from plugin_kit.picture_files import write_picture
from plugin_kit.pictures import resized

HEIGHT, WIDTH = 720, 1280
# Colour, height, where they stand; the ways of their left borders, from and to.
PEOPLE = ((RED, 470, 640, 900, 120), (BLUE, 520, 690, 120, 860))
SHOWN = (0.1, 0.45, 0.65, 0.9)
OPAQUE = 128
GROUND = np.array([0, 150, 70])


@dataclass(frozen=True)
class Moment:
    """A frame, uint8 RGB (H, W, 3), and who is in it, from the back to the front.

    Attributes:
        masks: bool (P, H, W), what is seen of each.
        joints: (P, 8, 2), ``COCO_JOINTS`` in pixels.
    """

    picture: np.ndarray
    masks: np.ndarray
    joints: np.ndarray


def moments(frames: int) -> list[Moment]:
    """Two who walk past each other; one hides the other on the way."""
    clip = []
    for share in np.linspace(0, 1, frames):
        picture = room(HEIGHT, WIDTH)
        drawn = [
            place(picture, round(start + share * (end - start)), bottom, tall, colour)
            for colour, tall, bottom, start, end in PEOPLE
        ]
        masks = np.stack([mask for mask, _ in drawn])
        masks[0] &= ~masks[1]
        clip.append(Moment(picture, masks, np.stack([joints for _, joints in drawn])))
    return clip


def measure(clip: list[Moment], found: list[FramePeople]) -> list[tuple[str, str]]:
    """Errors against the truth: mask, keypoints, and how often who is who changes."""
    overlaps, gaps, names = [], [], []
    for moment, people in zip(clip, found, strict=True):
        everybody = moment.masks.any(axis=0)
        mask = people.mask() >= OPAQUE
        overlaps.append((mask & everybody).sum() / (mask | everybody).sum())
        who = []
        for joints in moment.joints:
            places = people.keypoints[:, list(COCO_JOINTS)]
            apart = np.linalg.norm(places[..., :2] - joints, axis=2)
            known = np.where(places[..., 2] > 0, apart, np.nan)
            row = int(np.median(apart, axis=1).argmin()) if len(people) else -1
            who.append(int(people.identities[row]) if len(people) else -1)
            gaps.extend(known[row] if len(people) else [])
        if len(set(who)) == len(who):
            names.append(who)
    changes = sum(one != other for one, other in pairwise(names))
    return [
        ("mask of everybody: IoU", f"{np.mean(overlaps):.3f}"),
        ("keypoints: median distance", f"{np.nanmedian(gaps):.1f} px"),
        ("frames with both found", f"{len(names)} of {len(clip)}"),
        ("changes of who is who", f"{changes}"),
    ]


def shown(picture: np.ndarray, people: FramePeople) -> np.ndarray:
    """A frame with its people drawn, and beside it the people alone, uint8 RGB."""
    alpha = people.mask()[..., None] / 255
    alone = np.rint(picture * alpha + GROUND * (1 - alpha)).astype(np.uint8)
    half = WIDTH // 2, HEIGHT // 2
    return np.hstack([resized(view, *half) for view in (draw_people(picture, people), alone)])


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; everything that it writes lies below ``--output``."""
    parser = demo_options(__doc__, 24, "there are none of this part")
    given = parser.parse_args(arguments)
    folder = prepare_output(given.output, "people")
    clip = moments(given.frames)
    finder = PeopleFinder(FinderOptions(device="cpu"))
    found = [finder(moment.picture) for moment in clip]
    chosen = [round(share * (len(clip) - 1)) for share in SHOWN]
    rows = [shown(clip[index].picture, found[index]) for index in chosen]
    write_picture(folder / "people.png", np.vstack(rows))
    title = "infer_people: error against the truth"
    Console().print(new_table(title, ("measure", "value"), measure(clip, found), words=1))
    Console().print(f"Look at {folder / 'people.png'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
