"""Build the wheel into ``dist/``, and with ``--try`` use it as somebody who has nothing yet would.

Run it as ``make wheel`` or ``python -m development.tools.wheel``. It is built of a copy of the
source, so that nothing of an earlier build gets into it. ``--try`` installs it by ``uv tool
install`` and by pipx into empty folders, makes the installed files read-only, and runs each command
on a drawn clip and capture, far from the checkout. That downloads what the wheel asks for, several
GB with PyTorch for GPUs; ``UV_TORCH_BACKEND=cpu`` or ``UV_FIND_LINKS`` in the environment, and
``--with`` PACKAGE, say from where.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from development.tools.source import REPOSITORY
from workflows.plugins import PLUGINS

SOURCE = ("setup.py", "pyproject.toml", "README.md", "LICENSE")
ROOMS = ("human_capture", "workflows", "plugin_kit", *PLUGINS)
BACKEND = "from setuptools import build_meta; import sys; build_meta.build_wheel(sys.argv[1])"
SUITE = "human_capture/suite"
PROGRAM = "human-capture"


def build_wheel(output: Path) -> Path:
    """Build the wheel with the environment's own setuptools, without network.

    Raises:
        RuntimeError: The build failed; the text holds its output.
    """
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "source"), Path(folder, "built")
        _copy_source(source)
        built.mkdir()
        command = [sys.executable, "-c", BACKEND, str(built)]
        done = subprocess.run(command, cwd=source, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        (wheel,) = built.glob("*.whl")
        return Path(shutil.copy(wheel, output / wheel.name))


def _copy_source(target: Path) -> None:
    target.mkdir()
    for name in SOURCE:
        shutil.copy(REPOSITORY / name, target)
    for room in ROOMS:
        caches = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
        shutil.copytree(REPOSITORY / room, target / room, ignore=caches)


def packed_files(wheel: Path) -> list[str]:
    """The names of the files in a wheel."""
    with zipfile.ZipFile(wheel) as opened:
        return opened.namelist()


def write_inputs(folder: Path) -> None:
    """A clip, keypoints with the cameras that saw them, and videos of three cameras, all drawn."""
    import numpy as np

    from development.synthetic.body_capture import make_capture
    from development.synthetic.clip import SyntheticClip
    from development.synthetic.filmed import film, write_videos
    from infer_multiview_triangulation.multiview_files import write_cameras_json

    SyntheticClip(width=320, height=180, frames=12).write(folder / "clip.mp4")
    capture = make_capture(30)
    np.savez(
        folder / "keypoints2d.npz", keypoints2d=capture.keypoints2d, skeleton="body25", fps=60.0
    )
    write_cameras_json(folder / "cameras.json", capture.cameras)
    take = film(6, fps=15, height=480, views=3)
    write_videos(folder / "videos", take)
    write_cameras_json(folder / "videos" / "calibration.json", take.cameras)


TRIED: dict[str, tuple[str, str]] = {
    "matting": (
        "matting clip.mp4 --output cut --weights builtin --matte people --background #204060",
        "cut/composite.mp4",
    ),
    "motion": (
        "motion --keypoints keypoints2d.npz --cameras cameras.json --output moved",
        "moved/motion.bvh",
    ),
    "keypoints": ("keypoints clip.mp4 --output found", "found"),
    "capture": (
        "capture videos --cameras videos/calibration.json --output root --matte people "
        "-- --units cm --no-preview",
        "root/motion.npz",
    ),
    "dataset": (
        "dataset table.csv --task keypoints --output results --workers 1",
        "results/one",
    ),
}


def try_commands(program: Path, inputs: Path, environment: dict[str, str]) -> list[str]:
    """Run each command in the folder ``inputs``; what went wrong, in words."""
    (inputs / "table.csv").write_text("unit,video\none,clip.mp4\n", encoding="utf-8")
    faults = []
    for name, (line, wanted) in TRIED.items():
        command = [str(program), *line.split()]
        done = subprocess.run(
            command, cwd=inputs, env=environment, capture_output=True, text=True, timeout=500
        )
        is_there = (inputs / wanted).exists()
        print(f"  {name}: exit {done.returncode}, {wanted} {'is there' if is_there else 'is not'}")
        if done.returncode or not is_there:
            faults.append(f"{name}: {done.stdout}{done.stderr}")
    return faults


def _files_below(folder: Path) -> set[Path]:
    """Everything but what Python and numba compile, which they put elsewhere if they must."""
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def try_wheel(wheel: Path, further: Sequence[str], installers: Sequence[str]) -> int:
    """Install the wheel by each of ``installers``, and run its commands; 1 where one failed."""
    uv = [sys.executable, "-m", "uv"]
    with tempfile.TemporaryDirectory(prefix="wheel-") as name:
        folder = Path(name)
        known = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        known |= {"HOME": str(folder / "home"), "UV_TOOL_DIR": str(folder / "uv")}
        known |= {"UV_TOOL_BIN_DIR": str(folder / "uv-bin"), "PIPX_HOME": str(folder / "pipx")}
        known |= {"PIPX_BIN_DIR": str(folder / "pipx-bin")}
        known.setdefault("UV_CACHE_DIR", str(folder / "cache"))
        lines = {
            "uv": ["tool", "install", str(wheel), *(f"--with={package}" for package in further)],
            "pipx": ["tool", "run", "pipx", "install", str(wheel)],
        }
        faults: list[str] = []
        for installer in installers:
            print(f"{installer}: installing")
            subprocess.run([*uv, *lines[installer]], cwd=folder, env=known, check=True)
            for package in further if installer == "pipx" else ():
                inject = ["tool", "run", "pipx", "inject", "ikomia-human-capture", package]
                subprocess.run([*uv, *inject], cwd=folder, env=known, check=True)
            inputs = folder / f"{installer}-inputs"
            inputs.mkdir()
            write_inputs(inputs)
            before = _files_below(folder / installer)
            faults += try_commands(folder / f"{installer}-bin" / PROGRAM, inputs, known)
            written = _files_below(folder / installer) - before
            faults += [f"{path} was written where the package lies" for path in sorted(written)]
            shutil.rmtree(folder / installer)
    print(*faults, sep="\n")
    return int(bool(faults))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--output", type=Path, default=REPOSITORY / "dist")
    parser.add_argument(
        "--try", dest="installers", nargs="*", choices=("uv", "pipx"), help="install and use it"
    )
    parser.add_argument(
        "--with", dest="further", nargs="*", default=[], metavar="PACKAGE", help="beside it"
    )
    given = parser.parse_args(arguments)
    wheel = build_wheel(given.output)
    megabytes = wheel.stat().st_size / 1e6
    print(f"{wheel}: {len(packed_files(wheel))} files, {megabytes:.1f} MB")
    if given.installers is None:
        return 0
    return try_wheel(wheel.resolve(), given.further, given.installers or ("uv", "pipx"))


if __name__ == "__main__":
    sys.exit(main())
