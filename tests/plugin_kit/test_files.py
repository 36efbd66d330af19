"""Natural order, and files that appear whole or not at all."""

import json
import os
import random
from pathlib import Path

import zipfile

import pytest

from plugin_kit.files import (
    FileError,
    content_of,
    existing,
    is_hidden,
    load_json,
    natural_key,
    natural_sorted,
    prepare_folder,
    replacing,
    unpacked_size,
    write_bytes,
    write_json,
    write_text,
)


def test_numbers_are_ordered_as_people_count():
    wanted = ["2.png", "10.png", "Cam1", "cam2", "cam2b", "cam10", "frame_0009", "frame_0010"]
    names = random.Random(0).sample(wanted, len(wanted))
    assert sorted(names, key=natural_key) == wanted


def test_digits_that_are_no_numbers_do_not_matter():
    # int() refuses the superscript, which isdigit() takes for a digit.
    assert sorted(["x²", "x1", "x"], key=natural_key) == ["x", "x1", "x²"]


def test_paths_are_ordered_by_their_names():
    paths = [Path("b/2"), Path("a/10"), Path("c/1")]
    assert natural_sorted(paths) == [Path("c/1"), Path("b/2"), Path("a/10")]


@pytest.mark.parametrize(
    ("name", "hidden"), [(".DS_Store", True), ("._a.png", True), ("a.png", False), ("a.b", False)]
)
def test_hidden_files(name, hidden):
    assert is_hidden(Path("folder") / name) is hidden
    assert not is_hidden(Path(".folder") / "a.png")


def test_existing(tmp_path):
    assert existing(str(tmp_path)) == tmp_path
    with pytest.raises(FileNotFoundError, match=r"nowhere.*check the path"):
        existing(tmp_path / "nowhere")


def test_json_comes_back(tmp_path):
    content = {"ä": [1, 2.5, None], "path": Path("a")}
    path = write_json(tmp_path / "new" / "a.json", content)
    assert json.loads(path.read_text(encoding="utf-8")) == {"ä": [1, 2.5, None], "path": "a"}
    assert load_json(path) == {"ä": [1, 2.5, None], "path": "a"}


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe\xff", b"[" * 200_000])
def test_what_is_no_json_is_told_by_name(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.json is not valid JSON.*export it again"):
        load_json(path)


def test_texts_are_utf8_with_plain_ends_of_lines(tmp_path):
    path = write_text(tmp_path / "a.txt", "één\nzwei\n")
    assert path.read_bytes() == b"\xc3\xa9\xc3\xa9n\nzwei\n"


def test_a_written_file_is_whole(tmp_path):
    path = write_bytes(tmp_path / "deep" / "er" / "a.bin", b"one")
    write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = write_bytes(tmp_path / "a.bin", b"old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as beside:
        beside.write_bytes(b"half")
        assert path.read_bytes() == b"old"
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_written_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "a.bin"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_file_beside_keeps_the_ending_and_is_hidden(tmp_path):
    name = "x" * 200 + ".png"
    with replacing(tmp_path / name) as beside:
        assert beside.suffix == ".png" and beside.parent == tmp_path
        assert is_hidden(beside) and len(beside.name) < 100
        beside.write_bytes(b"")
    assert (tmp_path / name).is_file()


def test_two_writers_do_not_meet(tmp_path):
    path = tmp_path / "a"
    with replacing(path) as first, replacing(path) as second:
        assert first != second
        first.write_text("1")
        second.write_text("2")
    assert path.read_text() == "1"


def test_a_folder_is_made_and_left_empty(tmp_path):
    prepare_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(OSError, match="output_folder .* cannot be made or written.*name another folder"):
        prepare_folder(tmp_path / "a" / "b", "output_folder")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match="cannot be made or written"):
        prepare_folder(tmp_path)


def test_a_file_error_names_file_fault_and_remedy():
    error = FileError("a.json", "is no map", "export it again")
    assert str(error) == "a.json is no map: export it again"
    assert isinstance(error, ValueError)


def test_files_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        content_of(tmp_path / "a.json")
    (tmp_path / "a.json").mkdir()
    for read in (content_of, load_json):
        with pytest.raises(FileError, match=r"a\.json cannot be read .*: name a file that you may"):
            read(tmp_path / "a.json")


def test_a_zip_says_what_it_unpacks_to(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(5000))
        archive.writestr("b", b"12")
    assert unpacked_size(tmp_path / "a.zip") == 5002
    (tmp_path / "b.zip").write_bytes(b"no zip")
    assert unpacked_size(tmp_path / "b.zip") == 0
