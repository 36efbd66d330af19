"""The promises on data whose truth is known, with the default parameters."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from development.synthetic.capture import CLEAN, HARD, NOISE, TYPICAL, Faults
from infer_multiview_triangulation.infer_multiview_triangulation_kit.stopping import Stopped
from infer_multiview_triangulation.multiview_geometry import SKELETONS, reconstruct, skeleton_of
from tests.infer_multiview_triangulation.studio_shots import error, shot, solve
from workflows.plugins import REPOSITORY


def test_typical_clip():
    taken = shot(131, 300)
    with threadpool_limits(1):
        found = solve(taken)
    assert error(found.keypoints3d_optim, taken.points) <= 0.7
    assert error(found.keypoints3d, taken.points) <= 1.1
    assert np.isfinite(found.keypoints3d_optim).all(axis=-1).mean() > 0.995


@pytest.mark.parametrize(
    ("faults", "seed", "most"), [(CLEAN, 132, 0.05), (NOISE, 133, 0.5), (HARD, 134, 1.0)]
)
def test_other_levels(faults, seed, most):
    taken = shot(seed, 100, faults)
    assert error(solve(taken).keypoints3d_optim, taken.points) <= most


@pytest.mark.parametrize("memory", [0.9, 0.97])
def test_noise_that_remembers(memory):
    faults = Faults(4, True, memory, TYPICAL.missing, TYPICAL.outliers, 0.02, 0.02)
    taken = shot(135, 150, faults)
    assert error(solve(taken).keypoints3d_optim, taken.points) <= 0.95


@pytest.mark.parametrize("skeleton", ["body25", "body25b"])
def test_more_keypoints(skeleton):
    # In seed 136 most views cut the feet off.
    taken = shot(137, 60, TYPICAL, skeleton)
    assert error(solve(taken).keypoints3d_optim, taken.points) <= 0.7


def test_keypoints_of_no_known_skeleton():
    taken = shot(137, 30)
    points = taken.points[:, :4]
    found = reconstruct(taken.keypoints[:, :, None, :4], taken.cameras, skeleton_of("auto", 4))
    assert error(found.keypoints3d_optim, points) <= 1.5
    assert found.bone_lengths.shape == (0,)


def test_swaps_are_repaired_and_counted():
    taken = shot(138, 60, Faults(noise=2))
    exchanged = taken.keypoints.copy()
    exchanged[:4, 20:30] = taken.keypoints[:4, 20:30][:, :, SKELETONS["coco17"].mirrored]
    found = solve(taken, exchanged)
    counts = [view["swapped_frames"] for view in found.quality["views"]]
    assert min(counts[:4]) >= 8
    assert counts[4:] == [0] * 5
    assert error(found.keypoints3d_optim, taken.points) <= 0.4


def test_joint_in_one_view_is_interpolated_over_short_gaps_only():
    taken = shot(139, 40, NOISE)
    kept = taken.keypoints.copy()
    kept[1:, 10:15, 9] = np.nan
    kept[2:, 30:, 7] = np.nan
    kept[0, 30:, 7] = np.nan
    found = solve(taken, kept)
    assert np.isnan(found.keypoints3d[10:15, 9]).all()
    assert (found.mask[10:15, 9] == 2).all()
    assert error(found.keypoints3d_optim[10:15, 9], taken.points[10:15, 9]) < 2
    assert found.sigma[12, 9] > 1.5 * np.median(found.sigma[16:25, 9])
    assert np.isnan(found.keypoints3d_optim[30:, 7]).all()
    assert not found.mask[30:, 7].any()
    strict = solve(taken, kept, max_gap_fill=4)
    assert np.isnan(strict.keypoints3d_optim[10:15, 9]).all()
    assert not strict.mask[10:15, 9].any()


@pytest.mark.parametrize("objective", ["robust", "aist"])
def test_joint_never_seen_stays_unknown(objective):
    taken = shot(140, 30, NOISE)
    kept = taken.keypoints.copy()
    kept[:, :, 9] = np.nan
    found = solve(taken, kept, objective=objective)
    assert np.isnan(found.keypoints3d_optim[:, 9]).all()
    assert np.isnan(found.sigma[:, 9]).all()
    assert not found.mask[:, 9].any()
    assert np.isfinite(np.delete(found.keypoints3d_optim, 9, axis=1)).all()


def test_views_that_disagree_leave_rejected_points():
    taken = shot(141, 20, Faults(noise=2), views=(1, 3))
    kept = taken.keypoints.copy()
    kept[1, 5:8, 4, 1] += 500
    found = solve(taken, kept)
    assert (found.mask[5:8, 4] != 1).all()
    assert np.isnan(found.keypoints3d[5:8, 4]).all()


@pytest.mark.parametrize("objective", ["robust", "aist"])
@pytest.mark.parametrize("frames", [1, 2, 3])
def test_few_frames(objective, frames):
    taken = shot(142, frames, NOISE)
    found = solve(taken, objective=objective)
    assert found.keypoints3d_optim.shape == (frames, 17, 3)
    assert error(found.keypoints3d_optim, taken.points) < 1.5


@pytest.mark.parametrize("objective", ["robust", "aist"])
def test_static_clip_and_few_points(objective):
    taken = shot(143, 1, NOISE)
    still = solve(taken, np.repeat(taken.keypoints, 30, axis=1), objective=objective)
    assert error(still.keypoints3d_optim, taken.points) < 1.5
    few = np.repeat(taken.keypoints, 3, axis=1)
    few[:, :, 6:] = np.nan
    found = solve(taken, few, objective=objective)
    assert error(found.keypoints3d_optim[:, :6], taken.points[:, :6]) < 1.5


def test_windows_of_a_long_clip_join():
    taken = shot(144, 700, Faults(noise=2), views=(1, 3, 6))
    found = solve(taken).keypoints3d_optim
    assert error(found, taken.points) < 0.6
    jump = np.linalg.norm(np.diff(found - taken.points, axis=0), axis=-1)
    assert np.nanmax(jump[535:605]) < 1.2 * np.nanmax(jump)
    assert np.nanmedian(jump[535:605]) < 1.5 * np.nanmedian(jump)


def test_nobody_at_all():
    taken = shot(145, 5)
    found = solve(taken, np.full_like(taken.keypoints, np.nan), sync="report", up_axis="y")
    assert np.isnan(found.keypoints3d_optim).all()
    assert sum("shows nobody" in text for text in found.quality["warnings"]) == 9
    with pytest.raises(ValueError, match="no two views share enough"):
        solve(taken, np.full_like(taken.keypoints, np.nan), None)


def test_inputs_stay_as_they_are():
    taken = shot(146, 20, views=(1, 3, 5, 7))
    before = taken.keypoints.copy()
    for options in ({}, {"objective": "aist"}, {"sync": "auto", "mode": "refine_cameras"}):
        solve(taken, **options)
    np.testing.assert_array_equal(taken.keypoints, before)


def test_same_input_same_output():
    taken = shot(147, 20, views=(1, 3, 5, 7))
    a, b = solve(taken, mode="refine_cameras"), solve(taken, mode="refine_cameras")
    np.testing.assert_array_equal(a.keypoints3d_optim, b.keypoints3d_optim)


@pytest.mark.parametrize("option", ["mode", "method", "engine", "objective"])
def test_unknown_option_is_an_error(option):
    taken = shot(148, 1)
    with pytest.raises(ValueError, match=f"{option} 'other' is not one of"):
        solve(taken, **{option: "other"})


def test_stop_ends_it():
    taken = shot(149, 2)
    with pytest.raises(Stopped):
        reconstruct(
            taken.keypoints[:, :, None],
            taken.cameras,
            SKELETONS["coco17"],
            should_stop=lambda: True,
        )


LONG = """
from pathlib import Path
from infer_multiview_triangulation.multiview_geometry import SKELETONS, reconstruct
from tests.infer_multiview_triangulation.studio_shots import error, shot
from development.synthetic.capture import NOISE
taken = shot(150, 1200, NOISE, views=(1, 3, 5, 7))
found = reconstruct(taken.keypoints[:, :, None], taken.cameras, SKELETONS["coco17"])
assert error(found.keypoints3d_optim, taken.points) < 0.7
# getrusage would count what the parent had before this program started.
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


def test_memory_of_a_long_clip():
    if not Path("/proc/self/status").is_file():
        pytest.skip("peak memory is read from /proc")
    done = subprocess.run(
        [sys.executable, "-c", LONG], cwd=REPOSITORY, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    # It is 210 MiB for 600 frames and for 1800.
    assert int(done.stdout) < 300


IMPORTS = """
import sys
import infer_multiview_triangulation.multiview_geometry
import infer_multiview_triangulation.multiview_files
assert not {"jax", "numba", "aniposelib", "torch"} & set(sys.modules), "heavy imports"
"""


def test_import_is_light():
    command = [sys.executable, "-c", IMPORTS]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
