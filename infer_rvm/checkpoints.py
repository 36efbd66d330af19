"""Which checkpoint, from where, and whether it is what it should be."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pooch
import torch

from .rvm_network import MattingNetwork

logger = logging.getLogger(__name__)

RELEASE = "https://github.com/PeterL1n/RobustVideoMatting/releases/download/v1.0.0"
CACHE_VARIABLE = "INFER_RVM_CACHE"
# The released files hold at least their parameters; an error page does not.
LEAST_BYTES = {"mobilenetv3": 14_900_000, "resnet50": 107_000_000}


def cache_folder() -> Path:
    """Where downloads are kept; the environment variable INFER_RVM_CACHE wins."""
    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("infer_rvm"))


def checkpoint_path(variant: str, user_file: str) -> Path:
    """Find the checkpoint: the user's file, or the official one, fetched once.

    Raises:
        FileNotFoundError: The user's file does not exist.
        RuntimeError: The official file could not be fetched, or is not the recorded one.
    """
    if user_file:
        path = Path(user_file).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"model_weight_file {user_file!r} does not exist")
        return path
    name = f"rvm_{variant}.pth"
    folder, url = cache_folder(), f"{RELEASE}/{name}"
    path, record = folder / name, folder / f"{name}.sha256"
    known = f"sha256:{record.read_text().strip()}" if record.is_file() else None
    try:
        pooch.retrieve(url, known_hash=known, fname=name, path=folder)
    except Exception as error:
        raise RuntimeError(
            f"{name} of Robust Video Matting could not be fetched or is damaged ({error}). Get it "
            f"from {url} and give its path in the parameter model_weight_file."
        ) from error
    size = path.stat().st_size
    if size < LEAST_BYTES[variant]:
        path.unlink()
        raise RuntimeError(
            f"{url} gave {size} bytes, which is no {name}. Fetch it in a browser and give its path "
            "in the parameter model_weight_file."
        )
    if known is None:
        part = record.with_suffix(".part")
        part.write_text(pooch.file_hash(str(path)) + "\n")
        part.replace(record)
        logger.info("recorded the checksum of %s", path)
    return path


def load_checkpoint(network: MattingNetwork, path: Path) -> None:
    """Load ``path`` strictly; the fast guided filter has no use for the ``refiner.`` keys.

    Raises:
        ValueError: The file is no checkpoint of this network.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(
            f"{path} is not a PyTorch checkpoint that can be read safely: {error}"
        ) from error
    if not any(True for _ in network.refiner.parameters()):
        state = {key: value for key, value in state.items() if not key.startswith("refiner.")}
    try:
        network.load_state_dict(state, strict=True)
    except (RuntimeError, AttributeError) as error:
        raise ValueError(
            f"{path} does not fit this network (model_name, refiner): {error}"
        ) from error
