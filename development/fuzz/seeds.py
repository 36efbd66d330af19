"""Good inputs of every form that the readers take: small, drawn, and the same each time."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from development.fuzz.camera_seeds import VIEWS
from infer_multiview_triangulation import multiview_files as files
from infer_multiview_triangulation.multiview_geometry import SKELETONS

if TYPE_CHECKING:
    import pandas as pd

FRAMES, JOINTS = 6, 17
FPS = 25.0
NAMES = SKELETONS["coco17"].joints


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def keypoints2d() -> np.ndarray:
    """(V, F, J, 3)."""
    points = _rng().uniform(20, 460, (2, FRAMES, JOINTS, 3)).round(2)
    points[..., 2] = 0.9
    return points


def detections(folder: Path) -> list[Path]:
    """Keypoints of two views, as each detector writes them."""
    seen = keypoints2d()
    content = {
        "keypoints2d": seen,
        "skeleton": np.str_("coco17"),
        "fps": np.float64(FPS),
        "views": np.array(VIEWS),
        "timestamps": np.arange(FRAMES) / FPS,
    }
    files.write_npz(folder / "seed_2d.npz", content)
    np.save(folder / "seed_2d.npy", seen)
    times = np.arange(FRAMES) * 40_000
    pickled = {"keypoints2d": seen, "det_scores": np.ones((2, FRAMES)), "timestamps": times}
    (folder / "seed_2d.pkl").write_bytes(pickle.dumps(pickled, 4))
    for view, points in zip(VIEWS, seen, strict=True):
        for frame, person in enumerate(points):
            flat, triples = person.ravel().tolist(), person.tolist()
            _json(
                folder / "openpose" / view / f"{view}_{frame:012d}_keypoints.json",
                {"version": 1.3, "people": [{"pose_keypoints_2d": flat}]},
            )
            _json(
                folder / "aist" / view / f"{frame * 16667:06d}.json",
                {"detection_scores": [0.9], "keypoints": [triples]},
            )
        results = [
            {
                "image_id": f"{f}.jpg",
                "category_id": 1,
                "keypoints": p.ravel().tolist(),
                "score": 0.9,
            }
            for f, p in enumerate(points)
        ]
        _json(folder / "results" / f"{view}.json", results)
        instances = [
            {
                "frame_id": f + 1,
                "instances": [
                    {
                        "keypoints": p[:, :2].tolist(),
                        "keypoint_scores": p[:, 2].tolist(),
                        "bbox": [[1, 2, 3, 4]],
                        "bbox_score": 0.9,
                    }
                ],
            }
            for f, p in enumerate(points)
        ]
        _json(folder / "mmpose" / f"{view}.json", {"meta_info": {}, "instance_info": instances})
        table = _deeplabcut(points)
        (folder / "dlc_csv").mkdir(exist_ok=True)
        table.to_csv(folder / "dlc_csv" / f"{view}.csv")
    folders = ("openpose", "aist", "results", "mmpose", "dlc_csv")
    return [*folder.glob("seed_2d.*"), *(folder / name for name in folders)]


def _json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def hdf5_tables(folder: Path) -> list[Path]:
    """DeepLabCut's tables as HDF5, one a view."""
    (folder / "dlc_h5").mkdir()
    for view, points in zip(VIEWS, keypoints2d(), strict=True):
        _deeplabcut(points).to_hdf(folder / "dlc_h5" / f"{view}.h5", key="df_with_missing")
    return [folder / "dlc_h5"]


def _deeplabcut(points: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    columns = pd.MultiIndex.from_product(
        [["DLC"], NAMES, ("x", "y", "likelihood")], names=["scorer", "bodyparts", "coords"]
    )
    return pd.DataFrame(points.reshape(FRAMES, -1), columns=columns)


def keypoints3d(folder: Path) -> list[Path]:
    """3D keypoints in every form."""
    points = _rng().normal(0, 0.5, (FRAMES, JOINTS, 3)).round(4)
    content = {"keypoints3d": points, "keypoints3d_optim": points, "fps": FPS, "units": "m"}
    files.write_npz(folder / "seed_3d.npz", {**content, "joints": np.array(NAMES)})
    files.write_aist_pickle(folder / "seed_3d.pkl", points, points)
    return [folder / "seed_3d.npz", folder / "seed_3d.pkl", *trajectories(folder)]


def trajectories(folder: Path) -> list[Path]:
    """TRC, C3D and CSV."""
    points = _rng().normal(0, 0.5, (FRAMES, JOINTS, 3)).round(4)
    given = files.Trajectories(points, NAMES, FPS, "m")
    files.write_trc(folder / "seed_3d.trc", given)
    files.write_c3d(folder / "seed_3d.c3d", given)
    files.write_csv(folder / "seed_3d.csv", given)
    return [folder / f"seed_3d.{kind}" for kind in ("trc", "c3d", "csv")]


def arrays(folder: Path) -> list[Path]:
    """Plain arrays, named and unnamed."""
    named = {"points": _rng().normal(0, 1, (5, 4)), "names": np.array(["a", "b"]), "rate": 25.0}
    files.write_npz(folder / "seed.npz", named)
    np.save(folder / "seed.npy", named["points"])
    return [folder / "seed.npz", folder / "seed.npy"]


def pickles(folder: Path) -> list[Path]:
    """Dictionaries and lists of arrays, in old and new protocols."""
    rng = _rng()
    content = {"points": rng.normal(0, 1, (5, 3)), "fps": 25.0, "names": ["a", "b"], "empty": None}
    for protocol in (0, 2, 5):
        path = folder / f"seed_{protocol}.pkl"
        path.write_bytes(pickle.dumps({**content, "more": [1, (2, 3), {4}]}, protocol))
    return sorted(folder.glob("*.pkl"))


def bodies(folder: Path) -> list[Path]:
    """A body of SMPL's form whose mesh is noise."""
    from scipy.sparse import csc_matrix

    rng, count = _rng(), 6890
    weights = np.zeros((count, 24), np.float32)
    weights[np.arange(count), np.arange(count) % 24] = 1
    regressor = np.zeros((24, count), np.float32)
    regressor[np.arange(24), np.arange(24) * 9] = 1
    parents = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
    content = {
        "v_template": rng.normal(0, 0.4, (count, 3)).astype(np.float32),
        "shapedirs": np.full((count, 3, 10), 0.01, np.float16),
        "posedirs": np.zeros((count, 3, 207), np.int8),
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.array([parents, range(24)]) % 2**32,
        "f": np.array([[0, 1, 2], [2, 3, 4]], np.uint32),
    }
    files.write_npz(folder / "SMPL_NEUTRAL.npz", content)
    content["J_regressor"] = csc_matrix(regressor)
    (folder / "SMPL_NEUTRAL.pkl").write_bytes(pickle.dumps(content, 2))
    return [folder / "SMPL_NEUTRAL.npz", folder / "SMPL_NEUTRAL.pkl"]


def checkpoint(build: Callable[[], Any], wrap: Callable[[dict], dict] = lambda state: state) -> Any:
    """What draws a checkpoint of a network, in halves, its weights small."""

    def draw(folder: Path) -> list[Path]:
        import torch

        torch.manual_seed(1)
        state = {
            key: value.half() if value.is_floating_point() else value
            for key, value in build().state_dict().items()
        }
        with (folder / "seed.pth").open("wb") as file:
            torch.save(wrap(state), file)
        return [folder / "seed.pth"]

    return draw


def small_network() -> Any:
    """Two convolutions, one of them with a normalisation behind it."""
    from torch import nn

    return nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.Conv2d(8, 4, 1))


def run_small(network: Any) -> None:
    """Run :func:`small_network`."""
    import torch

    network(torch.zeros(1, 3, 8, 8))


def onnx_export(folder: Path) -> list[Path]:
    """An ONNX export of :func:`small_network`, its normalisation folded."""
    import torch

    torch.manual_seed(1)
    path = folder / "seed.onnx"
    network = small_network().eval()
    torch.onnx.export(network, (torch.zeros(1, 3, 8, 8),), str(path), dynamo=False)
    return [path]


def pictures(folder: Path) -> list[Path]:
    """Every form that is read, with 8 and 16 bits and with alpha."""
    colours = _rng().integers(0, 256, (24, 32, 4), np.uint8)
    for ending in ("png", "jpg", "bmp", "tif", "webp"):
        cv2.imwrite(str(folder / f"seed.{ending}"), colours[..., :3])
    cv2.imwrite(str(folder / "seed_alpha.png"), colours)
    cv2.imwrite(str(folder / "seed_16.png"), colours[..., :3].astype(np.uint16) * 257)
    cv2.imwrite(str(folder / "seed_grey.tiff"), colours[..., 0])
    return sorted(folder.iterdir())


def foregrounds(folder: Path) -> list[Path]:
    """Pictures with an alpha channel, of 8 and 16 bits."""
    colours = _rng().integers(0, 256, (24, 32, 4), np.uint8)
    for ending in ("png", "webp", "tiff"):
        cv2.imwrite(str(folder / f"seed.{ending}"), colours)
    cv2.imwrite(str(folder / "seed_16.png"), colours.astype(np.uint16) * 257)
    return sorted(folder.iterdir())


VIDEOS = (
    ("mp4", "libx264", "yuv420p"),
    ("mov", "mpeg4", "yuv420p"),
    ("mkv", "ffv1", "yuv444p"),
    ("avi", "mjpeg", "yuvj420p"),
    ("webm", "libvpx", "yuv420p"),
    ("gif", "gif", "rgb8"),
    ("ts", "mpeg2video", "yuv420p"),
)


def videos(folder: Path) -> list[Path]:
    """Eight frames in common containers; one with sound."""
    return [_video(folder / f"seed.{kind}", codec, form) for kind, codec, form in VIDEOS]


def _video(path: Path, codec: str, pixels: str) -> Path:
    frames = cv2.resize(_rng().integers(0, 256, (8, 6, 8, 3), np.uint8)[0], (64, 48))
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream(codec, rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= 1 << 23
        for index in range(8):
            picture = np.roll(frames, 3 * index, axis=1)
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pixels)
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def easyvolcap(folder: Path) -> list[Path]:
    """A root of two cameras with pictures and masks."""
    root = folder / "root"
    for camera in VIEWS:
        for kind in ("images", "mask"):
            (root / kind / camera).mkdir(parents=True)
            for frame in range(2):
                colours = _rng().integers(0, 256, (12, 16, 3), np.uint8)
                cv2.imwrite(str(root / kind / camera / f"{frame:06d}.png"), colours)
    return [root]
