"""How the units of a data set are found."""

import pytest

from workflows.dataset.command import parse_arguments
from workflows.dataset.layouts import find_units


def units(root, task, *more):
    options = parse_arguments([str(root), "--task", task, "--output", "out", *more])
    return find_units(options)


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


@pytest.fixture
def aist(tmp_path):
    for sequence in ("gBR_sBM_{}_d04_mBR0_ch01", "gJB_sFM_{}_d07_d08_mJB3_ch05"):
        touch(tmp_path, *(f"{sequence.format(f'c0{camera}')}.mp4" for camera in (1, 2, 9)))
    touch(tmp_path, "._gBR_sBM_c03_d04_mBR0_ch01.mp4", "notes.txt")
    return tmp_path


def test_a_unit_of_aist_is_a_video_or_a_sequence(aist):
    assert [unit.name for unit in units(aist, "matte")] == [
        "gBR_sBM_c01_d04_mBR0_ch01",
        "gBR_sBM_c02_d04_mBR0_ch01",
        "gBR_sBM_c09_d04_mBR0_ch01",
        "gJB_sFM_c01_d07_d08_mJB3_ch05",
        "gJB_sFM_c02_d07_d08_mJB3_ch05",
        "gJB_sFM_c09_d07_d08_mJB3_ch05",
    ]
    first, second = units(aist, "motion", "--", "--person", "all")
    assert first.name == "gBR_sBM_cAll_d04_mBR0_ch01"
    assert list(first.inputs) == ["video c01", "video c02", "video c09"]
    assert first.options == ("--person", "all")
    assert second.name == "gJB_sFM_cAll_d07_d08_mJB3_ch05"


@pytest.mark.parametrize("task", ["motion", "capture", "keypoints"])
def test_takes_of_whatever_cameras_write(tmp_path, task):
    touch(tmp_path, "take/cam1.MTS", "take/cam2.3gp", "take/cam3.mpeg", "take/._cam1.MTS")
    found = units(tmp_path, task)
    names = [unit.name for unit in found]
    assert names == (["take/cam1", "take/cam2", "take/cam3"] if task == "keypoints" else ["take"])


def test_takes_of_cameras(tmp_path):
    touch(tmp_path, *(f"take{t}/cam{c}.mp4" for t in (1, 2, 10) for c in (1, 2)))
    touch(tmp_path, "take2/calib.toml", "cameras.json", "empty/notes.txt")
    takes = units(tmp_path, "motion")
    assert [unit.name for unit in takes] == ["take1", "take2", "take10"]
    assert [unit.inputs["cameras"].name for unit in takes] == [
        "cameras.json",
        "calib.toml",
        "cameras.json",
    ]
    videos = units(tmp_path, "keypoints", "--only", "take1/*")
    assert [unit.name for unit in videos] == ["take1/cam1", "take1/cam2"]
    assert videos[0].inputs["video"].is_absolute()


def test_scenes_of_easyvolcap(tmp_path):
    touch(tmp_path, "a/images/01/000000.jpg", "b/images/01/000000.jpg")
    assert [unit.name for unit in units(tmp_path, "matte")] == ["a", "b"]
    (one,) = units(tmp_path / "a", "matte")
    assert one.inputs["video"] == tmp_path / "a"


def test_a_table_says_everything_itself(tmp_path):
    touch(tmp_path, "one.mp4")
    table = tmp_path / "t.csv"
    table.write_text(
        "unit,video,background,options\nfirst,one.mp4,,--format png\nb/second,one.mp4,x.png,\n"
    )
    first, second = units(table, "matte", "--", "--quality", "20")
    assert (first.inputs, first.options) == (
        {"video": tmp_path / "one.mp4"},
        ("--quality", "20", "--format", "png"),
    )
    assert second.inputs["background"] == tmp_path / "x.png"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name,video\na,b.mp4\n", "name one 'unit'"),
        ("unit,video\na,b.mp4\na,c.mp4\n", "two units of the name a"),
        ("unit,video\n../a,b.mp4\n", "line 2: the unit '../a' cannot be"),
        ("unit,video,options\na,b.mp4,--x 'y\n", "line 2: No closing quotation"),
        ("", "has the columns none"),
    ],
)
def test_odd_tables_are_refused(tmp_path, content, told):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(ValueError, match=told):
        units(tmp_path / "t.csv", "matte")


def test_a_folder_of_nothing_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no units of --task motion"):
        units(tmp_path, "motion")
