"""Files and folders: their natural order, and writing that leaves nothing half-written."""

import json
import re
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VIDEO_SUFFIXES = (".3gp", ".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts")
VIDEO_SUFFIXES += (".mxf", ".ts", ".webm", ".wmv")


class FileError(ValueError):
    """A file that cannot be used; the text names it, what is wrong with it, and the remedy."""

    def __init__(self, path: str | Path, problem: str, remedy: str) -> None:
        super().__init__(f"{path} {problem}: {remedy}")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A sorting key by which cam2 comes before cam10, in whatever case the letters are."""
    parts = re.split(r"(\d+)", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def natural_sorted(paths: Iterable[Path]) -> list[Path]:
    """The paths in natural order of their names."""
    return sorted(paths, key=lambda path: natural_key(path.name))


def is_hidden(path: Path) -> bool:
    """Whether systems left it there for themselves: ``.DS_Store``, ``._picture.png``."""
    return path.name.startswith(".")


def is_video(path: Path) -> bool:
    """Whether it is a file that is called as a camera's video is, and that no system hides."""
    return path.suffix.lower() in VIDEO_SUFFIXES and path.is_file() and not is_hidden(path)


def existing(path: str | Path) -> Path:
    """The path, if something is there; else FileNotFoundError."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file or folder {path}: check the path")
    return path


def content_of(path: Path) -> bytes:
    """All of a file; FileNotFoundError where there is none, FileError where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        remedy = "name a file that you may read"
        raise FileError(path, f"cannot be read ({error.strerror})", remedy) from error


def unpacked_size(path: Path) -> int:
    """The bytes that a zip says it unpacks to; 0 of a file of another kind."""
    if not zipfile.is_zipfile(path):
        return 0
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def load_json(path: Path) -> Any:
    """The content of a JSON file; FileError where it is none for any reason."""
    try:
        return json.loads(content_of(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(path, f"is not valid JSON ({error})", "export it again") from error


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path to write to; it takes the place of ``path`` at the end, or vanishes on an error.

    The folder is made if needed.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "notes" / "a.txt"
        >>> with replacing(target) as beside:
        ...     _ = beside.write_text("whole")
        >>> target.read_text()
        'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The extension stays, since some writers choose their format by it.
    beside = path.with_name(f".{path.stem[:40]}-{uuid.uuid4().hex[:12]}{path.suffix}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_bytes(path: str | Path, content: bytes) -> Path:
    """Write a file that appears whole or not at all; its folder is made if needed."""
    path = Path(path)
    with replacing(path) as beside:
        beside.write_bytes(content)
    return path


def write_text(path: str | Path, text: str) -> Path:
    """The same for text, as UTF-8 with ``\\n`` at the ends of lines."""
    return write_bytes(path, text.encode())


def write_json(path: str | Path, content: Any) -> Path:
    """The same for what JSON can hold, indented; other objects by their text."""
    return write_text(path, json.dumps(content, indent=2, default=str) + "\n")


def prepare_folder(folder: Path, parameter: str = "the output folder") -> None:
    """Make ``folder`` before any long work; OSError, which names ``parameter``, where it fails."""
    probe = folder / f".writable-{uuid.uuid4().hex[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OSError(
            f"{parameter} {folder} cannot be made or written ({error}): name another folder"
        ) from error
