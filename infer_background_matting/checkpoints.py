"""Which checkpoint, from where, and whether it is what it should be."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pooch
import torch

from .bgm_network import MattingBase, MattingRefine

logger = logging.getLogger(__name__)

BUILTIN_BACKBONE = "mobilenetv2"
BUILTIN_FILE = Path(__file__).parent / "weights" / "bgm_builtin_mobilenetv2_fp16.pth"
CACHE_VARIABLE = "INFER_BACKGROUND_MATTING_CACHE"
DRIVE_IDS = {
    "mobilenetv2": "1b2FQH0yULaiBwe4ORUvSxXpdWLipjLsI",
    "resnet50": "1ErIAsB_miVhYL9GDlYUmfbqlV293mSYf",
    "resnet101": "1zysR-jW6jydA2zkWfevxD1JpQHglKG1_",
}
# The released files hold at least their parameters; a page of HTML does not.
LEAST_BYTES = {"mobilenetv2": 20_000_000, "resnet50": 160_000_000, "resnet101": 236_000_000}


def cache_folder() -> Path:
    """Where downloads are kept; the environment variable INFER_BACKGROUND_MATTING_CACHE wins."""
    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("infer_background_matting"))


def checkpoint_path(weights: str, backbone: str, user_file: str) -> Path:
    """Find the checkpoint: the user's file, the built-in one, or the official one (fetched once).

    Raises:
        FileNotFoundError: The user's or the built-in file does not exist.
        ValueError: There are no built-in weights for ``backbone``.
        RuntimeError: The official file could not be fetched, or is not the recorded one.
    """
    if user_file:
        path = Path(user_file).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"model_weight_file {user_file!r} does not exist")
        return path
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
    folder = cache_folder()
    path, record = folder / name, folder / f"{name}.sha256"
    known = f"sha256:{record.read_text().strip()}" if record.is_file() else None
    page = f"https://drive.google.com/uc?export=download&confirm=t&id={DRIVE_IDS[backbone]}"
    try:
        pooch.retrieve(page, known_hash=known, fname=name, path=folder)
    except Exception as error:
        raise RuntimeError(
            f"{name} of Background Matting V2 could not be fetched or is damaged ({error}). Get it "
            f"from {page} (or the links in the README of PeterL1n/BackgroundMattingV2) and give "
            "its path in the parameter model_weight_file, or set weights=builtin."
        ) from error
    if path.stat().st_size < LEAST_BYTES[backbone]:
        size = path.stat().st_size
        path.unlink()
        raise RuntimeError(
            f"{page} gave {size} bytes instead of {name}: probably a page that asks to confirm. "
            "Fetch it in a browser and give its path in the parameter model_weight_file."
        )
    if known is None:
        _check_content(path, backbone)
        part = record.with_suffix(".part")
        part.write_text(pooch.file_hash(str(path)) + "\n")
        part.replace(record)
        logger.info("recorded the checksum of %s", path)
    return path


def _check_content(path: Path, backbone: str) -> None:
    """Delete and refuse a download that is not the network's, before its checksum is recorded."""
    try:
        load_checkpoint(MattingRefine(backbone), path)
    except ValueError as error:
        path.unlink()
        raise RuntimeError(
            f"what was fetched is not the checkpoint of {backbone} ({error}). Fetch it in a "
            "browser and give its path in the parameter model_weight_file."
        ) from error


def load_checkpoint(network: MattingBase, path: Path) -> None:
    """Load ``path`` strictly; for a coarse network the refiner's keys are left out.

    Raises:
        ValueError: The file is no checkpoint of this network.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(
            f"{path} is not a PyTorch checkpoint that can be read safely: {error}"
        ) from error
    if not hasattr(network, "refiner"):
        state = {key: value for key, value in state.items() if not key.startswith("refiner.")}
    try:
        network.load_state_dict(
            {k: v.float() if v.is_floating_point() else v for k, v in state.items()}, strict=True
        )
    except (RuntimeError, AttributeError) as error:
        raise ValueError(
            f"{path} does not fit this network (model_type, model_backbone): {error}"
        ) from error
