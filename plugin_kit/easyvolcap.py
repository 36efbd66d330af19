"""EasyVolcap's layout: pictures, masks, colours of body parts and plates of several cameras.

::

    images/<camera>/<frame>.*     pictures; the rest is made of them
    mask/<camera>/<frame>.png     255 where people are; also called masks, msk or bgmt
    schp/<camera>/<frame>.png     colours of the parts that human parsing found
    bkgd/<camera>.png             the empty background, RGBA
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .files import is_hidden, natural_sorted
from .picture_files import folder_pictures, is_picture

IMAGES, MASKS, COLOURS, PLATES = "images", "mask", "schp", "bkgd"
MASK_FOLDERS = (MASKS, "masks", "msk", "bgmt")


@dataclass(frozen=True)
class CameraFolders:
    """A camera of a root: the folder of its pictures, and that of their masks if there is one."""

    name: str
    images: Path
    masks: Path | None


@dataclass(frozen=True)
class FramePaths:
    """A picture of a root, and what is made of it."""

    camera: str
    image: Path
    mask: Path
    colours: Path

    @property
    def is_done(self) -> bool:
        return self.mask.is_file() and self.colours.is_file()


def easyvolcap_cameras(
    root: str | Path, masks_folder: str | Path | None = None
) -> list[CameraFolders]:
    """The cameras of a root, in natural order.

    Args:
        root: Holds ``images/<camera>`` and may hold ``mask/<camera>``.
        masks_folder: Holds one folder of masks a camera, instead of ``root``.

    Raises:
        FileNotFoundError: ``root`` has no ``images/<camera>`` folders, or ``masks_folder`` lacks
            one.
    """
    root = Path(root)
    folders = _camera_folders(root)
    if not folders:
        raise FileNotFoundError(f"{root} is no EasyVolcap root: it has no images/<camera> folders")
    places = [Path(masks_folder)] if masks_folder else [root / name for name in MASK_FOLDERS]
    cameras = []
    for folder in folders:
        masks = next((p for place in places if (p := place / folder.name).is_dir()), None)
        if masks_folder and masks is None:
            raise FileNotFoundError(f"masks_folder has no {places[0] / folder.name} for {folder}")
        cameras.append(CameraFolders(folder.name, folder, masks))
    return cameras


def easyvolcap_frames(root: str | Path, output: str | Path | None = None) -> list[FramePaths]:
    """Every picture of a root, cameras and frames in natural order.

    Args:
        root: Holds ``images/<camera>``.
        output: Where ``mask`` and ``schp`` go; ``root`` by default.

    Raises:
        FileNotFoundError: There is none.
        ValueError: Two pictures of a camera differ only in their suffix.
    """
    root, output = Path(root), Path(output or root)
    images: dict[Path, FramePaths] = {}
    for folder in _camera_folders(root):
        for image in natural_sorted(filter(is_picture, folder.glob("*"))):
            mask, colours = (
                output / kind / folder.name / f"{image.stem}.png" for kind in (MASKS, COLOURS)
            )
            if mask in images:
                raise ValueError(f"{images[mask].image} and {image} would both write {mask}")
            images[mask] = FramePaths(folder.name, image, mask, colours)
    if not images:
        raise FileNotFoundError(f"{root} is no EasyVolcap root: no pictures in {IMAGES}/<camera>/")
    return list(images.values())


def paired_masks(pictures: list[Path], folder: str | Path) -> list[Path]:
    """The mask of each picture: the one in ``folder`` whose name without suffix is the same.

    Raises:
        FileNotFoundError: The folder holds no picture, or one of ``pictures`` has no mask.
    """
    by_stem = {path.stem: path for path in folder_pictures(folder)}
    for picture in pictures:
        if picture.stem not in by_stem:
            raise FileNotFoundError(f"{picture.name} has no mask of that name in {folder}")
    return [by_stem[picture.stem] for picture in pictures]


def _camera_folders(root: Path) -> list[Path]:
    folders = (root / IMAGES).glob("*")
    return natural_sorted(path for path in folders if path.is_dir() and not is_hidden(path))
