"""Data sets drawn for the tests."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from development.synthetic.scenes import FlowScene, make_flow_scene

CLIPS = (("moving", 0), ("dance", 1), ("longstay", 2), ("dance", 3), ("moving", 4))


def small_scene(name: str, seed: int, frames: int) -> FlowScene:
    """A scene at 160x120."""
    scene = make_flow_scene(name, seed, frames)

    def half(clip: np.ndarray) -> np.ndarray:
        return np.stack([cv2.resize(x, (160, 120), interpolation=cv2.INTER_AREA) for x in clip])

    return FlowScene(*(half(clip) for clip in (scene.frames, scene.truth, scene.coarse)))


def write_pictures(folder: Path, clip: str, scene: FlowScene, coarse: bool = True) -> None:
    """``original{clip}_{frame}.jpg`` and its mattes."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, frame in enumerate(scene.frames):
        name = f"{clip}_{index}"
        cv2.imwrite(str(folder / f"original{name}.jpg"), frame[..., ::-1], [1, 95])
        mattes = {"gt": scene.truth, "coarse": scene.coarse}
        for kind in ("gt", "coarse") if coarse else ("gt",):
            matte = np.rint(mattes[kind][index] * 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"{kind}{name}.png"), matte)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory) -> Path:
    """Five clips of ten frames with coarse mattes."""
    folder = tmp_path_factory.mktemp("flow-dataset")
    for number, (name, seed) in enumerate(CLIPS):
        write_pictures(folder, f"{number}1", small_scene(name, seed, 10))
    return folder


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory) -> Path:
    """Two clips of three frames without coarse mattes."""
    folder = tmp_path_factory.mktemp("flow-tiny")
    for number in range(2):
        write_pictures(folder, str(number), small_scene("moving", number, 3), coarse=False)
    return folder
