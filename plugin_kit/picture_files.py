"""The one reader and the one writer of picture files."""

import struct
from pathlib import Path

import cv2
import numpy as np

from .files import FileError, content_of, is_hidden, natural_sorted, write_bytes
from .pictures import as_alpha, as_rgb

# A picture may have so many pixels, or so many for each byte of its file.
MOST_PIXELS, MOST_PIXELS_A_BYTE = 2**26, 64
# TIFF's tags for the size, and its types of numbers that may hold it.
TIFF_WIDTH, TIFF_HEIGHT, TIFF_TYPES = 256, 257, {3: "H", 4: "I"}
# The JPEG segments that begin a frame.
JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
NUMBERS = (np.uint8, np.uint16, np.float32)
SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"))


def is_picture(path: Path) -> bool:
    """Whether it is called as a picture is; files that systems hide are none."""
    return path.suffix.lower() in SUFFIXES and not is_hidden(path)


def folder_pictures(folder: str | Path) -> list[Path]:
    """The pictures of a folder in natural order (frame 10 after frame 9).

    Raises:
        FileNotFoundError: The folder does not exist or holds no picture.
    """
    found = [path for path in Path(folder).glob("*") if is_picture(path)]
    if not found:
        raise FileNotFoundError(f"the folder {folder} does not exist or holds no picture")
    return natural_sorted(found)


def read_picture(path: str | Path) -> np.ndarray:
    """Read a picture as uint8 RGB (H, W, 3); 16 bits are reduced, an alpha channel is dropped.

    Raises:
        FileNotFoundError: There is no such file.
        FileError: It is no picture that can be decoded.
    """
    bgr = _decoded(path, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    return as_rgb(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def read_rgba(path: str | Path) -> np.ndarray:
    """Read a picture that has an alpha channel as uint8 RGBA (H, W, 4), straight.

    16 bits are reduced.

    Raises:
        FileNotFoundError: There is no such file.
        FileError: It is no picture that can be decoded, or has no alpha channel.
    """
    image = _decoded(path, cv2.IMREAD_UNCHANGED)
    if image.ndim != 3 or image.shape[2] != 4:
        remedy = "use PNG with transparency, or name the folder of the alphas"
        raise FileError(path, "has no alpha channel", remedy)
    alpha = np.rint(255 * as_alpha(image[..., 3], *image.shape[:2])).astype(np.uint8)
    return np.dstack([as_rgb(cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA)), alpha])


def read_grey(path: str | Path) -> np.ndarray:
    """The same of a picture's brightness, such as a mask's, as uint8 (H, W)."""
    return _decoded(path, cv2.IMREAD_GRAYSCALE)


def _decoded(path: str | Path, flags: int) -> np.ndarray:
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"the picture {path} does not exist")
    # OpenCV's own opening of files knows no Unicode on Windows, and raises on an empty buffer.
    content = content_of(path)
    width, height = claimed_size(content)
    if width * height > max(MOST_PIXELS, MOST_PIXELS_A_BYTE * len(content)):
        problem = f"claims to have {width}x{height} pixels, far more than its {len(content)} bytes"
        raise FileError(path, problem, "save it again")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), flags) if content else None
    except cv2.error:
        image = None
    if image is None:
        raise FileError(path, "cannot be decoded as a picture", "use PNG or JPEG")
    if image.dtype not in NUMBERS:
        problem = f"has pixels of {image.dtype}, which are not supported"
        raise FileError(path, problem, "save it with 8 or 16 bits a channel")
    return image


def claimed_size(content: bytes) -> tuple[int, int]:
    """Width and height that a picture's head states; (0, 0) where none is read.

    OpenCV believes it: a few bytes would take gigabytes and seconds.
    """
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content[:2] == b"BM" and len(content) >= 26:
        width, height = struct.unpack("<ii", content[18:26])
        return abs(width), abs(height)
    if content[:4] in (b"II*\0", b"MM\0*"):
        return _tiff_size(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP" and len(content) >= 30:
        return _webp_size(content)
    place = 2
    while content[:2] == b"\xff\xd8" and place + 9 <= len(content) and content[place] == 0xFF:
        marker, length = struct.unpack(">BH", content[place + 1 : place + 4])
        if marker in JPEG_SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        # Before a marker there may be more of the bytes that begin it.
        place += 1 if marker == 0xFF else 2 + length
    return 0, 0


def write_picture(path: str | Path, image: np.ndarray) -> Path:
    """Write uint8 grey (H, W), RGB (H, W, 3) or RGBA (H, W, 4), in the form that the ending names.

    The file appears whole or not at all; its folder is made if needed.

    Raises:
        FileError: OpenCV cannot write it in that form.
    """
    path = Path(path)
    if image.ndim == 3:
        codes = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
        image = cv2.cvtColor(image, codes[image.shape[2]])
    try:
        done, encoded = cv2.imencode(path.suffix, image)
    except cv2.error:
        done, encoded = False, image
    if not done:
        raise FileError(path, f"could not be encoded as a {path.suffix} picture", "use .png")
    return write_bytes(path, encoded.tobytes())


def _tiff_size(content: bytes) -> tuple[int, int]:
    order = "<" if content[:1] == b"I" else ">"
    sizes = {}
    try:
        (start,) = struct.unpack_from(f"{order}I", content, 4)
        (count,) = struct.unpack_from(f"{order}H", content, start)
        for place in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(f"{order}HH", content, place)
            if tag in (TIFF_WIDTH, TIFF_HEIGHT) and kind in TIFF_TYPES:
                form = f"{order}{TIFF_TYPES[kind]}"
                (sizes[tag],) = struct.unpack_from(form, content, place + 8)
    except struct.error:
        # What breaks off here is for the decoder to refuse.
        pass
    return (sizes[TIFF_WIDTH], sizes[TIFF_HEIGHT]) if len(sizes) == 2 else (0, 0)


def _webp_size(content: bytes) -> tuple[int, int]:
    if content[12:16] == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") for at in (24, 27))
        return width + 1, height + 1
    if content[12:16] == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", content[26:30])
    return width & 0x3FFF, height & 0x3FFF
