"""A user's pictures: found, paired, refused, split, and prepared."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from plugin_kit.picture_files import read_grey, read_picture, read_rgba, write_picture
from train_background_matting.background_matting_training import (
    Preparation,
    find_backgrounds,
    find_foregrounds,
    prepare,
    split_files,
)
from train_background_matting.background_matting_training import preparation as preparation_module
from train_background_matting.background_matting_training.asset_files import AssetFile
from train_background_matting.background_matting_training.preparation import (
    covering,
    read_foreground,
    squared,
)
from train_background_matting.train_background_matting_kit.files import FileError
from train_background_matting.train_background_matting_kit.stopping import Stopped


@pytest.fixture
def pairs(foregrounds, tmp_path):
    """Colours and alphas of two foregrounds in folders of their own."""
    colours, alphas = tmp_path / "colours", tmp_path / "alphas"
    for name in ("person0", "person1"):
        rgba = read_rgba(foregrounds / f"{name}.png")
        write_picture(colours / f"{name}.jpg", np.ascontiguousarray(rgba[..., :3]))
        write_picture(alphas / f"{name}.png", np.ascontiguousarray(rgba[..., 3]))
    return colours, alphas


def test_names_pair_whatever_their_ending(pairs):
    files = find_foregrounds(*pairs)
    assert [(file.name, file.alpha.name) for file in files] == [
        ("person0.jpg", "person0.png"),
        ("person1.jpg", "person1.png"),
    ]
    rgba = read_foreground(files[0], "given")
    np.testing.assert_array_equal(rgba[..., 3], read_grey(pairs[1] / "person0.png"))


def test_alphas_below_the_foregrounds_are_none_themselves(pairs):
    colours, alphas = pairs
    inside = colours / "alphas"
    shutil.copytree(alphas, inside)
    assert [file.name for file in find_foregrounds(colours, inside)] == [
        "person0.jpg",
        "person1.jpg",
    ]


def test_one_folder_may_lie_in_the_other_however_they_are_given(pairs, monkeypatch):
    colours, alphas = pairs
    shutil.copytree(alphas, colours / "alphas")
    shutil.copytree(colours, alphas / "colours", ignore=shutil.ignore_patterns("alphas"))
    monkeypatch.chdir(colours.parent)
    for places in ((Path("colours"), colours / "alphas"), (alphas / "colours", Path("alphas"))):
        found = find_foregrounds(*places)
        assert [file.name for file in found] == ["person0.jpg", "person1.jpg"]


def test_names_that_do_not_pair_are_named(pairs):
    colours, alphas = pairs
    shutil.copy(colours / "person0.jpg", colours / "third.jpg")
    with pytest.raises(FileError, match=r"alphas has no alpha for 1 of 3 pictures \(third.jpg\)"):
        find_foregrounds(colours, alphas)
    (colours / "third.jpg").unlink()
    shutil.copy(alphas / "person0.png", alphas / "third.png")
    with pytest.raises(FileError, match=r"1 alpha\(s\) without a picture .*third.png"):
        find_foregrounds(colours, alphas)
    shutil.copy(alphas / "person0.png", colours / "person0.png")
    with pytest.raises(FileError, match=r"person0.jpg and person0.png, which one alpha"):
        find_foregrounds(colours, alphas)
    with pytest.raises(FileError, match=r"is both foreground_folder and alpha_folder"):
        find_foregrounds(colours, colours)


def test_two_alphas_for_one_picture_are_named(pairs):
    colours, alphas = pairs
    shutil.copy(alphas / "person0.png", alphas / "person0.tif")
    with pytest.raises(FileError, match=r"alphas holds person0.png and person0.tif, both for one"):
        find_foregrounds(colours, alphas)


def test_folders_without_pictures_are_named(tmp_path, pairs):
    with pytest.raises(FileNotFoundError, match=r"foreground_folder .*absent is no folder"):
        find_foregrounds(tmp_path / "absent", None)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"background_folder .*empty holds no picture"):
        find_backgrounds(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match=r"alpha_folder .*empty holds no picture"):
        find_foregrounds(pairs[0], tmp_path / "empty")


def asset(path, alpha=None):
    return AssetFile(path.name, path, alpha, path.name)


@pytest.mark.parametrize(
    "shape, alpha, message",
    [
        ((64, 64, 3), None, r"a.png has no alpha channel: use PNG .* folder of the alphas"),
        ((64, 64, 4), 0, r"a.png shows nothing: its alpha is 0 everywhere: take it out"),
        ((64, 64, 4), 255, r"a.png hides everything: its alpha is 255 everywhere"),
        ((64, 20, 4), 99, r"a.png is 20x64 pixels small: give pictures of 32 pixels"),
    ],
)
def test_pictures_that_are_no_foregrounds_are_named(tmp_path, shape, alpha, message):
    picture = np.full(shape, 90, np.uint8)
    if alpha is not None:
        picture[..., 3] = alpha
    write_picture(tmp_path / "a.png", picture)
    with pytest.raises(FileError, match=message):
        read_foreground(asset(tmp_path / "a.png"), "given")


def test_an_alpha_of_another_size_is_named(tmp_path):
    write_picture(tmp_path / "a.png", np.zeros((64, 64, 3), np.uint8))
    write_picture(tmp_path / "alpha.png", np.zeros((32, 64), np.uint8))
    with pytest.raises(FileError, match=r"alpha.png is 64x32, its picture .*a.png 64x64: give"):
        read_foreground(asset(tmp_path / "a.png", tmp_path / "alpha.png"), "given")


def test_extended_colours_lose_the_old_background(tmp_path):
    """A red disc before green, half covered at its edge: the edge becomes red."""
    picture = np.full((64, 64, 3), (0, 200, 0), np.uint8)
    alpha = np.zeros((64, 64), np.uint8)
    picture[16:48, 16:48], alpha[16:48, 16:48] = (200, 0, 0), 255
    picture[16:48, 46:50], alpha[16:48, 46:50] = (100, 100, 0), 128
    write_picture(tmp_path / "a.png", picture)
    write_picture(tmp_path / "alpha.png", alpha)
    file = asset(tmp_path / "a.png", tmp_path / "alpha.png")
    edge = (slice(20, 44), slice(47, 49))
    assert (read_foreground(file, "given")[edge][..., 1] == 100).all()
    extended = read_foreground(file, "extended")[edge].astype(int)
    assert extended[..., 1].max() < 40 and extended[..., 0].min() > 160


def test_a_foreground_fills_its_square():
    rgba = np.zeros((200, 300, 4), np.uint8)
    rgba[50:150, 20:60] = (10, 20, 30, 255)
    square, is_cut = squared(rgba, 64)
    rows, columns = np.nonzero(square[..., 3] > 128)
    assert not is_cut and (np.ptp(rows) + 1, np.ptp(columns) + 1) == (60, 24)
    assert rows.min() == 2 and rows.max() == 61
    assert (square[square[..., 3] > 250][:, :3] == (10, 20, 30)).all()


def test_a_foreground_that_ends_at_the_edge_stands_on_its_square():
    rgba = np.zeros((200, 300, 4), np.uint8)
    rgba[50:, 20:60] = 255
    square, is_cut = squared(rgba, 64)
    assert is_cut and (square[-1, :, 3] > 250).sum() >= 14 and square[0, :, 3].max() == 0


def test_backgrounds_cover_their_size():
    picture = np.zeros((100, 400, 3), np.uint8)
    picture[:, 190:210] = 255
    covered = covering(picture, 50, 80)
    assert covered.shape == (50, 80, 3) and covered[:, 38:42].min() > 250
    assert covering(picture[:20, :20], 50, 80).shape == (50, 80, 3)


def files_of(names):
    return [AssetFile(name, None, None, name.split("/")[0] + "/" * ("/" in name)) for name in names]


def test_a_folder_below_stays_on_one_side():
    files = files_of([*(f"walk/{i}.png" for i in range(9)), *(f"{i}.png" for i in range(9))])
    for seed in range(5):
        split = split_files(files, 0.3, seed, "foreground_folder")
        sides = [{file.source for file in part} for part in (split.training, split.held_out)]
        assert not sides[0] & sides[1] and len(sides[1]) == 3
        assert len(split.training) + len(split.held_out) == 18
    again = split_files(files[::-1], 0.3, 4, "foreground_folder")
    assert {f.name for f in again.held_out} == {f.name for f in split.held_out}


def test_too_few_to_hold_out_is_told(caplog):
    with pytest.raises(ValueError, match=r"foreground_folder holds 2 picture\(s\) of one source"):
        split_files(files_of(["walk/1.png", "walk/2.png"]), 0.2, 0, "foreground_folder")
    split_files(files_of(["1.png", "2.png"]), 0.2, 0, "foreground_folder")
    assert "rest on 1 held-out source(s) only" in caplog.text


def test_pictures_are_prepared_once(foregrounds, backgrounds, tmp_path, monkeypatch):
    def splits():
        found = find_foregrounds(foregrounds, None), find_backgrounds(backgrounds)
        return [split_files(files, 0.3, 0, "path") for files in found]

    data = prepare(*splits(), tmp_path, Preparation(side=64))
    full, small = data.training.full, data.training.small
    assert full.foregrounds.shape == (6, 64, 64, 4) and small.foregrounds.shape == (6, 16, 16, 4)
    assert full.backgrounds.shape == (3, 64, 112, 3) and small.backgrounds.shape == (3, 16, 28, 3)
    assert len(data.held_out.foregrounds) == 2 and len(data.held_out.backgrounds) == 2
    assert not set(data.trained_on) & set(data.held_out_names)
    # What was cut short or taken away is made anew.
    cut = tmp_path / "training_small_backgrounds.npy"
    content = cut.read_bytes()
    cut.unlink()
    cut.write_bytes(content[:-9])
    (tmp_path / "held_out_foregrounds.npy").unlink()
    anew = prepare(*splits(), tmp_path, Preparation(side=64))
    np.testing.assert_array_equal(anew.training.small.backgrounds, small.backgrounds)
    monkeypatch.setattr(preparation_module, "read_rgba", None)
    again = prepare(*splits(), tmp_path, Preparation(side=64))
    np.testing.assert_array_equal(again.training.full.foregrounds, full.foregrounds)
    with pytest.raises(TypeError):
        prepare(*splits(), tmp_path, Preparation(side=32))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here is always full")
def test_a_full_disk_is_told(foregrounds, backgrounds, tmp_path, monkeypatch):
    found = find_foregrounds(foregrounds, None), find_backgrounds(backgrounds)
    splits = [split_files(files, 0.3, 0, "path") for files in found]

    @contextmanager
    def full(path):
        yield Path("/dev/full")

    monkeypatch.setattr(preparation_module, "replacing", full)
    told = r"training_foregrounds\.npy needs 0 MB .*No space left.*lower picture_size"
    with pytest.raises(OSError, match=told):
        prepare(*splits, tmp_path, Preparation(side=64))


def test_a_broken_picture_is_named_and_nothing_half_made_is_used(
    foregrounds, backgrounds, tmp_path
):
    mine = shutil.copytree(foregrounds, tmp_path / "mine")
    (mine / "person3.png").write_bytes(b"no picture")
    splits = [split_files(f, 0.3, 0, "path") for f in (find_foregrounds(mine, None),)]
    splits.append(split_files(find_backgrounds(backgrounds), 0.3, 0, "path"))
    with pytest.raises(FileError, match=r"person3\.png cannot be decoded"):
        prepare(*splits, tmp_path / "out", Preparation(side=64))
    assert not (tmp_path / "out" / "prepared.json").exists()
    shutil.copy(foregrounds / "person3.png", mine / "person3.png")
    with pytest.raises(Stopped):
        prepare(*splits, tmp_path / "out", Preparation(side=64), should_stop=lambda: True)
    assert len(prepare(*splits, tmp_path / "out", Preparation(side=64)).training.full.cut) == 6


def test_rgba_of_sixteen_bits_is_reduced(tmp_path):
    import cv2

    picture = np.zeros((40, 40, 4), np.uint16)
    picture[..., 2], picture[..., 3] = 65535, 32768
    assert cv2.imwrite(str(tmp_path / "a.png"), picture)
    rgba = read_rgba(tmp_path / "a.png")
    assert rgba.dtype == np.uint8 and rgba[5, 5].tolist() == [255, 0, 0, 128]
    assert read_picture(tmp_path / "a.png")[5, 5].tolist() == [255, 0, 0]
