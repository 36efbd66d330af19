"""Views that are late."""

import numpy as np
import pytest

from development.synthetic.capture import NOISE, TYPICAL, detect, stick_dancer
from development.synthetic.crowd import crowd
from infer_multiview_triangulation.multiview_geometry import SKELETONS, Options, reconstruct
from infer_multiview_triangulation.multiview_geometry.sequence.synchronisation import (
    find_offsets,
    shift_views,
)
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve

LATE = np.array([0, 3, -5, 8, 0, -2, 11, 1, -7])


def late_take(seed, frames=300, views=9):
    """Views that show frame f + LATE[v] of the others' frame f."""
    taken = shot(seed, 1)
    whole = stick_dancer(frames + 40, seed=seed + 1)
    shown = [
        detect(whole, [camera], "coco17", TYPICAL, seed + i)[0, 20 - late : 20 - late + frames]
        for i, (camera, late) in enumerate(zip(taken.cameras[:views], LATE, strict=False))
    ]
    return taken._replace(
        cameras=taken.cameras[: len(shown)],
        points=whole[20 : 20 + frames],
        keypoints=np.stack(shown),
    )


@pytest.mark.parametrize("seed", [201, 221])
def test_offsets_are_exact(seed):
    taken = late_take(seed)
    found = find_offsets(taken.cameras, taken.keypoints[:, :, None])
    np.testing.assert_array_equal(found.frames, LATE)
    assert found.certain.all()


def test_report_tells_and_auto_corrects():
    taken = late_take(241, 100, 5)
    told = solve(taken, sync="report")
    assert [view["late_frames"] for view in told.quality["views"]] == (LATE[:5]).tolist()
    assert "view c04 is +8 frames late (set sync=auto to correct it)" in told.quality["warnings"]
    mended = solve(taken, sync="auto")
    assert "view c04 is +8 frames late (corrected)" in mended.quality["warnings"]
    assert error(mended.keypoints3d_optim, taken.points) < 0.7
    assert error(told.keypoints3d_optim, taken.points) > 2


def test_a_best_delay_at_the_limit_is_called_that():
    taken, asked = late_take(241, 100, 4), {"sync": "report", "optimise": False}
    told = " ".join(solve(taken, max_offset=5, **asked).quality["warnings"])
    assert "c04 fit best at the limit of the search, max_offset 5 frames" in told
    assert "raise max_offset" in told
    assert "limit" not in " ".join(solve(taken, **asked).quality["warnings"])


def test_nothing_moves_nothing_is_told():
    taken = shot(261, 1, NOISE)
    still = detect(np.repeat(taken.points, 60, axis=0), taken.cameras, "coco17", NOISE, 262)
    found = solve(taken, still, sync="auto")
    assert sum("too little motion" in text for text in found.quality["warnings"]) == 9
    assert error(found.keypoints3d_optim, taken.points) < 0.7


def test_a_clip_shorter_than_the_overlap():
    taken = shot(263, 10)
    found = find_offsets(taken.cameras, taken.keypoints[:, :, None])
    assert not found.certain.any()
    assert not found.frames.any()


def test_shifting_leaves_nan_where_nothing_was_filmed():
    ramp = np.broadcast_to(np.arange(6.0)[None, :, None, None], (3, 6, 1, 3)).copy()
    out = shift_views(ramp, np.array([2, 0, -1]))[..., 0, 0]
    np.testing.assert_array_equal(out[0], [2, 3, 4, 5, np.nan, np.nan])
    np.testing.assert_array_equal(out[1], np.arange(6))
    np.testing.assert_array_equal(out[2], [np.nan, 0, 1, 2, 3, 4])


def test_several_people_tell_it_too():
    late = (0, 3, -5, 8)
    taken = crowd(2, 190, 61, views=(1, 3, 5, 7), faults=NOISE)
    pairs = zip(taken.keypoints, late, strict=True)
    shown = np.stack([view[20 - by : 170 - by] for view, by in pairs])
    found = find_offsets(taken.cameras, shown)
    np.testing.assert_array_equal(found.frames - found.frames[0], late)
    assert found.certain.all()
    mended = reconstruct(
        shown, taken.cameras, SKELETONS["coco17"], Options(sync="auto", optimise=False)
    )
    first = 20 + found.frames[0]
    off = [error(mended.keypoints3d, person[first : first + 150]) for person in taken.points]
    assert min(off) < 1.5
