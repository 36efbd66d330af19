"""Which pixels are whose: MediaPipe's selfie segmentation in each person's crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .bones import BODY, SURE, core_of, distance_to, trunk_of
from .crops import Crop
from .detection import Detection
from .growth import Growth
from .guided import guided_edges
from .people import together
from .sessions import WEIGHTS, Session
from .shares import reaches, share_of
from .turning import quarter_turns

NAME = "selfie_segmentation.onnx"
# The network saw 256 by 256; the crop keeps its shape at as many pixels, sides of 32s.
AREA, MULTIPLE, SHORTEST = 256 * 256, 32, 64
# Of a person's size: around the first look, and around a second one, which is mirrored. It is
# taken where others are in the crop: whoever its sides cut off makes the network see people in
# between, which another crop does not. And where the first sees less than so much of what is on
# the bones, as of somebody dark before the dark.
MARGINS = (0.12, 0.2)
ENOUGH = 0.75
# In sizes of the person: on the bones one look is enough, farther away both have to see it.
ON_BONES, BESIDE = 0.02, 0.06
FADE = 0.06
# What the network calls this is background, and person: it is unsure of dark people before dark.
LEAST, FULL = 0.1, 0.65
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
        self._growth = Growth()

    def reset(self) -> None:
        """Forget how far people went beyond their keypoints: a new video begins."""
        self._growth = Growth()

    def __call__(
        self,
        picture: np.ndarray,
        people: Sequence[Detection],
        rows: Sequence[int],
        identities: np.ndarray | Sequence[int] | None = None,
    ) -> np.ndarray:
        """The alpha of some of the people, uint8 (len(rows), H, W).

        Args:
            picture: RGB uint8 (H, W, 3).
            people: All who are there: pixels are the nearest person's.
            rows: Whose masks are wanted.
            identities: Of all people, to know from frame to frame how far each one reaches.
        """
        masks = np.zeros((len(rows), *picture.shape[:2]), np.uint8)
        whole: list[tuple[Crop, np.ndarray]] = []
        for place, row in enumerate(rows):
            identity = None if identities is None else int(identities[row])
            crop, look = self._look(picture, people, row, identity)
            seen = look.mask(picture, crop)
            masks[place][crop.slices] = look.shared(seen)
            whole.append((crop, seen))
        if len(rows) == len(people) > 1:
            _fill_up(masks, whole)
        return masks

    def _look(
        self, picture: np.ndarray, people: Sequence[Detection], row: int, identity: int | None
    ) -> tuple[Crop, _Look]:
        """What is to be seen of a person in a crop beyond which they do not go on."""
        person, borders = people[row], picture.shape[:2]
        bounds = self._growth.start(person, identity)
        while True:
            crop = Crop.around(bounds, MARGINS[0] * person.size, *borders)
            look = self._first_look(picture, crop, people, row)
            grown = self._growth(bounds, look.alpha * look.share, crop, borders, person)
            if grown is None:
                break
            bounds = grown
        if look.is_shared or look.seen_bones < ENOUGH:
            wider = Crop.around(bounds, MARGINS[1] * person.size, *borders)
            again = wider.cut(picture, _network_size(wider))
            other = self._alpha(again, quarter_turns(person), mirrored=True)
            look = look.with_other(_moved(other, wider, crop, look.alpha.shape))
        self._growth.remember(look.alpha * look.share, crop, person, identity)
        return crop, look

    def _first_look(
        self, picture: np.ndarray, crop: Crop, people: Sequence[Detection], row: int
    ) -> _Look:
        size, person = _network_size(crop), people[row]
        small = crop.cut(picture, size)
        apart = distance_to(crop, size, person)
        near, core = None, None
        if (person.keypoints[list(BODY), 2] >= SURE).all():
            near = ((FARTHEST - apart / trunk_of(person)) / (FARTHEST - NEAR)).clip(0, 1)
            core = core_of(crop, size, person)
        on_bones = ((BESIDE - apart / person.size) / (BESIDE - ON_BONES)).clip(0, 1)
        share = np.ones(size, np.float32)
        others = [i for i, other in enumerate(people) if i == row or reaches(other, crop)]
        if len(others) > 1:
            share = share_of(crop, size, [people[i] for i in others], others.index(row))
        fading = _fading(crop, size, picture.shape[:2], FADE * person.size)
        alpha = _person_alpha(self._alpha(small, quarter_turns(person)), near)
        return _Look(small, alpha, near, on_bones, core, fading, share)

    def _alpha(self, small: np.ndarray, turns: int, *, mirrored: bool = False) -> np.ndarray:
        """What the network says of uint8 (h, w, 3), turned and mirrored, float32 (h, w)."""
        step = -1 if mirrored else 1
        seen = np.ascontiguousarray(np.rot90(small, turns)[:, ::step])
        return np.rot90(self._session(seen[None])["mask"][0, 0][:, ::step], -turns)


@dataclass(frozen=True)
class _Look:
    """A person in a crop, all at the network's size: ``small`` the picture, uint8 (h, w, 3).

    The others are float32 (h, w), 0 to 1: ``alpha`` as the network sees it, ``near`` the bones
    and ``core`` where the person surely is, if the bones are known, ``on_bones`` the narrow strip
    of those that are, ``fading`` at the crop's sides, and the ``share`` of each pixel that is not
    another person's.
    """

    small: np.ndarray
    alpha: np.ndarray
    near: np.ndarray | None
    on_bones: np.ndarray
    core: np.ndarray | None
    fading: np.ndarray
    share: np.ndarray

    @property
    def is_shared(self) -> bool:
        """Whether others are near enough to have a part of it."""
        return bool(self.share.min() < 1)

    @property
    def seen_bones(self) -> float:
        """How much of what is on the bones the network sees, 0 to 1."""
        own = self.on_bones * self.share
        return float((self.alpha * own).sum() / max(own.sum(), 1e-6))

    def with_other(self, seen: np.ndarray) -> _Look:
        """With what the network says a second time, float32 (h, w)."""
        other = _person_alpha(seen, self.near)
        either = np.maximum(self.alpha, other)
        if not self.is_shared:
            return replace(self, alpha=either)
        both = cv2.sqrt(self.alpha * other)
        return replace(self, alpha=both + (either - both) * self.on_bones)

    def mask(self, picture: np.ndarray, crop: Crop) -> np.ndarray:
        """The alpha at the size of the crop, uint8, whosever it is."""
        alpha = self.alpha * self.fading
        if self.core is not None:
            alpha = np.maximum(alpha, self.core)
        return guided_edges(alpha, self.small, picture[crop.slices])

    def shared(self, mask: np.ndarray) -> np.ndarray:
        """Of a mask at the size of the crop, uint8, what is not another's."""
        if not self.is_shared:
            return mask
        share = cv2.resize(self.share, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return cv2.multiply(mask, share, dtype=cv2.CV_8U)


def _person_alpha(seen: np.ndarray, near: np.ndarray | None) -> np.ndarray:
    """What the network says, float32 (h, w), as an alpha ``near`` the bones."""
    alpha = ((seen - LEAST) / (FULL - LEAST)).clip(0, 1)
    return alpha if near is None else alpha * near


def _fill_up(masks: np.ndarray, seen: Sequence[tuple[Crop, np.ndarray]]) -> None:
    """Make the masks (P, H, W) together as opaque as what is ``seen`` in crops, each by its part.

    Two looks at one pixel may disagree, and of somebody who was seen twice one may see little: by
    shares alone there would be a hole.
    """
    whole = masks.max(axis=0)
    for crop, mask in seen:
        cv2.max(whole[crop.slices], mask, dst=whole[crop.slices])
    total = together(masks)
    short = (whole > total) & (total > 0)
    factor = whole[short] / total[short].astype(np.float32)
    for mask in masks:
        mask[short] = np.minimum(np.rint(mask[short] * factor), 255)


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
