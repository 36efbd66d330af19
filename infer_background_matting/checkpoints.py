"""Which checkpoint, from where, and whether it is what it should be."""

from pathlib import Path

from .bgm_network import MattingBase, MattingRefine
from .infer_background_matting_kit.weights import (
    cache_folder,
    fetch,
    load_state,
    read_state,
    user_file,
    without,
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
    return _official(backbone)


def _official(backbone: str) -> Path:
    name = f"pytorch_{backbone}.pth"
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


def load_checkpoint(network: MattingBase, path: Path) -> None:
    """Load ``path`` strictly, else ValueError; a coarse network has no use for ``refiner.``."""
    state = read_state(path)
    if not isinstance(network, MattingRefine):
        state = without(state, "refiner.")
    load_state(network, state, path, parameters="model_type, model_backbone")
