"""Which checkpoint, from where, and whether it is what it should be."""

from pathlib import Path

from .infer_rvm_kit.weights import cache_folder, fetch, load_state, read_state, user_file, without
from .rvm_network import MattingNetwork

RELEASE = "https://github.com/PeterL1n/RobustVideoMatting/releases/download/v1.0.0"
# The released files hold at least their parameters; an error page does not.
LEAST_BYTES = {"mobilenetv3": 14_900_000, "resnet50": 107_000_000}


def checkpoint_path(variant: str, user_path: str) -> Path:
    """Find the checkpoint: the user's file, or the official one, fetched once.

    Raises:
        FileNotFoundError: The user's file does not exist.
        RuntimeError: The official file could not be fetched, or is not the recorded one.
    """
    if user_path:
        return user_file(user_path)
    name = f"rvm_{variant}.pth"
    url = f"{RELEASE}/{name}"
    return fetch(
        url,
        cache_folder("infer_rvm") / name,
        remedy=f"Get {name} of Robust Video Matting from {url} and give its path in the parameter "
        "model_weight_file.",
        least_bytes=LEAST_BYTES[variant],
        check=lambda path: load_checkpoint(MattingNetwork(variant, "deep_guided_filter"), path),
    )


def load_checkpoint(network: MattingNetwork, path: Path) -> None:
    """Load ``path`` strictly, else ValueError; the fast guided filter needs no ``refiner.``."""
    state = read_state(path)
    if not any(True for _ in network.refiner.parameters()):
        state = without(state, "refiner.")
    load_state(network, state, path, parameters="model_name, refiner")
