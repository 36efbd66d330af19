"""Which checkpoint, from where, and whether it is what it should be."""

from pathlib import Path

from .bgm_network import MattingRefine
from .infer_background_matting_kit.bgmv2.checkpoint import load_checkpoint
from .infer_background_matting_kit.weights import (
    cache_folder,
    fetch,
    fetch_either,
    user_file,
)

BUILTIN_BACKBONE = "mobilenetv2"
BUILTIN_FILE = Path(__file__).parent / "weights" / "bgm_builtin_mobilenetv2_fp16.pth"
DRIVE_IDS = {
    "mobilenetv2": "1b2FQH0yULaiBwe4ORUvSxXpdWLipjLsI",
    "resnet50": "1ErIAsB_miVhYL9GDlYUmfbqlV293mSYf",
    "resnet101": "1zysR-jW6jydA2zkWfevxD1JpQHglKG1_",
}
# The released files hold at least their parameters; a page of HTML does not.
LEAST_BYTES = {"mobilenetv2": 20_000_000, "resnet50": 160_000_000, "resnet101": 236_000_000}
# Intel's Open Model Zoo publishes the checksum of this export of the same weights
# (models/public/background-matting-mobilenetv2/model.yml).
ONNX_BACKBONE = "mobilenetv2"
ONNX_URL = (
    "https://github.com/DmitriySidnev/BackgroundMattingV2/raw/master/onnx/bgm_mobilenetv2.onnx"
)
ONNX_CHECKSUM = (
    "sha384:3fc7bad659149e3e9e0feb4ef531c177ab158e5bbcfdabba9952c3832053f353"
    "d23560ff488aeae857245734ef639e6b"
)


def checkpoint_path(weights: str, backbone: str, user_path: str) -> Path:
    """Find the checkpoint: the user's file, the built-in one, or the official one (fetched once).

    Raises:
        FileNotFoundError: The user's or the built-in file does not exist.
        ValueError: There are no built-in weights for ``backbone``.
        RuntimeError: The official file could not be fetched, or is not the recorded one.
    """
    if user_path:
        return user_file(user_path)
    if weights == "builtin":
        if backbone != BUILTIN_BACKBONE:
            raise ValueError(
                f"weights=builtin exist for model_backbone={BUILTIN_BACKBONE} only, not {backbone}"
            )
        if not BUILTIN_FILE.is_file():
            raise FileNotFoundError(f"the plugin is incomplete: {BUILTIN_FILE} is missing")
        return BUILTIN_FILE
    folder = cache_folder("infer_background_matting")
    if backbone != ONNX_BACKBONE or (folder / _file_of(backbone)).is_file():
        return _official(backbone)
    there = folder / ONNX_URL.rpartition("/")[2]
    return fetch_either(lambda: _official(backbone), lambda: _exported(there), there)


def _file_of(backbone: str) -> str:
    return f"pytorch_{backbone}.pth"


def _exported(there: Path) -> Path:
    return fetch(
        ONNX_URL,
        there,
        remedy=f"Get it from {ONNX_URL} and give its path in the parameter model_weight_file, or "
        "set weights=builtin.",
        checksum=ONNX_CHECKSUM,
    )


def _official(backbone: str) -> Path:
    name = _file_of(backbone)
    page = f"https://drive.google.com/uc?export=download&confirm=t&id={DRIVE_IDS[backbone]}"

    def check(path: Path) -> None:
        try:
            load_checkpoint(MattingRefine(backbone), path)
        except ValueError as error:
            raise ValueError(f"it is not the checkpoint of {backbone}: {error}") from error

    return fetch(
        page,
        cache_folder("infer_background_matting") / name,
        remedy=f"Get {name} of Background Matting V2 from {page} in a browser (or from the links "
        "in the README of PeterL1n/BackgroundMattingV2) and give its path in the parameter "
        "model_weight_file, or set weights=builtin.",
        least_bytes=LEAST_BYTES[backbone],
        check=check,
    )
