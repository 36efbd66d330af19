"""Things that are put down or taken away during a clip, and people who stay for most of it.

A pixel then rests in two states, one after the other, and the longer one need not be the empty
scene. A thing that lies there has an outline; without it, what is around goes on. So of the two
pictures of a region that is taken whose border differs less from what is around it, as is asked
where abandoned objects are told from removed ones (Lu, Zhang and Feng, 2007, and others).
"""

from __future__ import annotations

import cv2
import numpy as np

from . import kernels
from .aligned import MOSTLY_BACKGROUND, AlignedFrames

# Another state rests in so many frames at least, and in such a share of all.
LEAST_FRAMES, LEAST_SHARE = 5, 0.1
# Levels off the plate from which on a frame may show it; and which share of these frames look
# alike there.
FAR, ALIKE = 18.0, 0.6
# A pixel rests from this weight of its flow on; and where nothing nearby changes, since on flat
# walls flow is noise.
STILL, NEARBY = 32, np.ones((15, 15), np.uint8)
# Regions are so large at least, as a share of the picture.
LEAST_AREA = 3e-4
# Pixels from one to the other of two that are compared across a border; levels of an edge.
ACROSS, EDGE = 5, 40.0
# Pixels of a thing's edge.
RIM = 2
# The other state's border has to be fainter by this factor.
FAINTER = 0.9
# Weights of frames that show the state that is taken, and of those that do not.
SHOWN, HIDDEN = 255, 4

# Of distances, in pixels.
SMOOTHING = 0.75


def emptier(
    frames: AlignedFrames,
    plate: np.ndarray,
    motion: np.ndarray,
    weights: np.ndarray,
    *,
    elsewhere: np.ndarray,
    near: float,
) -> np.ndarray:
    """Take, of each region that rests in two states, the one without an outline.

    Args:
        frames: The frames.
        plate: float32 (H, W, 3), of the states that rest longest.
        motion: uint8 (N, h, w), of any size, low where something moves.
        weights: uint8 (N, H, W), of the frames that show ``plate``; changed where another state is
            taken.
        elsewhere: int (H, W), how many frames are far from the plate.
        near: Levels within which frames look alike.

    Returns:
        int32 (H, W): how many frames show the state that was taken instead; 0 where none was.
    """
    times = np.zeros(plate.shape[:2], np.int32)
    often = elsewhere >= max(LEAST_FRAMES, LEAST_SHARE * frames.store.count)
    if not _regions(often):
        return times
    shows, resting = _other_state(frames, plate, motion, often=often, near=near)
    alike = shows.sum(axis=0, dtype=np.int32)
    often &= resting >= max(LEAST_FRAMES, LEAST_SHARE * frames.store.count)
    regions = _regions(often & (alike >= ALIKE * resting))
    if not regions:
        return times
    # On a thing's edge a pixel shows some of both, so there the frames of its region are taken.
    box = np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8)
    wholes = [cv2.dilate(region.view(np.uint8), box) > 0 for region in regions]
    for region, whole in zip(regions, wholes, strict=True):
        is_shown = shows[:, region].mean(axis=1) >= 0.5
        shows[:, whole & ~region] = is_shown[:, None]
    shows *= SHOWN
    other = frames.over_tiles(kernels.robust_mean, np.maximum(shows, HIDDEN))
    for region, whole in zip(regions, wholes, strict=True):
        if _border(other, plate, region, whole) < FAINTER * _border(plate, plate, region, whole):
            weights[:, whole] = np.maximum(shows[:, whole], HIDDEN)
            times[whole] = (shows[:, whole] > 0).sum(axis=0)
    return times


def _other_state(
    frames: AlignedFrames,
    plate: np.ndarray,
    motion: np.ndarray,
    *,
    often: np.ndarray,
    near: float,
) -> tuple[np.ndarray, np.ndarray]:
    """In which frames each pixel shows the state, other than ``plate``, that rests longest.

    Args:
        often: bool (H, W), where it is looked for.

    Returns:
        uint8 (N, H, W) of 0 and 1, and int (H, W), how many frames rest elsewhere than there.
    """
    shows = frames.store.array((frames.store.count, *plate.shape[:2]))
    before = None
    for index, (frame, _) in enumerate(frames.each()):
        gain = frames.gains[index]
        distance = distance_to(plate, frame, gain)
        still = cv2.resize(motion[index], plate.shape[1::-1]) >= STILL
        if before is not None:
            still |= cv2.dilate(distance_to(before, frame, gain), NEARBY) <= near
        is_other = often & still & (distance > FAR + near) & ~is_hidden(frames, index)
        shows[index] = np.where(is_other, SHOWN, 0)
        before = frame * gain
    resting = np.count_nonzero(shows, axis=0)
    other = frames.over_tiles(kernels.robust_mean, shows)
    for index, (frame, _) in enumerate(frames.each()):
        is_alike = distance_to(other, frame, frames.gains[index]) <= near
        shows[index] = often & is_alike & ~is_hidden(frames, index)
    return shows, resting


def is_hidden(frames: AlignedFrames, index: int) -> np.ndarray:
    """Where a frame does not show the scene, as its matte says, bool (H, W)."""
    store = frames.store
    if not store.has_mattes:
        return np.zeros(store.shape[:2], bool)
    return store.weights[index] < MOSTLY_BACKGROUND


def distance_to(plate: np.ndarray, frame: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Levels, float32 (H, W), by which a frame's channels differ from the plate at most.

    Averaged over neighbours, of whose noise it then holds less.
    """
    return cv2.GaussianBlur(kernels.largest_difference(frame, gain, plate), (0, 0), SMOOTHING)


def _regions(mask: np.ndarray) -> list[np.ndarray]:
    """The connected parts of ``mask`` (H, W) that are large enough, each bool (H, W)."""
    whole = cv2.medianBlur(mask.view(np.uint8), 3)
    whole = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(whole)
    least = max(9, LEAST_AREA * mask.size)
    return [labels == n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= least]


def _border(
    inside: np.ndarray, outside: np.ndarray, region: np.ndarray, whole: np.ndarray
) -> float:
    """Mean levels by which the colours on both sides of a region's border differ.

    What differs more counts as much as :data:`EDGE`: a thing that stands on another one's edge has
    a border in common with it, however much darker or lighter it is.

    Args:
        inside, outside: The pictures (H, W, 3) of the region and of what is around it.
        region: bool (H, W).
        whole: The same with its edge.
    """
    core, mask = np.pad(region, ACROSS), np.pad(whole, ACROSS)
    within, around = (
        np.pad(picture, ((ACROSS, ACROSS), (ACROSS, ACROSS), (0, 0)), mode="edge")
        for picture in (inside, outside)
    )
    # Not beyond the picture.
    is_there = np.pad(np.ones_like(region), ACROSS)
    differences = []
    for shift in ((0, ACROSS), (0, -ACROSS), (ACROSS, 0), (-ACROSS, 0)):
        beyond = np.roll(mask, shift, (0, 1))
        at = core & ~beyond & np.roll(is_there, shift, (0, 1))
        difference = np.abs(within - np.roll(around, shift, (0, 1))).max(axis=-1)
        differences.append(np.minimum(difference[at], EDGE))
    every = np.concatenate(differences)
    return float(every.mean()) if len(every) else 0.0
