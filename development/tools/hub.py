"""Pack every plugin for the HUB into ``dist/hub/<plugin>-<version>.zip`` and report its metadata.

Run it as ``make hub`` or ``python -m development.tools.hub``. The files lie flat in the zip, as the
HUB's own packages do: unpack it into ``<Ikomia>/Plugins/Python/<plugin>``. Equal sources give equal
zips. It ends with 1 where a plugin is incomplete, and says of which what is missing.
"""

from __future__ import annotations

import argparse
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from development.tools.vendor import outdated
from plugin_kit.files import replacing
from workflows.plugins import PLUGINS, REPOSITORY, load_plugin, quiet_ikomia

FILES = (
    "__init__.py",
    "{name}.py",
    "{name}_process.py",
    "{name}_widget.py",
    "{name}_test.py",
    "requirements.txt",
    "README.md",
    "LICENSE",
    "images/icon.png",
)
SUFFIXES = (".py", ".md", ".txt", ".png", ".jpg", ".json", ".csv")
PLAIN_NAMES = ("LICENSE", "NOTICE")
# Weights and bodies are named one by one, so that a download in the folder is never packed.
DATA = (
    "infer_background_matting/weights/bgm_builtin_mobilenetv2_fp16.pth",
    "infer_people/people_finding/weights/movenet_multipose.onnx",
    "infer_people/people_finding/weights/movenet_thunder.onnx",
    "infer_people/people_finding/weights/selfie_segmentation.onnx",
    "infer_smpl_fit/smpl_body/builtin_body.npz",
    "train_background_matting/weights/bgm_builtin_mobilenetv2_fp16.pth",
)
LICENCES = ("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "GPL-3.0", "AGPL-3.0", "LGPL-3.0")
TEXTS = (
    "short_description",
    "path",
    "authors",
    "article",
    "journal",
    "documentation_link",
    "original_repository",
    "algo_tasks",
)
EARLIEST_IKOMIA = (0, 15, 0)
ZIP_DATE = (2020, 1, 1, 0, 0, 0)


def package_files(folder: Path) -> list[Path]:
    """What belongs in the package, sorted; bytecode, caches and hidden files do not.

    Raises:
        ValueError: A file is of no kind that a package holds.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_dir() or path.suffix == ".pyc" or _is_left_out(inside):
            continue
        known = path.suffix in SUFFIXES or path.name in PLAIN_NAMES
        if not known and f"{folder.name}/{inside.as_posix()}" not in DATA:
            raise ValueError(
                f"{path}: a file of this kind is not packed; remove it, or name it in DATA of "
                "development/tools/hub.py"
            )
        found.append(path)
    return found


def _is_left_out(inside: Path) -> bool:
    return any(part in ("__pycache__", "tests") or part.startswith(".") for part in inside.parts)


def write_package(name: str, version: str, target: Path) -> Path:
    """Write the zip of the plugin ``name``; a file of that name is replaced at once."""
    path, folder = target / f"{name}-{version}.zip", REPOSITORY / name
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as package:
        for file in package_files(folder):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), ZIP_DATE)
            entry.external_attr = 0o644 << 16
            package.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return path


def metadata_of(name: str) -> Any:
    """What the plugin tells Ikomia about itself."""
    from ikomia.dataprocess.registry import ik_registry

    load_plugin(name)
    return ik_registry.get_algorithm_info(name)


def faults_of(name: str, info: Any) -> list[str]:
    """What the HUB would miss of a plugin, in words; empty where nothing is missing."""
    from ikomia.core import AlgoType

    folder = REPOSITORY / name
    wanted = [file.format(name=name) for file in FILES]
    faults = [f"{file} is missing" for file in wanted if not (folder / file).is_file()]
    stale = [path.relative_to(folder).as_posix() for path in outdated(folder)]
    faults += [f"{file} differs from plugin_kit: run make vendor" for file in stale]
    faults += [f"{key} is empty" for key in TEXTS if not getattr(info, key)]
    if info.name != name:
        faults.append(f"name is {info.name}, the folder's is {name}")
    if not re.fullmatch(r"\d+\.\d+\.\d+(-(a|b|rc)\.\d+)?", info.version):
        faults.append(f"version {info.version!r} is not of the form 1.2.3 or 1.2.3-rc.1")
    if not re.fullmatch(r"0\.\d+\.\d+|[1-9]\d*\.\d+\.\d+", info.min_ikomia_version) or (
        tuple(map(int, info.min_ikomia_version.split("."))) < EARLIEST_IKOMIA
    ):
        faults.append(f"min_ikomia_version {info.min_ikomia_version!r} is refused by Ikomia")
    if info.license not in LICENCES:
        faults.append(f"license {info.license!r} is not one that the HUB knows")
    if len([word for word in info.keywords.split(",") if word.strip()]) < 3:
        faults.append("keywords are fewer than three")
    for key in ("article_url", "documentation_link", "original_repository"):
        if not getattr(info, key).startswith("https://"):
            faults.append(f"{key} {getattr(info, key)!r} is no https address")
    if not 1990 <= info.year <= 2100:
        faults.append(f"year {info.year} is not the article's")
    wanted_type = AlgoType.TRAIN if name.startswith("train_") else AlgoType.INFER
    if info.algo_type != wanted_type:
        faults.append(f"algo_type is not {wanted_type}")
    if info.algo_tasks != info.algo_tasks.upper():
        faults.append(f"algo_tasks {info.algo_tasks!r} must be capitals")
    if info.icon_path != "images/icon.png":
        faults.append(f"icon_path is {info.icon_path!r}, not images/icon.png")
    return faults + _hardware_faults(info.hardware_config)


def _hardware_faults(hardware: Any) -> list[str]:
    least = {"min_cpu": 1, "min_ram": 1, "min_vram": 0}
    faults = [
        f"hardware_config.{key} is not set"
        for key, low in least.items()
        if not low <= getattr(hardware, key) <= 64
    ]
    return faults + (["hardware_config.gpu_required is set"] if hardware.gpu_required else [])


def report_lines(name: str, info: Any) -> Iterator[str]:
    """The metadata of a plugin as it goes to the HUB, one line a field."""
    hardware = info.hardware_config
    yield f"{name} {info.version}: {info.short_description}"
    yield f"  article    {info.article} ({info.journal} {info.year}), {info.article_url}"
    yield f"  authors    {info.authors}"
    yield f"  tasks      {info.algo_type}, {info.algo_tasks}; keywords {info.keywords}"
    yield f"  licence    {info.license}; Ikomia {info.min_ikomia_version} or newer"
    yield (
        f"  hardware   {hardware.min_cpu} CPU cores, {hardware.min_ram} GB memory, "
        f"GPU {'needed' if hardware.gpu_required else 'not needed'} ({hardware.min_vram} GB)"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("plugins", nargs="*", metavar="PLUGIN", help=", ".join(PLUGINS))
    parser.add_argument("--output", type=Path, default=REPOSITORY / "dist" / "hub")
    arguments = parser.parse_args()
    names = arguments.plugins or list(PLUGINS)
    unknown = sorted(set(names) - set(PLUGINS))
    if unknown:
        parser.error(f"no such plugin: {', '.join(unknown)}")
    quiet_ikomia()
    incomplete = 0
    for name in names:
        info = metadata_of(name)
        print(*report_lines(name, info), sep="\n")
        faults = faults_of(name, info)
        if faults:
            incomplete += 1
            print(*(f"  MISSING    {fault}" for fault in faults), sep="\n")
            continue
        path = write_package(name, info.version, arguments.output)
        kilobytes, count = path.stat().st_size / 1000, len(package_files(REPOSITORY / name))
        print(f"  package    {path}: {count} files, {kilobytes:.0f} kB")
    return 1 if incomplete else 0


if __name__ == "__main__":
    sys.exit(main())
