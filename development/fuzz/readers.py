"""Every reader of files: what it is called with, what it must not return, how its inputs look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from development.fuzz import camera_seeds, seeds

# The errors of the readers themselves; any other comes from below.
OWN_ERRORS = (ValueError, FileNotFoundError)
MOST_VALUES = 60_000_000


@dataclass(frozen=True)
class Reader:
    """A reader of files, and how to tell whether what it returns can be.

    Attributes:
        read: Reads a file or folder.
        draw: Writes good inputs into an empty folder.
        share: Of the inputs, in parts.
        most: No number that is returned is larger; None for readers that know not what it means.
        may_miss: Whether NaN stands for what is missing.
        check: Says what else is impossible, or nothing.
    """

    read: Callable[[Path], Any]
    draw: Callable[[Path], list[Path]]
    share: int = 4
    most: float | None = 1e9
    may_miss: bool = False
    check: Callable[[Any], str] = lambda value: ""


def _detections(path: Path) -> Any:
    from infer_multiview_triangulation.multiview_files import read_detections

    return read_detections(path, "auto", True)


def _check_detections(read: Any) -> str:
    views, frames = read.keypoints2d.shape[:2]
    if len(read.views) != views:
        return f"{len(read.views)} names for {views} views"
    if len(read.timestamps if read.timestamps is not None else range(frames)) != frames:
        return "as many times as frames are needed"
    return "" if read.fps is None or 0 < read.fps < 1e6 else f"{read.fps} frames a second"


def _calibrations(path: Path) -> Any:
    from infer_multiview_triangulation.multiview_files import read_cameras

    return read_cameras(path)


def _check_cameras(cameras: Any) -> str:
    for camera in cameras:
        if camera.matrix[0, 0] <= 0 or camera.matrix[1, 1] <= 0:
            return f"focal length {camera.matrix[0, 0]}, {camera.matrix[1, 1]}"
        if camera.size is not None and min(camera.size) <= 0:
            return f"size {camera.size}"
        turn = camera.extrinsics[:, :3]
        if not np.allclose(turn @ turn.T, np.eye(3), atol=1e-3) or np.linalg.det(turn) < 0:
            return "a rotation that is none"
    return "" if cameras else "no camera"


def _overlay_cameras(path: Path) -> Any:
    from infer_smpl_fit.overlay import camera_backdrop, cameras_of, find_camera, read_cameras

    cameras = read_cameras(str(path))
    with cameras_of(str(path)):
        return camera_backdrop(find_camera(cameras, ""), np.zeros((48, 64, 3), np.uint8), 0)


def _keypoints3d(path: Path) -> Any:
    from infer_smpl_fit.keypoint_files import read_keypoints

    return read_keypoints(str(path), True)


def _trajectories(path: Path) -> Any:
    from infer_multiview_triangulation import multiview_files

    return getattr(multiview_files, f"read_{path.suffix[1:]}")(path)


def _check_rate(read: Any) -> str:
    return "" if read.fps is None or 0 < read.fps < 1e6 else f"{read.fps} frames a second"


def _arrays(path: Path) -> Any:
    from plugin_kit.array_files import read_arrays

    return read_arrays(path, unnamed="points")


def _pickles(path: Path) -> Any:
    from plugin_kit.safe_pickle import load_pickle

    return load_pickle(path)


def _bodies(path: Path) -> Any:
    from infer_smpl_fit.smpl_body.loader import load_body

    return load_body(path)


def _check_body(body: Any) -> str:
    if (body.weights.sum(axis=1) < 1e-3).any():
        return "vertices that no joint moves"
    return "" if np.ptp(body.v_template, axis=0).max() > 1e-3 else "a body without extent"


def _rvm(path: Path) -> Any:
    from infer_rvm.checkpoints import load_checkpoint

    network = _rvm_network()
    load_checkpoint(network, path)
    return network


def _rvm_network() -> Any:
    from infer_rvm.rvm_network import MattingNetwork

    return MattingNetwork("mobilenetv3", "deep_guided_filter")


def _onnx(path: Path) -> Any:
    from plugin_kit.onnx_weights import read_onnx_state

    return read_onnx_state(seeds.small_network(), seeds.run_small, path, parameters="none")


def _background_matting(path: Path) -> Any:
    from infer_background_matting.checkpoints import load_checkpoint

    network = _refine_network()
    load_checkpoint(network, path)
    return network


def _refine_network() -> Any:
    from infer_background_matting.bgm_network import MattingRefine

    return MattingRefine("mobilenetv2")


def _parsing(path: Path) -> Any:
    from infer_human_parsing.checkpoints import load_network

    return load_network(path)[0]


def _draw_parsing(folder: Path) -> list[Path]:
    """As its tests write it: one number a tensor, so that 267 MB take none."""
    from infer_human_parsing.infer_human_parsing_test import write_checkpoint

    write_checkpoint(folder / "seed.pth", 20)
    return [folder / "seed.pth"]


def _flow_matting(path: Path) -> Any:
    from infer_flow_matting.checkpoints import load_network

    return load_network(path)


def _draw_flow_matting(folder: Path) -> list[Path]:
    from plugin_kit.flow.checkpoint import Architecture, checkpoint_of, write_checkpoint

    architecture = Architecture(8, True)
    content = checkpoint_of(architecture.build(), architecture)
    write_checkpoint(content, folder / "seed.pth")
    return [folder / "seed.pth"]


def _raft(path: Path) -> Any:
    from plugin_kit.flow.raft_flow import RaftFlow

    return RaftFlow(path)


def _raft_network() -> Any:
    from torchvision.models.optical_flow import raft_small

    return raft_small(weights=None, progress=False)


def _pictures(path: Path) -> Any:
    from plugin_kit.picture_files import read_grey, read_picture

    return read_picture(path), read_grey(path)


def _foregrounds(path: Path) -> Any:
    from plugin_kit.picture_files import read_rgba

    return read_rgba(path)


def _check_foregrounds(rgba: Any) -> str:
    fits = rgba.ndim == 3 and rgba.shape[2] == 4 and rgba.size and rgba.dtype == np.uint8
    return "" if fits else f"{rgba.dtype} {rgba.shape}"


def _check_pictures(read: Any) -> str:
    colours, grey = read
    fits = colours.shape[:2] == grey.shape and colours.shape[2] == 3 and colours.size
    return "" if fits and colours.dtype == grey.dtype == np.uint8 else f"shape {colours.shape}"


def _videos(path: Path) -> Any:
    from plugin_kit.video import VideoInfo, VideoReader

    info = VideoInfo.from_path(path)
    frames = [(frame.image[::8, ::8].copy(), frame.pts) for frame in VideoReader(info)]
    return info, [image for image, _ in frames], [pts for _, pts in frames]


def _check_video(read: Any) -> str:
    info, images, times = read
    if not images:
        return "no frame"
    if not 0 < info.rate < 1e6 or min(info.width, info.height) <= 0:
        return f"{info.width}x{info.height} at {info.rate}"
    is_growing = all(a < b for a, b in pairwise(times))
    return "" if is_growing else "times that do not grow"


def _easyvolcap(path: Path) -> Any:
    from plugin_kit.easyvolcap import easyvolcap_cameras, easyvolcap_frames, paired_masks
    from plugin_kit.picture_files import folder_pictures, read_grey, read_picture

    read = [read_picture(frame.image) for frame in easyvolcap_frames(path)]
    for camera in easyvolcap_cameras(path):
        if camera.masks:
            masks = paired_masks(folder_pictures(camera.images), camera.masks)
            read += [read_grey(mask) for mask in masks]
    return read


READERS = {
    "detections": Reader(_detections, seeds.detections, 20, may_miss=True, check=_check_detections),
    # By itself, since each takes a process of its own, which loads pandas.
    "hdf5_tables": Reader(_detections, seeds.hdf5_tables, 2, may_miss=True),
    "calibrations": Reader(
        _calibrations, camera_seeds.calibrations, 18, 1e12, check=_check_cameras
    ),
    # A projection is the product of a focal length and of a place.
    "overlay_cameras": Reader(_overlay_cameras, camera_seeds.overlay_cameras, 3, 1e19),
    # Eastings and northings in millimetres are as large.
    "keypoints3d": Reader(
        _keypoints3d, seeds.keypoints3d, 10, 1e12, may_miss=True, check=_check_rate
    ),
    "trajectories": Reader(
        _trajectories, seeds.trajectories, 8, 1e12, may_miss=True, check=_check_rate
    ),
    # These two give what files hold, whatever it means; only how is theirs.
    "arrays": Reader(_arrays, seeds.arrays, 6, most=None),
    "pickles": Reader(_pickles, seeds.pickles, 12, most=None),
    "bodies": Reader(_bodies, seeds.bodies, 4, check=_check_body),
    "rvm": Reader(_rvm, seeds.checkpoint(_rvm_network), 2, 1e20),
    "background_matting": Reader(_background_matting, seeds.checkpoint(_refine_network), 2, 1e20),
    # What the numbers are is looked at when a network takes them.
    "onnx": Reader(_onnx, seeds.onnx_export, 4, most=None),
    "human_parsing": Reader(_parsing, _draw_parsing, 2, 1e20),
    "flow_matting": Reader(_flow_matting, _draw_flow_matting, 5, 1e20),
    "raft": Reader(_raft, seeds.checkpoint(_raft_network), 3, 1e20),
    "pictures": Reader(_pictures, seeds.pictures, 8, check=_check_pictures),
    "foregrounds": Reader(_foregrounds, seeds.foregrounds, 3, check=_check_foregrounds),
    "videos": Reader(_videos, seeds.videos, 10, check=_check_video),
    "easyvolcap": Reader(_easyvolcap, seeds.easyvolcap, 3),
}


def impossible(reader: Reader, value: Any) -> tuple[str, str]:
    """What of a returned value no file should have given: its kind and where; or nothing."""
    for place, numbers in numbers_in(value) if reader.most else ():
        if numbers.size > MOST_VALUES:
            return "many", f"{place} has {numbers.size} values"
        missing = np.isnan(numbers)
        if missing.any() and not reader.may_miss:
            return "NaN", f"NaN in {place}"
        largest = np.abs(numbers[~missing]).max(initial=0)
        # Since 1970 many nanoseconds have passed.
        if largest > (1e19 if place == "timestamps" else reader.most):
            return "inf" if np.isinf(largest) else "huge", f"{largest:.3g} in {place}"
    fault = reader.check(value)
    return "unlike" if fault else "", fault


def numbers_in(value: Any, place: str = "it") -> Iterator[tuple[str, np.ndarray]]:
    """Every array of numbers and every number that an object holds, with where."""
    seen: dict[int, Any] = {}
    waiting = [(place, value)]
    while waiting:
        place, now = waiting.pop()
        if id(now) in seen or isinstance(now, (str, bytes, Path, type, type(None))):
            continue
        seen[id(now)] = now
        if hasattr(now, "state_dict"):
            waiting += list(now.state_dict().items())
        elif type(now).__module__ == "torch":
            yield place, now.detach().float().numpy()
        elif isinstance(now, (int, float, np.number, np.ndarray)):
            numbers = np.asarray(min(now, 1e300) if isinstance(now, int) else now)
            if numbers.dtype.kind in "fiuc":
                yield place, numbers.astype(np.float64)
        elif isinstance(now, dict):
            waiting += [(str(key)[:40], item) for key, item in now.items()]
        elif isinstance(now, (list, tuple)):
            waiting += [(place, item) for item in now]
        elif hasattr(now, "__dict__"):
            waiting += list(vars(now).items())
