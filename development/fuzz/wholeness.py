"""What a folder of outputs holds, and whether all of it is whole."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

from infer_multiview_triangulation import multiview_files
from plugin_kit.array_files import read_arrays
from plugin_kit.picture_files import read_picture
from plugin_kit.safe_pickle import load_pickle

Content = dict[str, str]


def contents(folder: Path) -> Content:
    """The files below a folder and their checksums."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def is_hidden(path: str | Path) -> bool:
    return any(part.startswith(".") for part in Path(path).parts)


def file_faults(output: Path, name: str) -> list[str]:
    faults = []
    for path in sorted(output.rglob("*")) if output.exists() else []:
        inside = path.relative_to(output)
        if not path.is_file():
            continue
        # Who is killed at once cannot clean up; what is begun has a name that no output has.
        if is_hidden(inside):
            if name != "SIGKILL":
                faults.append(f"{inside} was left")
            continue
        try:
            _read_whole(path)
        except Exception as error:
            faults.append(f"{inside} is not whole: {type(error).__name__}: {str(error)[:120]}")
    return faults


def _read_whole(path: Path) -> None:
    """Read an output to its end; raise where that cannot be done."""
    suffix = path.suffix.lower()
    if not path.stat().st_size:
        raise ValueError("it is empty")
    if suffix in (".mp4", ".mkv", ".mov"):
        import av

        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            count = sum(1 for _ in container.decode(stream))
        if not count or (stream.frames and count != stream.frames):
            raise ValueError(f"{count} of {stream.frames} frames")
    elif suffix in (".png", ".jpg"):
        read_picture(path)
    elif suffix in (".json", ".gltf"):
        json.loads(path.read_bytes())
    elif suffix == ".npz":
        read_arrays(path)
    elif suffix == ".pkl":
        load_pickle(path)
    elif suffix == ".glb":
        (length,) = struct.unpack_from("<I", path.read_bytes(), 8)
        if length != path.stat().st_size:
            raise ValueError(f"{path.stat().st_size} of {length} bytes")
    elif suffix == ".bvh":
        lines = path.read_text().partition("MOTION")[2].splitlines()
        rows = [line for line in lines[3:] if line.strip()]
        if len(rows) != int(lines[1].split()[-1]):
            raise ValueError(f"{len(rows)} rows, {lines[1]}")
    elif suffix in (".trc", ".c3d", ".csv"):
        getattr(multiview_files, f"read_{suffix[1:]}")(path)
