"""Which pixels are whose: MediaPipe's selfie segmentation in each person's crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .bones import BODY, SURE, core_of, distance_to, draw_bones, ends_in, trunk_of
from .crops import Crop
from .detection import KNOWN, Detection
from .guided import guided_edges
from .people import together
from .sessions import WEIGHTS, Session
from .turning import quarter_turns

NAME = "selfie_segmentation.onnx"
# The network saw 256 by 256; the crop keeps its shape at as many pixels, sides of 32s.
AREA, MULTIPLE, SHORTEST = 256 * 256, 32, 64
# Of a person's size: around the first look, and around a second one, which is mirrored. What one
# of them misses, hair before bricks for instance, the other often sees.
MARGINS = (0.12, 0.2)
FADE = 0.06
# Keypoints tell nothing of what is below a portrait's shoulders, or of a wide coat. Where so much
# of the size goes on beyond a side of the crop, opaque and connected to the bones, the bounds grow
# on that side by so much of their longer one, a few times.
CROSSING, GROWTH, GROWTHS, OPAQUE = 0.1, 0.4, 3, 0.5
# How sharply pixels between two people are shared out, and how much nearer the one in front is.
SHARPNESS, IN_FRONT = 0.03, 0.04
# What the network calls this is background, and person: it is unsure of dark people before dark.
LEAST, FULL = 0.1, 0.75
# Where shoulders, hips and knees are seen, nothing farther from the bones is the person's, in
# lengths of the trunk.
NEAR, FARTHEST = 0.42, 0.65


class PeopleMasks:
    """Cut people out.

    Args:
        path: The network; empty: that of this package.
    """

    def __init__(self, path: str = "", *, device: str = "cpu", threads: int = 0) -> None:
        self._session = Session(path or WEIGHTS / NAME, device, threads)
        self._session.require({"mask"}, "a network of selfie segmentation's kind")

    def __call__(
        self, picture: np.ndarray, people: Sequence[Detection], rows: Sequence[int]
    ) -> np.ndarray:
        """The alpha of some of the people, uint8 (len(rows), H, W).

        Args:
            picture: RGB uint8 (H, W, 3).
            people: All who are there: pixels are the nearest person's.
            rows: Whose masks are wanted.
        """
        height, width = picture.shape[:2]
        masks = np.zeros((len(rows), height, width), np.uint8)
        # What anybody's look sees, whoever's it is.
        whole = np.zeros((height, width), np.uint8)
        for mask, row in zip(masks, rows, strict=True):
            look, first = self._wide_look(picture, people, row)
            mask[first.slices] = look.mask(picture, first)
            part = whole[first.slices]
            seen = look.mask(picture, first, shared=False) if look.is_shared else part
            part[:] = np.maximum.reduce([part, seen, mask[first.slices]])
        if len(rows) == len(people):
            _fill_up(masks, whole)
        return masks

    def _wide_look(
        self, picture: np.ndarray, people: Sequence[Detection], row: int
    ) -> tuple[_Look, Crop]:
        """What is to be seen of a person, in a crop that holds all of it."""
        height, width = picture.shape[:2]
        bounds, size = people[row].bounds(), people[row].size
        growths_left = GROWTHS
        while True:
            first, second = (
                Crop.around(bounds, margin * size, height, width) for margin in MARGINS
            )
            look = self._look(picture, first, second, people, row)
            grown = _grown(bounds, look, first, (height, width), people[row])
            if grown is None or not growths_left:
                return look, first
            bounds, growths_left = grown, growths_left - 1

    def _look(
        self,
        picture: np.ndarray,
        first: Crop,
        second: Crop,
        people: Sequence[Detection],
        row: int,
    ) -> _Look:
        """What is to be seen of a person in the first crop."""
        size = _network_size(first)
        small = first.cut(picture, size)
        turns = quarter_turns(people[row])
        again = np.rot90(second.cut(picture, _network_size(second)), turns)[:, ::-1]
        other = np.rot90(self._alpha(again)[:, ::-1], -turns)
        seen = np.maximum(self._alpha(small), _moved(other, second, first, size))
        alpha = ((seen - LEAST) / (FULL - LEAST)).clip(0, 1)
        fading = _fading(first, size, picture.shape[:2], FADE * people[row].size)
        core = np.zeros_like(alpha)
        if (people[row].keypoints[list(BODY), 2] >= SURE).all():
            apart = distance_to(first, size, people[row]) / trunk_of(people[row])
            alpha *= ((FARTHEST - apart) / (FARTHEST - NEAR)).clip(0, 1)
            core = core_of(first, size, people[row])
        share = np.ones_like(alpha)
        near = [i for i, other in enumerate(people) if i == row or _reaches(other, first)]
        if len(near) > 1:
            share = _share(first, size, [people[i] for i in near], near.index(row))
        return _Look(small, alpha, fading, core, share)

    def _alpha(self, seen: np.ndarray) -> np.ndarray:
        """float32 (h, w) of uint8 (h, w, 3)."""
        return self._session(np.ascontiguousarray(seen)[None])["mask"][0, 0]


@dataclass(frozen=True)
class _Look:
    """A person in a crop, all at the network's size: ``small`` the picture, uint8 (h, w, 3).

    The others are float32 (h, w), 0 to 1: ``alpha`` as the network sees it near the bones,
    ``fading`` at the crop's sides, ``core`` where the person surely is, and the ``share`` of each
    pixel that is not another person's.
    """

    small: np.ndarray
    alpha: np.ndarray
    fading: np.ndarray
    core: np.ndarray
    share: np.ndarray

    @property
    def is_shared(self) -> bool:
        """Whether others are near enough to have a part of it."""
        return bool(self.share.min() < 1)

    def mask(self, picture: np.ndarray, crop: Crop, *, shared: bool = True) -> np.ndarray:
        """The alpha at the size of the crop, uint8, less what is another's."""
        alpha = np.maximum(self.alpha * self.fading, self.core)
        if shared:
            alpha = alpha * self.share
        return guided_edges(alpha, self.small, picture[crop.slices])


def _fill_up(masks: np.ndarray, whole: np.ndarray) -> None:
    """Make the masks (P, H, W) together as opaque as ``whole`` (H, W), each by its part.

    Two looks at one pixel may disagree, and of somebody who was seen twice one may see little: by
    shares alone there would be a hole.
    """
    total = together(masks)
    short = (whole > total) & (total > 0)
    factor = whole[short] / total[short].astype(np.float32)
    for mask in masks:
        mask[short] = np.minimum(np.rint(mask[short] * factor), 255)


def _grown(
    bounds: np.ndarray, look: _Look, crop: Crop, picture: tuple[int, int], person: Detection
) -> np.ndarray | None:
    """``bounds`` with more on the sides beyond which the person goes on; None: on none."""
    own = _connected(look.alpha * look.share > OPAQUE, crop, person)
    scale = crop.height / own.shape[0], crop.width / own.shape[1]
    right, bottom = crop.left + crop.width, crop.top + crop.height
    # How many pixels cross the side, and whether the picture goes on there; as in the bounds.
    sides = (
        (own[:, 0].sum() * scale[0], crop.left > 0),
        (own[0].sum() * scale[1], crop.top > 0),
        (own[:, -1].sum() * scale[0], right < picture[1]),
        (own[-1].sum() * scale[1], bottom < picture[0]),
    )
    crosses = np.array([goes_on and count > CROSSING * person.size for count, goes_on in sides])
    if not crosses.any():
        return None
    longer = max(bounds[2] - bounds[0], bounds[3] - bounds[1], person.size)
    return bounds + crosses * np.array([-1, -1, 1, 1]) * GROWTH * longer


def _connected(mask: np.ndarray, crop: Crop, person: Detection) -> np.ndarray:
    """The parts of ``mask`` (h, w) that hold some of the person's bones, bool."""
    canvas = np.zeros(mask.shape, np.uint8)
    draw_bones(canvas, *ends_in(crop, mask.shape, person, KNOWN), 1, 1)
    _, labels = cv2.connectedComponents(mask.view(np.uint8))
    held = np.unique(labels[(canvas > 0) & mask])
    return np.isin(labels, held)


def _moved(alpha: np.ndarray, source: Crop, target: Crop, size: tuple[int, int]) -> np.ndarray:
    """What was seen in one crop, on the pixels of another at ``size`` (h, w)."""
    matrix = np.zeros((2, 3))
    for axis, (count, pixels, offset) in enumerate(
        (
            (alpha.shape[1] / source.width, target.width / size[1], target.left - source.left),
            (alpha.shape[0] / source.height, target.height / size[0], target.top - source.top),
        )
    ):
        matrix[axis, axis] = pixels * count
        matrix[axis, 2] = (0.5 * pixels + offset) * count - 0.5
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # OpenCV takes no mirrored views.
    seen = np.ascontiguousarray(alpha)
    return cv2.warpAffine(seen, matrix, size[::-1], flags=way, borderMode=cv2.BORDER_REPLICATE)


def _fading(
    crop: Crop, size: tuple[int, int], picture: tuple[int, int], width: float
) -> np.ndarray:
    """float32 (h, w): down to 0 at the sides of the crop that lie within the picture.

    So nobody else who is half in the crop is cut off sharply.
    """
    ramps = []
    sides = (crop.top, crop.height, picture[0]), (crop.left, crop.width, picture[1])
    for count, (start, length, whole) in zip(size, sides, strict=True):
        places = (np.arange(count, dtype=np.float32) + 0.5) * (length / count)
        ramp = np.ones(count, np.float32)
        if start > 0:
            ramp = np.minimum(ramp, places / width)
        if start + length < whole:
            ramp = np.minimum(ramp, (length - places) / width)
        ramps.append(ramp)
    return np.outer(*ramps)


def _network_size(crop: Crop) -> tuple[int, int]:
    scale = (AREA / (crop.width * crop.height)) ** 0.5
    sides = (round(side * scale / MULTIPLE) * MULTIPLE for side in (crop.height, crop.width))
    height, width = (min(max(side, SHORTEST), AREA // SHORTEST) for side in sides)
    return height, width


def _reaches(person: Detection, crop: Crop) -> bool:
    left, top, right, bottom = person.bounds()
    return bool(
        right > crop.left
        and bottom > crop.top
        and left < crop.left + crop.width
        and top < crop.top + crop.height
    )


def _share(crop: Crop, size: tuple[int, int], people: Sequence[Detection], row: int) -> np.ndarray:
    """float32 (h, w): the part of each pixel that is this person's; those of all sum to 1."""
    nearness = [-distance_to(crop, size, person) / person.size for person in people]
    # Who stands lower in the picture, or is larger where feet are not seen, is in front.
    lowness = [-person.box[3] - person.size for person in people]
    for depth, i in enumerate(np.argsort(lowness)):
        nearness[i] = (nearness[i] - IN_FRONT * depth) / SHARPNESS
    stacked = np.stack(nearness)
    weights = np.exp(stacked - stacked.max(axis=0))
    return weights[row] / weights.sum(axis=0)
