"""Which weights training starts from."""

from pathlib import Path

from .background_matting_training import network_from, untrained
from .train_background_matting_kit.bgmv2.network import MattingRefine
from .train_background_matting_kit.weights import user_file

BUILTIN_BACKBONE = "mobilenetv2"
BUILTIN_FILE = Path(__file__).parent / "weights" / "bgm_builtin_mobilenetv2_fp16.pth"


def start_network(weights: str, backbone: str, weight_file: str, seed: int) -> MattingRefine:
    """The network that training begins with, by the parameters' own names.

    Raises:
        FileNotFoundError: The user's or the built-in file does not exist.
        ValueError: The file does not fit, or there are no built-in weights for ``backbone``.
    """
    if weight_file:
        return network_from(user_file(weight_file), backbone)
    if weights == "scratch":
        return untrained(backbone, seed)
    if backbone != BUILTIN_BACKBONE:
        raise ValueError(
            f"weights=builtin exist for model_backbone={BUILTIN_BACKBONE} only, not {backbone}: "
            f"give pytorch_{backbone}.pth of Background Matting V2 in model_weight_file, or set "
            "weights=scratch"
        )
    if not BUILTIN_FILE.is_file():
        raise FileNotFoundError(f"the plugin is incomplete: {BUILTIN_FILE} is missing")
    return network_from(BUILTIN_FILE, backbone)
