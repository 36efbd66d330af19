"""Is this background the empty scene of that picture, and can it be aligned with it?"""

from dataclasses import dataclass

import cv2
import numpy as np

WORKING_SIDE = 480
FEATURES = 1500
FEATURE_SIDE = 960
MIN_MATCHES = 12
RATIO = 0.75
REPROJECTION_PIXELS = 3.0
AGREEMENT_LEVELS = 20
TILE = 16
TILE_CORRELATION = 0.85
MIN_STRUCTURED_SHARE = 0.03
MIN_FOUND_AGAIN = 0.2
MIN_AGREEMENT = 0.3


class AlignmentError(ValueError):
    """The two pictures have too little in common to be aligned."""


@dataclass(frozen=True)
class SceneMatch:
    """How much of the background is found again in the picture.

    Attributes:
        agreement: Share of pixels whose grey level, after one gain for the whole picture, is
            within 20 levels of the background's.
        found_again: Share of the background's structured 16x16 tiles (at a long side of 480)
            that correlate with the picture by more than 0.85; None for a background of plain
            walls, where fewer than 3 % of the tiles have structure.

    The limits lie between what was measured: two aligned hand-held pairs and a plate of a
    whiteboard room give 0.81 to 0.92 ``found_again``, the same hand-held pairs before alignment
    0.07 to 0.08, backgrounds of other scenes 0.02 to 0.06. A plain wall before which a person
    stands agrees in 0.76 of the pixels, the plain wall of another picture in 0.23; two plain
    walls of similar grey cannot be told apart.
    """

    agreement: float
    found_again: float | None

    @property
    def is_same_scene(self) -> bool:
        if self.found_again is None:
            return self.agreement >= MIN_AGREEMENT
        return self.found_again >= MIN_FOUND_AGAIN

    def __str__(self) -> str:
        if self.found_again is None:
            return f"{self.agreement:.0%} of the pixels agree, {MIN_AGREEMENT:.0%} are needed"
        return (
            f"{self.found_again:.0%} of the background's structure is found again in the picture, "
            f"{MIN_FOUND_AGAIN:.0%} are needed"
        )


def compare_scene(source: np.ndarray, background: np.ndarray) -> SceneMatch:
    """Measure whether ``background`` shows the scene behind the people of ``source``.

    Args:
        source, background: uint8 RGB (H, W, 3) of one size.
    """
    a, b = _working_grey(source), _working_grey(background)
    # The gain that most pixels ask for, within what a change of exposure explains.
    b *= float(np.clip(np.median((a + 8) / (b + 8)), 0.6, 1.7))
    agreement = float((np.abs(a - b) <= AGREEMENT_LEVELS).mean())
    return SceneMatch(agreement, _found_again(a, b))


def _working_grey(picture: np.ndarray) -> np.ndarray:
    scale = min(1.0, WORKING_SIDE / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    return cv2.GaussianBlur(grey, (0, 0), 1.5).astype(np.float32)


def _found_again(a: np.ndarray, b: np.ndarray) -> float | None:
    ta, tb = _tiles(a), _tiles(b)
    na, nb = np.linalg.norm(ta, axis=1), np.linalg.norm(tb, axis=1)
    structured = nb > 4.0 * TILE
    if structured.sum() < max(4, MIN_STRUCTURED_SHARE * len(tb)):
        return None
    correlation = (ta * tb).sum(1)[structured] / np.maximum(na * nb, 1e-3)[structured]
    return float((correlation > TILE_CORRELATION).mean())


def _tiles(x: np.ndarray) -> np.ndarray:
    """Tiles (N, 256) of a picture, each less its mean."""
    rows, columns = x.shape[0] // TILE, x.shape[1] // TILE
    cut = x[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
    flat = cut.transpose(0, 2, 1, 3).reshape(rows * columns, TILE * TILE)
    return flat - flat.mean(axis=1, keepdims=True)


class BackgroundAligner:
    """Warps one background onto pictures by a homography between matched SIFT features.

    The background's features are found once; both pictures are looked at with a long side of
    960, which aligns the 1920x1080 hand-held pairs as well as their full size does: in the
    background beside the person the mean difference falls from 15-21 to 2-3 grey levels.

    Args:
        background: uint8 RGB (H, W, 3).
    """

    def __init__(self, background: np.ndarray) -> None:
        self._background = background
        self._points, self._descriptors = _features(background)

    def __call__(self, source: np.ndarray) -> np.ndarray:
        """Return the background as it lies behind ``source``, uint8 RGB (H, W, 3) of its size.

        Where the warped background has no pixels, it takes those of the source, as the
        original's video script does.

        Raises:
            AlignmentError: Fewer than 12 features agree on one homography.
        """
        points, others = self._matches(source)
        if len(points) < MIN_MATCHES:
            raise AlignmentError(
                f"only {len(points)} features of the background were found again in the picture, "
                f"{MIN_MATCHES} are needed; use a fixed camera and align_background=False, or a "
                "background with more texture"
            )
        homography, inliers = cv2.findHomography(
            points, others, cv2.USAC_MAGSAC, REPROJECTION_PIXELS
        )
        if homography is None or int(inliers.sum()) < MIN_MATCHES:
            raise AlignmentError("the matched features do not agree on one homography")
        size = (source.shape[1], source.shape[0])
        warped = cv2.warpPerspective(self._background, homography, size, flags=cv2.INTER_CUBIC)
        everywhere = np.full(self._background.shape[:2], 255, np.uint8)
        covered = cv2.warpPerspective(everywhere, homography, size)
        return np.where((covered == 255)[..., None], warped, source)

    def _matches(self, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Matching points (N, 2) of the background and of ``source``, in their pixels."""
        others, descriptors = _features(source)
        if self._descriptors is None or descriptors is None or len(others) < 2:
            return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
        pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(self._descriptors, descriptors, k=2)
        kept = [p[0] for p in pairs if p[0].distance < RATIO * p[1].distance]
        here, there = [m.queryIdx for m in kept], [m.trainIdx for m in kept]
        return self._points[here], others[there]


def _features(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Points (N, 2) x, y in pixels of ``picture``, and SIFT descriptors (N, 128)."""
    scale = min(1.0, FEATURE_SIDE / max(picture.shape[:2]))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    keypoints, descriptors = cv2.SIFT.create(FEATURES).detectAndCompute(small, None)
    points = np.array([keypoint.pt for keypoint in keypoints], np.float32).reshape(-1, 2)
    ratio = np.divide(picture.shape[1::-1], small.shape[1::-1]).astype(np.float32)
    return (points + 0.5) * ratio - 0.5, descriptors
