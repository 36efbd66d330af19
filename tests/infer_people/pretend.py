"""A finder that knows who is in each frame by a code in the picture, and videos of such frames."""

from fractions import Fraction

import numpy as np

from infer_people.people_finding import FramePeople
from plugin_kit.keypoints.skeletons import SKELETONS
from workflows.media.video_writer import VideoSink

WIDTH, HEIGHT, RATE = 96, 64, 25
CODE = 8


def people_at(view, frame):
    """Boxes by identity: one who walks, one who is away in frames 2 and 3; nobody in frame 5."""
    if frame == 5:
        return {}
    people = {0: (10 + 2 * frame, 20, 30 + 2 * frame, 60)}
    if view == 0 and frame not in (2, 3):
        people[1] = (60, 16, 90, 60)
    return people


def keypoints_in(box, skeleton="coco17"):
    """(J, 3) spread over a box; the third is unknown."""
    x0, y0, x1, y1 = box
    share = np.linspace(0, 1, len(SKELETONS[skeleton].joints))
    keypoints = np.stack([x0 + share * (x1 - x0), y0 + share * (y1 - y0), 0.5 + share / 2], axis=-1)
    keypoints[2] = 0
    return keypoints.astype(np.float32)


def picture_of(view, frame, width=WIDTH, height=HEIGHT):
    """Grey, the code of view and frame in its corner."""
    picture = np.full((height, width, 3), 120, np.uint8)
    picture[:CODE, :CODE] = 16 * view + 8
    picture[:CODE, CODE : 2 * CODE] = 16 * (frame % 16) + 8
    return picture


def write_view(path, view=0, frames=range(8), rate=RATE, **size):
    """A lossless video; ``frames`` are numbers of frames at ``rate``, whose times it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = picture_of(view, 0, **size)
    base = Fraction(1, 100) / rate
    with VideoSink(path, *first.shape[1::-1], Fraction(rate), base, codec="ffv1") as sink:
        for frame in frames:
            sink.write(picture_of(view, frame, **size), pts=100 * frame)
    return path


class PretendFinder:
    """Stands in for PeopleFinder; remembers what it was asked."""

    made = []
    people_at = staticmethod(people_at)

    def __init__(self, options):
        self.options = options
        self.resets = 0
        self.boxes = []
        self.seen = []
        PretendFinder.made.append(self)

    def reset(self):
        self.resets += 1

    def __call__(self, picture, *, boxes=None):
        assert picture.dtype == np.uint8 and picture.ndim == 3
        half = CODE // 2
        view, frame = (int(picture[half, x, 0]) // 16 for x in (half, CODE + half))
        self.boxes.append(boxes)
        self.seen.append((view, frame))
        return self.found(view, frame, picture.shape[:2])

    def found(self, view, frame, size):
        people = self.people_at(view, frame)
        if not people:
            nobody = FramePeople.nobody(self.options.skeleton, size)
            return nobody if self.options.masks else self.without_masks(nobody)
        masks = np.zeros((len(people), *size), np.uint8)
        for mask, (x0, y0, x1, y1) in zip(masks, people.values(), strict=True):
            mask[y0:y1, x0:x1] = 255
            mask[y0, x0:x1] = 100
        found = FramePeople(
            self.options.skeleton,
            np.array(list(people.values()), np.float32),
            np.linspace(0.9, 0.6, len(people)).astype(np.float32),
            np.array(list(people), np.int64),
            np.stack([keypoints_in(box, self.options.skeleton) for box in people.values()]),
            masks,
        )
        return found if self.options.masks else self.without_masks(found)

    @staticmethod
    def without_masks(people):
        parts = (getattr(people, name) for name in ("boxes", "scores", "identities", "keypoints"))
        return FramePeople(people.skeleton, *parts, None)
