"""Picture files, against files that Pillow wrote and reads."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from plugin_kit.files import FileError
from plugin_kit.picture_files import (
    claimed_size,
    folder_pictures,
    is_picture,
    read_grey,
    read_picture,
    read_rgba,
    write_picture,
)

COLOURS = np.array([[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (10, 20, 30)]], np.uint8)
NAME = "bild_é人.png"


def test_colours_keep_their_order(tmp_path):
    Image.fromarray(COLOURS).save(tmp_path / NAME)
    np.testing.assert_array_equal(read_picture(tmp_path / NAME), COLOURS)
    np.testing.assert_array_equal(read_picture(str(tmp_path / NAME)), COLOURS)


def test_an_alpha_channel_is_dropped(tmp_path):
    alpha = np.full((2, 2, 1), 77, np.uint8)
    Image.fromarray(np.concatenate([COLOURS, alpha], axis=2)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), COLOURS)


def test_grey_becomes_three_equal_channels(tmp_path):
    Image.fromarray(np.array([[0, 99]], np.uint8)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png").tolist() == [[[0, 0, 0], [99, 99, 99]]]
    assert read_grey(tmp_path / "a.png").tolist() == [[0, 99]]


def test_sixteen_bits_are_reduced(tmp_path):
    Image.fromarray(np.array([[0, 257, 65535]], np.uint16)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png")[0, :, 0].tolist() == [0, 1, 255]


def test_the_brightness_of_colours_is_rec601s(tmp_path):
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    expected = [[76.2, 149.7], [29.1, 18.2]]
    np.testing.assert_allclose(read_grey(tmp_path / "a.png"), expected, atol=1)


@pytest.mark.parametrize("read", [read_picture, read_grey])
def test_files_that_are_no_pictures_are_told(tmp_path, read):
    with pytest.raises(FileNotFoundError, match=r"a\.png does not exist"):
        read(tmp_path / "a.png")
    for content in (b"", b"no picture"):
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.png cannot be decoded.*use PNG or JPEG"):
            read(tmp_path / "a.png")


@pytest.mark.parametrize("read", [read_picture, read_rgba])
@pytest.mark.parametrize("dtype", [np.int32, np.int16, np.float64])
def test_numbers_that_are_no_pictures_are_told(tmp_path, read, dtype):
    import cv2

    channels = 4 if read is read_rgba else 3
    assert cv2.imwrite(str(tmp_path / "a.tiff"), np.ones((4, 4, channels), dtype))
    with pytest.raises(FileError, match=rf"a\.tiff has pixels of {np.dtype(dtype)}.*8 or 16 bits"):
        read(tmp_path / "a.tiff")


@pytest.mark.parametrize("channels", [0, 3, 4])
def test_what_is_written_is_what_others_read(tmp_path, channels):
    rng = np.random.default_rng(channels)
    image = rng.integers(0, 255, (4, 5, channels) if channels else (4, 5), np.uint8)
    path = write_picture(tmp_path / "new" / NAME, image)
    np.testing.assert_array_equal(np.array(Image.open(path)), image)
    assert list(path.parent.iterdir()) == [path]


def test_jpeg_is_near(tmp_path):
    image = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    path = write_picture(tmp_path / "a.jpg", image)
    assert Image.open(path).format == "JPEG"
    np.testing.assert_allclose(read_picture(path), image, atol=4)


def test_an_unknown_ending_writes_nothing(tmp_path):
    import cv2

    with pytest.raises((ValueError, cv2.error)):
        write_picture(tmp_path / "a.nothing", COLOURS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.PNG", True), ("a.jpeg", True), ("a.webp", True), ("a.txt", False), ("._a.png", False)],
)
def test_pictures_are_known_by_their_names(tmp_path, name, expected):
    assert is_picture(tmp_path / name) is expected


def test_a_folder_is_listed_in_natural_order(tmp_path):
    for name in ("10.png", "9.png", "notes.txt", "._9.png", "1.JPG"):
        (tmp_path / name).write_text("")
    assert [path.name for path in folder_pictures(tmp_path)] == ["1.JPG", "9.png", "10.png"]


def test_a_folder_without_pictures_is_told(tmp_path):
    (tmp_path / "a.txt").write_text("")
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(FileNotFoundError, match="does not exist or holds no picture"):
            folder_pictures(str(folder))


def png_of_size(width, height):
    """The head of a PNG, whole but for its pixels."""

    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("side", "told"),
    [
        (2, "cannot be decoded as a picture: use PNG or JPEG"),
        (2**14, "claims to have 16384x16384 pixels, far more than its 65 bytes: save it again"),
        (2**31 - 1, "claims to have 2147483647x2147483647 pixels"),
    ],
)
def test_pictures_without_pixels_are_told(tmp_path, side, told):
    (tmp_path / "a.png").write_bytes(png_of_size(side, side))
    with pytest.raises(FileError, match=rf"a\.png {told}"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize("ending", [".png", ".bmp", ".jpg", ".jpeg", ".tif", ".webp"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_size_is_read_from_the_head(tmp_path, ending, mode):
    path = tmp_path / f"a{ending}"
    Image.new(mode, (300, 7)).save(path, **({} if ending == ".tif" else {"exif": bytes(900)}))
    assert claimed_size(path.read_bytes()) == (300, 7)
    for end in range(40):
        assert claimed_size(path.read_bytes()[:end]) in ((300, 7), (0, 0))


def test_every_kind_of_webp_states_its_size(tmp_path):
    picture = Image.new("RGBA", (300, 7), (0, 0, 0, 9))
    for name, options in (("lossless", {"lossless": True}), ("extended", {"exif": bytes(9)})):
        picture.save(tmp_path / f"{name}.webp", **options)
        assert claimed_size((tmp_path / f"{name}.webp").read_bytes()) == (300, 7)


def test_an_ending_that_is_no_pictures_is_told(tmp_path):
    with pytest.raises(FileError, match=r"a\.xyz could not be encoded as a \.xyz picture: use"):
        write_picture(tmp_path / "a.xyz", COLOURS)
