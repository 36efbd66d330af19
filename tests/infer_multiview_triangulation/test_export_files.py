"""AIST++'s file of 3D keypoints, and the writers that the package hands on from the kit."""

import pickle
import warnings

import numpy as np
import pytest

from infer_multiview_triangulation import multiview_files as files
from plugin_kit.safe_pickle import load_pickle


@pytest.fixture
def points():
    """(6, 3, 3) with a joint that is never there, and gaps."""
    points = np.random.default_rng(3).normal(0, 1, (6, 3, 3))
    points[:, 2] = np.nan
    points[0, 0] = np.nan
    points[3, 1] = np.nan
    return points


def test_aist_pickle(tmp_path, points):
    file = tmp_path / "a.pkl"
    files.write_aist_pickle(file, points.astype(np.float32)[::2], points[1::2])
    data = file.read_bytes()
    # AIST++'s users have numpy 1, which has no numpy._core.
    assert b"numpy._core" not in data and b"numpy.core" in data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = pickle.loads(data)
    assert list(content) == ["keypoints3d", "keypoints3d_optim"]
    np.testing.assert_array_equal(content["keypoints3d"], points.astype(np.float32)[::2])
    np.testing.assert_array_equal(content["keypoints3d_optim"], points[1::2])
    np.testing.assert_array_equal(load_pickle(file)["keypoints3d_optim"], points[1::2])
    with pytest.raises(ValueError, match="both must be"):
        files.write_aist_pickle(file, points, points[:2])
    assert file.read_bytes() == data


@pytest.mark.parametrize("form", ["trc", "c3d", "csv"])
def test_trajectories_are_written_and_read(tmp_path, points, form):
    given = files.Trajectories(points, ("a", "b", "c"), 50.0, "mm")
    getattr(files, f"write_{form}")(tmp_path / "a.x", given)
    back = getattr(files, f"read_{form}")(tmp_path / "a.x")
    np.testing.assert_allclose(back.points, points, rtol=1e-6)
    assert (back.names, back.units) == (given.names, given.units)
