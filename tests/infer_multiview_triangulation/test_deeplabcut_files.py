"""DeepLabCut's tables, .csv and .h5."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import tables

from infer_multiview_triangulation.multiview_files import read_detections
from tests.infer_multiview_triangulation.detection_files import Evil, bodies, ran

PARTS = ["snout", "ear", "tail"]


def dlc_table(keypoints, individuals=None):
    """DeepLabCut's table of keypoints (F, J, 3) or (F, P, J, 3)."""
    levels = [["scorer"], PARTS, ["x", "y", "likelihood"]]
    names = ["scorer", "bodyparts", "coords"]
    if individuals:
        levels.insert(1, individuals)
        names.insert(1, "individuals")
    columns = pd.MultiIndex.from_product(levels, names=names)
    return pd.DataFrame(keypoints.reshape(len(keypoints), -1), columns=columns)


def write_table(table, file):
    if file.suffix == ".csv":
        table.to_csv(file)
    else:
        table.to_hdf(file, key="df_with_missing", format="table", mode="w")


@pytest.mark.parametrize("suffix", [".csv", ".h5"])
@pytest.mark.parametrize("individuals", [None, ["one", "two"]])
def test_deeplabcut(tmp_path, rng, suffix, individuals):
    keypoints = bodies(rng, 2, 5, *([2] if individuals else []), joints=3)
    for v, view in enumerate(keypoints):
        write_table(dlc_table(view, individuals), tmp_path / f"cam{v}{suffix}")
    detections = read_detections(tmp_path)
    expected = keypoints if individuals else keypoints[:, :, None]
    np.testing.assert_allclose(detections.keypoints2d, expected, rtol=1e-12)
    assert detections.views == ("cam0", "cam1")


def test_deeplabcut_s_two_files_are_one_view(tmp_path, rng):
    for name in ("cam1", "cam2"):
        table = dlc_table(bodies(rng, 5, joints=3))
        for suffix in (".csv", ".h5"):
            write_table(table, tmp_path / f"{name}{suffix}")
    assert read_detections(tmp_path).views == ("cam1", "cam2")


def test_deeplabcut_fixed_h5(tmp_path, rng):
    keypoints = bodies(rng, 2, 4, joints=3)
    for v, view in enumerate(keypoints):
        dlc_table(view).to_hdf(tmp_path / f"{v}.h5", key="tracks", format="fixed", mode="w")
    np.testing.assert_array_equal(read_detections(tmp_path).keypoints2d[:, :, 0], keypoints)


def test_deeplabcut_gaps_and_other_order(tmp_path, rng):
    keypoints = bodies(rng, 2, 5, joints=3)
    keypoints[0, 2] = np.nan
    write_table(dlc_table(keypoints[0]), tmp_path / "a.csv")
    other = dlc_table(keypoints[1]).reindex(columns=PARTS[::-1], level="bodyparts")
    write_table(other, tmp_path / "b.csv")
    detections = read_detections(tmp_path)
    np.testing.assert_allclose(detections.keypoints2d[:, :, 0], keypoints)


def test_deeplabcut_labels_made_by_hand(tmp_path):
    (tmp_path / "a.csv").write_text(
        "scorer,,,me,me,me,me\nbodyparts,,,snout,snout,tail,tail\ncoords,,,x,y,x,y\n"
        "labeled-data,video,img1.png,1.5,2,,\nlabeled-data,video,img2.png,3,4,5,6\n"
    )
    keypoints = read_detections(tmp_path / "a.csv").keypoints2d[0, :, 0]
    assert keypoints[1].tolist() == [[3, 4, 1], [5, 6, 1]]
    assert keypoints[0, 0].tolist() == [1.5, 2, 1] and np.isnan(keypoints[0, 1]).all()


def test_deeplabcut_lengths(tmp_path, rng):
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file, frames in zip(files, (20, 19), strict=True):
        write_table(dlc_table(bodies(rng, frames, joints=3)), file)
    detections = read_detections(tmp_path)
    assert detections.keypoints2d.shape[1] == 19
    assert any("a 20, b 19" in warning for warning in detections.warnings)
    write_table(dlc_table(bodies(rng, 17, joints=3)), files[1])
    with pytest.raises(ValueError, match=r"more than 10 % \(a 20, b 17\)"):
        read_detections(tmp_path)
    assert read_detections(tmp_path, allow_uneven=True).keypoints2d.shape[1] == 17


def test_deeplabcut_other_parts_or_no_table(tmp_path, rng):
    table = dlc_table(bodies(rng, 3, joints=3))
    write_table(table, tmp_path / "a.csv")
    write_table(table.rename(columns={"ear": "nose"}), tmp_path / "b.csv")
    with pytest.raises(ValueError, match=r"b.csv has the body parts"):
        read_detections(tmp_path)
    three = dlc_table(bodies(rng, 3, joints=3)).rename(columns={"likelihood": "z"})
    write_table(three, tmp_path / "e.csv")
    with pytest.raises(ValueError, match=r"e.csv has the coords \['x', 'y', 'z'\]"):
        read_detections([tmp_path / "e.csv"])
    for name, content in (("c.csv", "1,2\n3,4\n"), ("d.h5", "no table")):
        (tmp_path / name).write_text(content)
        with pytest.raises(ValueError, match=f"{name} is not a table of DeepLabCut"):
            read_detections([tmp_path / name])


@pytest.mark.parametrize("where", ["attribute", "object"])
def test_pickles_inside_h5_are_refused(tmp_path, rng, monkeypatch, where):
    file = tmp_path / "a.h5"
    if where == "attribute":
        write_table(dlc_table(bodies(rng, 4, joints=3)), file)
        with tables.open_file(str(file), "a") as handle:
            handle.root.df_with_missing._v_attrs.info = Evil()
    else:
        table = dlc_table(bodies(rng, 4, joints=3))
        table.index = pd.Index([Evil() for _ in range(4)])
        with pytest.warns():
            table.to_hdf(file, key="x", format="fixed", mode="w")
    for program in (sys.executable, "/opt/studio"):
        monkeypatch.setattr(sys, "executable", program)
        with pytest.raises(ValueError, match=r"a.h5 is not a table of DeepLabCut"):
            read_detections([file])
    # What runs in the process of this test would be seen here.
    assert not ran


def test_a_table_that_crashes_the_library_is_named(tmp_path, rng, monkeypatch):
    for name in ("a", "b", "c"):
        write_table(dlc_table(bodies(rng, 4, joints=3)), tmp_path / f"{name}.h5")
    told = b"HDF5-DIAG: error detected\nreading table 0\n\nreading table 1\n"
    died = subprocess.CompletedProcess([], -11, b"", told)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: died)
    with pytest.raises(ValueError, match=r"b.h5 is not a table.*HDF5 library crashes on it"):
        read_detections(tmp_path)


def test_missing_packages_are_told_with_the_line_for_pip(tmp_path, rng, monkeypatch):
    for v in range(2):
        write_table(dlc_table(bodies(rng, 5, joints=3)), tmp_path / f"cam{v}.h5")
    monkeypatch.setitem(sys.modules, "tables", None)
    told = r"cam0\.h5, a table in HDF5, needs tables.*: pip install tables, or export \.csv"
    with pytest.raises(ImportError, match=told):
        read_detections(tmp_path)
