"""The folder of a search's results: whose files are in it, which views are finished.

::

    openpose/<view>/<view>_000000000012_keypoints.json    a file a frame
    masks/<view>.mkv, or masks/<view>/000012.png
    views/<view>.npz                                      the record: this view is finished
    keypoints2d.npz                                       all views
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..infer_people_kit.array_files import read_arrays, write_npz
from ..infer_people_kit.files import prepare_folder
from .view_people import KEY, ViewPeople, read_record, write_record

OPENPOSE, MASKS, RECORDS, ARRAYS = "openpose", "masks", "views", "keypoints2d.npz"
VIDEO_SUFFIX = ".mkv"


class ResultsFolder:
    """Where the results of views go.

    Args:
        path: Made if need be.
        names: The views'.

    Raises:
        OSError: It cannot be made or written.
        FileExistsError: It holds files of these names that no search has written.
    """

    def __init__(self, path: str | Path, names: Sequence[str]) -> None:
        self.path = Path(path).expanduser()
        prepare_folder(self.path, "output_folder")
        others = [place for name in names for place in self._foreign(name)]
        if (self.path / ARRAYS).exists() and not (self.path / RECORDS).is_dir():
            others.append(self.path / ARRAYS)
        if others:
            raise FileExistsError(
                f"output_folder {self.path} holds {', '.join(map(str, others[:3]))}, which "
                "infer_people did not write: name another folder"
            )

    def finished(self, name: str, key: str) -> ViewPeople | None:
        """The view as it was found with this ``key``; None where it is not finished."""
        return read_record(self._record(name), key)

    @contextmanager
    def replacing(self, people: ViewPeople, key: str) -> Iterator[Path]:
        """A folder to write into; its content takes the place of what is there of this view.

        ``openpose`` is a folder in it, ``masks`` a folder or ``masks.mkv`` a file.
        """
        name = people.name
        part = self.path / f".{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            yield part
            # Broken off from here on, the view counts as not finished.
            write_npz(self._record(name), {KEY: ""})
            for place in (*self._places(name), self.path / ARRAYS):
                _remove(place)
            for made in part.iterdir():
                target = self.path / made.stem / f"{name}{made.suffix}"
                target.parent.mkdir(exist_ok=True)
                made.replace(target)
            write_record(self._record(name), people, key)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _record(self, name: str) -> Path:
        return self.path / RECORDS / f"{name}.npz"

    def _places(self, name: str) -> list[Path]:
        masks = self.path / MASKS
        return [
            self.path / OPENPOSE / name,
            masks / name,
            masks / f"{name}{VIDEO_SUFFIX}",
        ]

    def _foreign(self, name: str) -> list[Path]:
        record = self._record(name)
        if not record.exists():
            return [place for place in self._places(name) if place.exists()]
        try:
            return [] if KEY in read_arrays(record, [KEY]) else [record]
        except ValueError:
            return [record]


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
