"""Files of 3D results: round trips, the real .trc files, and what other tools expect of them."""

import warnings

import c3d
import numpy as np
import pytest

from plugin_kit.keypoints.c3d_files import read_c3d, write_c3d
from plugin_kit.keypoints.csv_files import read_csv, write_csv
from plugin_kit.keypoints.trajectories import Trajectories, first_frame_of, stamped_rate
from plugin_kit.keypoints.trc_files import read_trc, write_trc

TRC_FOLDERS = "data/pose2sim_demo_single"
NAMES = ("nose", "left_hip", "right_big_toe")
FORMATS = [(write_trc, read_trc, 0.0), (write_csv, read_csv, 0.0), (write_c3d, read_c3d, 1e-6)]
formats = pytest.mark.parametrize(("write", "read", "tolerance"), FORMATS)


@pytest.fixture
def points():
    """(6, 3, 3) with a joint that is never there, and gaps."""
    points = np.random.default_rng(3).normal(0, 1, (6, 3, 3))
    points[:, 2] = np.nan
    points[0, 0] = np.nan
    points[3, 1] = np.nan
    return points


# Round trips


@formats
@pytest.mark.parametrize(("fps", "units"), [(60, "m"), (29.97, "mm"), (119.88, "cm")])
def test_round_trip(tmp_path, points, write, read, tolerance, fps, units):
    file = tmp_path / "new" / f"a.{read.__name__[-3:]}"
    write(file, Trajectories(points, NAMES, fps, units))
    back = read(str(file))
    np.testing.assert_allclose(back.points, points, rtol=tolerance, atol=0)
    assert back.names == NAMES
    assert back.fps == pytest.approx(fps, rel=1e-6)
    assert back.units == units
    assert [f.name for f in file.parent.iterdir()] == [file.name]


@formats
@pytest.mark.parametrize("first", [0, 1, 250])
def test_frames_keep_their_numbers(tmp_path, points, write, read, tolerance, first):
    file = write(tmp_path / "a.x", Trajectories(points, NAMES, 50, "m", first))
    back = read(file)
    assert back.first_frame == first or (first == 0 and back.first_frame == 1)
    assert back.start == (250 if first == 250 else 0)
    assert back.fps == pytest.approx(50)
    if read is not read_c3d:
        times = [line.replace(",", "\t").split("\t")[1] for line in file.read_text().splitlines()]
        assert float(times[-1]) == pytest.approx((back.start + 5) / 50)


def test_trc_without_a_rate_goes_by_its_times(tmp_path, points):
    file = write_trc(tmp_path / "a.trc", Trajectories(points, NAMES, 40, "m", 7))
    lines = file.read_text().splitlines()
    lines[2] = lines[2].replace("40", "0")
    file.write_text("\n".join(lines))
    assert read_trc(file).fps == pytest.approx(40)


def test_numbers_too_large_for_c3d_begin_anew(tmp_path, points):
    file = write_c3d(tmp_path / "a.c3d", Trajectories(points, NAMES, 50, "m", 70000))
    assert read_c3d(file).first_frame == 1


@formats
@pytest.mark.parametrize("units", ["m", "mm"])
def test_far_from_the_origin_millimetres_are_kept(tmp_path, points, write, read, tolerance, units):
    """As in UTM, where 32-bit floats have steps of half a metre."""
    factor = {"m": 1, "mm": 1000}[units]
    far = factor * (points + np.array([448262.3, 5411932.7, 35.2]))
    back = read(write(tmp_path / "a.x", Trajectories(far, NAMES, 50, units)))
    assert np.nanmax(np.abs(back.points - far)) < 1e-4 * factor


def test_other_programs_are_told_where_a_far_c3d_lies(tmp_path, points):
    far = points + np.array([448262.3, 5411932.7, 35.2])
    with write_c3d(tmp_path / "a.c3d", Trajectories(far, NAMES, 50, "m")).open("rb") as handle:
        reader = c3d.Reader(handle)
        told = [float(v) for v in reader.get("POINT:WORLD_ORIGIN").string_value.split()]
        stored = next(iter(reader.read_frames()))[1][1, :3]
    np.testing.assert_allclose(stored + told, far[0, 1], atol=1e-4)
    assert np.abs(stored).max() < 10


@pytest.mark.parametrize(
    ("stamps", "fps", "first"),
    [
        ([40, 41, 42], 60, 40),
        ([40, 41, 42], None, 40),
        ([2000, 2016, 2033], 60, 120),
        ([2.0, 2.02, 2.04], 50, 100),
        ([7], 50, 7),
        ([0.5, 0.52], None, 0),
        ([], 50, 0),
        (None, 50, 0),
        (["a"], 50, 0),
        ([np.nan, 1], 50, 0),
        ([-5, -4], 50, 0),
    ],
)
def test_the_first_frames_number(stamps, fps, first):
    assert first_frame_of(stamps, fps) == first


@pytest.mark.parametrize(
    ("stamps", "rate"),
    [
        ([0, 1, 2], None),
        ([0, 5, 10], None),
        ([0, 0.02, 0.04], 50),
        ([0, 16, 33, 50], 60),
        ([3], None),
    ],
)
def test_rates_of_times(stamps, rate):
    assert stamped_rate(np.array(stamps)) == (rate and pytest.approx(rate, rel=1e-3))


@formats
def test_one_frame_one_joint(tmp_path, write, read, tolerance):
    write(tmp_path / "a.x", Trajectories(np.full((1, 1, 3), 0.5), ["nose"], 25, "m"))
    back = read(tmp_path / "a.x")
    assert back.points.tolist() == [[[0.5, 0.5, 0.5]]]
    assert back.fps in (25, None)


@formats
def test_nothing_but_gaps(tmp_path, write, read, tolerance):
    write(tmp_path / "a.x", Trajectories(np.full((3, 2, 3), np.nan), ["a", "b"], 25, "m"))
    assert np.isnan(read(tmp_path / "a.x").points).all()


@formats
def test_half_a_point_is_missing_as_a_whole(tmp_path, points, write, read, tolerance):
    points[4, 0, 1] = np.inf
    write(tmp_path / "a.x", Trajectories(points, NAMES, 25, "m"))
    assert np.isnan(read(tmp_path / "a.x").points[4, 0]).all()
    assert np.isinf(points[4, 0, 1])


@formats
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": np.zeros((3, 2))}, r"points of shape \(3, 2\)"),
        ({"points": np.zeros((0, 3, 3))}, r"points of shape \(0, 3, 3\)"),
        ({"names": ["a"]}, r"needs 3 different names, got \['a'\]"),
        ({"names": ["a", "a", "b"]}, "needs 3 different names"),
        ({"names": ["a", "b", "c\td"]}, r"cannot hold the name 'c\\td'"),
        ({"fps": 0}, "frame rate above 0, got 0"),
        ({"fps": np.nan}, "frame rate above 0, got nan"),
        ({"units": "inch"}, "scale the points to m, cm, mm"),
    ],
)
def test_unusable_input(tmp_path, points, write, read, tolerance, change, message):
    values = {"points": points, "names": NAMES, "fps": 25, "units": "m"} | change
    with pytest.raises(ValueError, match=f"a.x .*{message}"):
        write(tmp_path / "a.x", Trajectories(**values))
    assert not list(tmp_path.iterdir())


@formats
def test_damaged_files(tmp_path, points, write, read, tolerance):
    file = tmp_path / "a.x"
    with pytest.raises(FileNotFoundError, match=r"a.x"):
        read(file)
    for content in (b"", b"hello\n", b"\x00" * 600, b"1" * 200_000):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"a.x is not a"):
            read(file)


# .trc


def test_real_trc(shared):
    files = sorted((shared / TRC_FOLDERS).glob("*/pose-3d/*.trc"))
    assert len(files) == 6
    for file in files:
        read = read_trc(file)
        frames = 12 if "StaticTrial" in file.name else 100
        joints = 64 if "LSTM" in file.name else 21
        assert read.points.shape == (frames, joints, 3)
        assert (read.names[0], read.fps, read.units) == ("RHip", 60, "m")
        assert np.isfinite(read.points).all()
        assert read.names[20] == "LWrist"
        last = file.read_text().splitlines()[-1].split("\t")
        assert read.points[-1, -1, 2] == float(last[1 + 3 * joints])


def test_trc_header_is_pose2sim_s(shared, tmp_path):
    (file,) = (shared / TRC_FOLDERS).glob("*/pose-3d/S00_P00_T00_StaticTrial_0-12.trc")
    real = read_trc(file)
    write_trc(tmp_path / file.name, real)
    theirs, ours = (f.read_text().splitlines() for f in (file, tmp_path / file.name))
    assert ours[:2] == theirs[:2]
    # Pose2Sim counts the original frames from 0, OpenSim from 1.
    assert ours[2] == theirs[2].replace("60\t0\t12", "60\t1\t12")
    assert ours[3:5] == theirs[3:5]
    assert len(ours) == len(theirs)
    values = [line.split("\t")[2:] for line in ours[5:]]
    assert values == [line.split("\t")[2:] for line in theirs[5:]]


def test_trc_gaps_are_empty_fields(tmp_path, points):
    write_trc(tmp_path / "a.trc", Trajectories(points, NAMES, 50, "mm"))
    lines = (tmp_path / "a.trc").read_bytes().decode().split("\n")
    assert lines[2] == "50\t50\t6\t3\tmm\t50\t1\t6"
    assert lines[5].startswith("1\t0\t\t\t\t") and lines[5].endswith("\t\t\t")
    assert {line.count("\t") for line in lines[3:-1]} == {10}
    assert lines[6].startswith("2\t0.02\t")
    assert lines[-1] == ""


def test_trc_with_an_empty_line_and_short_rows(tmp_path, points):
    file = tmp_path / "a.trc"
    write_trc(file, Trajectories(points, NAMES, 50, "mm"))
    lines = file.read_text().splitlines()
    shortened = [*lines[:5], "", *(line.rstrip("\t") for line in lines[5:]), "", ""]
    file.write_text("\r\n".join(shortened))
    np.testing.assert_array_equal(read_trc(file).points, points)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\t3\tmm", "\t4\tmm", "4 markers are announced, 3 are named"),
        ("\t3\tmm", "\t2\tmm", "frame 2 has more than 2 markers"),
        ("50\t50\t3\t", "50\t50\t4\t", "4 frames are announced, 3 are there"),
        ("2\t0.02\t", "2\t0.02\tx", "could not convert"),
    ],
)
def test_trc_that_contradicts_itself(tmp_path, old, new, message):
    file = tmp_path / "a.trc"
    points = np.ones((3, 3, 3))
    points[0, 2] = np.nan
    write_trc(file, Trajectories(points, NAMES, 50, "mm"))
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ValueError, match=f"a.trc is not a whole .trc file .*{message}"):
        read_trc(file)


def test_trc_with_an_empty_line_as_opensim_writes_it(tmp_path, points):
    file = tmp_path / "a.trc"
    write_trc(file, Trajectories(points, NAMES, 50, "mm"), has_empty_line=True)
    assert [i for i, line in enumerate(file.read_text().split("\n")) if not line] == [5, 12]
    np.testing.assert_array_equal(read_trc(file).points, points)


def test_trc_with_more_values_than_markers_can_be_read(tmp_path):
    file = tmp_path / "a.trc"
    points = np.ones((3, 3, 3))
    write_trc(file, Trajectories(points, NAMES, 50, "mm"))
    file.write_text(file.read_text().replace("\t3\tmm", "\t2\tmm"))
    read = read_trc(file, is_strict=False)
    assert read.names == NAMES[:2]
    np.testing.assert_array_equal(read.points, points[:, :2])


# .c3d


def test_c3d_as_its_package_reads_it(tmp_path, points):
    file = tmp_path / "a.c3d"
    write_c3d(file, Trajectories(points, NAMES, 60, "mm"))
    with file.open("rb") as handle, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = c3d.Reader(handle)
        frames = np.array([frame for _, frame, _ in reader.read_frames()])
    assert reader.point_rate == 60
    assert reader.point_scale < 0
    assert (reader.first_frame, reader.frame_count) == (1, 6)
    assert reader.get("POINT:UNITS").string_value == "mm"
    assert [label.strip() for label in reader.point_labels] == list(NAMES)
    missing = np.isnan(points[..., 0])
    np.testing.assert_array_equal(frames[..., 3], np.where(missing, -1, 0))
    assert (frames[missing, :3] == 0).all()
    np.testing.assert_array_equal(frames[~missing, :3], points[~missing].astype(np.float32))


def test_c3d_of_a_long_clip(tmp_path):
    """Beyond 65535 frames the header's 16 bits do not hold the count."""
    points = np.arange(66_000.0)[:, None, None] * np.ones((1, 1, 3))
    write_c3d(tmp_path / "a.c3d", Trajectories(points, ["a"], 60, "m"))
    np.testing.assert_array_equal(read_c3d(tmp_path / "a.c3d").points, points)


def test_c3d_with_too_many_points(tmp_path):
    names = [f"p{i}" for i in range(256)]
    write_c3d(tmp_path / "a.c3d", Trajectories(np.ones((2, 255, 3)), names[:255], 60, "m"))
    assert read_c3d(tmp_path / "a.c3d").names == tuple(names[:255])
    with pytest.raises(ValueError, match="cannot hold 256 points: 255 at most"):
        write_c3d(tmp_path / "b.c3d", Trajectories(np.ones((2, 256, 3)), names, 60, "m"))


@pytest.mark.parametrize("name", ["köpf", "a" * 128])
def test_c3d_with_odd_names(tmp_path, name):
    with pytest.raises(ValueError, match=f"cannot hold the name '{name}'"):
        write_c3d(tmp_path / "b.c3d", Trajectories(np.ones((2, 1, 3)), [name], 60, "m"))


def test_truncated_c3d(tmp_path, points):
    file = tmp_path / "a.c3d"
    write_c3d(file, Trajectories(np.ones((100, 3, 3)), NAMES, 60, "mm"))
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(ValueError, match=r"a.c3d has \d+ of 100 frames"):
        read_c3d(file)


# .csv


def test_csv_columns(tmp_path, points):
    write_csv(tmp_path / "a.csv", Trajectories(points, NAMES, 50, "mm"))
    header, first, second, *_ = (tmp_path / "a.csv").read_text().splitlines()
    assert header.split(",")[:5] == ["frame", "time", "nose_x", "nose_y", "nose_z"]
    assert first.split(",")[:5] == ["0", "0.0", "", "", ""]
    assert second.split(",")[1] == "0.02"
    assert second.split(",")[-1] == "mm"


def test_csv_of_a_spreadsheet(tmp_path):
    """Comments, capitals, other columns, no time, no unit, an empty line."""
    (tmp_path / "a.csv").write_text(
        "# by hand\nnote,nose_X,nose_Y,nose_Z\nfirst,1,2,3\n\nsecond,,5,6\n", encoding="utf-8-sig"
    )
    read = read_csv(tmp_path / "a.csv")
    np.testing.assert_array_equal(read.points, [[[1, 2, 3]], [[np.nan] * 3]])
    assert (read.names, read.fps, read.units) == (("nose",), None, "")


def test_csv_rate_where_a_frame_is_left_out(tmp_path):
    rows = [f"{0.02 * frame},1,2,3" for frame in (0, 1, 2, 5, 6)]
    (tmp_path / "a.csv").write_text("time,nose_x,nose_y,nose_z\n" + "\n".join(rows))
    assert read_csv(tmp_path / "a.csv").fps == 50


def test_csv_without_frames(tmp_path):
    (tmp_path / "a.csv").write_text("nose_x,nose_y,nose_z\n")
    with pytest.raises(ValueError, match=r"a.csv is not .*it has no frame"):
        read_csv(tmp_path / "a.csv")


def test_csv_of_something_else(tmp_path):
    (tmp_path / "a.csv").write_text("frame,time,x,y,z,units\n1,2,3,4,5,m\n")
    with pytest.raises(ValueError, match=r"a.csv is not a .csv file of 3D points"):
        read_csv(tmp_path / "a.csv")
