"""Which checkpoints, from where, and what they are; files are read with weights_only."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN

from .human_parsing_network import CLASS_SETS, ClassSet, ParsingNetwork
from .human_parsing_pipeline.detector import build_detector
from .infer_human_parsing_kit.files import FileError
from .infer_human_parsing_kit.weights import (
    cache_folder,
    checked_state,
    fetch,
    load_state,
    read_checkpoint,
    read_state,
    user_file,
)

SCHP = "https://github.com/GoGoDuck912/Self-Correction-Human-Parsing"
FILES = {
    "exp-schp-201908261155-lip.pth": "one person a picture, LIP, 20 labels",
    "exp-schp-201908301523-atr.pth": "one person a picture, ATR, 18 labels",
    "exp-schp-201908270938-pascal-person-part.pth": "one person a picture, Pascal, 7 labels",
    "exp_schp_multi_cihp_local.pth": "crops of several people, CIHP, 20 labels",
}
DETECTOR_URL = "https://download.pytorch.org/models/maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth"
PREFIX = "module."
LAST_WEIGHT = "fushion.3.weight"

State = dict[str, Tensor]


def parsing_checkpoint(user_path: str) -> Path:
    """The user's SCHP checkpoint, since there is no other; FileNotFoundError without one."""
    path = Path(user_path).expanduser()
    if user_path and path.is_file():
        return path
    problem = f"{user_path!r} does not exist" if user_path else "is not set"
    files = "; ".join(f"{name} ({what})" for name, what in FILES.items())
    raise FileNotFoundError(
        f"model_weight_file {problem}: infer_human_parsing needs a checkpoint of SCHP, which is "
        f"not shipped because its weights carry no stated licence. Its authors offer these files: "
        f"{files}. Get one from the Google Drive links in the README of {SCHP} (the CIHP file: in "
        f"its folder mhp_extension) and give its path in the parameter model_weight_file."
    )


def detector_checkpoint(user_path: str) -> Path:
    """The user's Mask R-CNN, or torchvision's, fetched once and checked by the hash in its name.

    Raises:
        FileNotFoundError: The user's file does not exist.
        RuntimeError: torchvision's file could not be fetched, or is damaged.
    """
    if user_path:
        return user_file(user_path, "detector_weight_file")
    name = DETECTOR_URL.rsplit("/", 1)[-1]
    return fetch(
        DETECTOR_URL,
        cache_folder("infer_human_parsing") / name,
        remedy=f"Get it from {DETECTOR_URL} and give its path in the parameter "
        "detector_weight_file, connect an object detection to input 1, or set boxes to whole.",
        # torchvision names its files by the first digits of their SHA-256.
        sha256_prefix=name.removesuffix(".pth").rsplit("-", 1)[-1],
        check=load_detector,
    )


def load_detector(path: Path) -> MaskRCNN:
    """torchvision's Mask R-CNN with the weights of ``path``; FileError where they are no such."""
    state = read_state(path)
    try:
        return build_detector(state, path)
    except ValueError as error:
        problem = f"does not fit detector_weight_file ({error})"
        remedy = "give weights of torchvision's maskrcnn_resnet50_fpn_v2"
        raise FileError(path, problem, remedy) from error


def unpack(content: Any) -> tuple[State, bool]:
    """The tensors by the network's own names, and whether they lay under ``state_dict``.

    Single-person files hold a dictionary with ``state_dict``, multi-person files the tensors
    themselves; the names carry ``module.`` in both.

    Raises:
        ValueError: ``content`` holds no tensors by name.
    """
    is_wrapped = isinstance(content, dict) and "state_dict" in content
    state = content["state_dict"] if is_wrapped else content
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
        raise ValueError("it holds no state_dict")
    names = ((key.removeprefix(PREFIX), value) for key, value in state.items())
    # Fine-tuned with a plain batch norm, a file counts the batches; inference has no use for it.
    return {k: v for k, v in names if not k.endswith("num_batches_tracked")}, is_wrapped


def recognise(state: State, *, is_wrapped: bool, file_name: str = "", asked: str = "auto") -> str:
    """The name of the class set that a checkpoint was trained on.

    LIP and CIHP both have 20 labels: the file's name tells them apart, else its container (only
    single-person files have one). ``asked``, a class set's name, overrules.

    Raises:
        ValueError: No class set, or not the one asked for, has that number of labels.
    """
    if LAST_WEIGHT not in state or not state[LAST_WEIGHT].ndim:
        raise ValueError(f"it is no checkpoint of SCHP: it has no {LAST_WEIGHT}")
    count = state[LAST_WEIGHT].shape[0]
    fitting = [name for name, classes in CLASS_SETS.items() if len(classes.names) == count]
    if asked != "auto":
        if asked not in fitting:
            raise ValueError(f"it has {count} labels, and classes={asked} has another number")
        return asked
    if len(fitting) == 2:
        named = [name for name in fitting if name in file_name.lower()]
        return named[0] if len(named) == 1 else ("lip" if is_wrapped else "cihp")
    if not fitting:
        raise ValueError(f"it has {count} labels; 20, 18 and 7 are known")
    return fitting[0]


def load_network(path: Path, asked: str = "auto") -> tuple[ParsingNetwork, ClassSet]:
    """Build the network of ``path`` and load its 603 entries strictly, float32, for inference.

    Raises:
        FileError: It is no such checkpoint.
    """
    content = read_checkpoint(path)
    try:
        state, is_wrapped = unpack(content)
        name = recognise(state, is_wrapped=is_wrapped, file_name=path.name, asked=asked)
        with torch.device("meta"):
            network = ParsingNetwork(len(CLASS_SETS[name].names))
        checked_state(state, path)
        load_state(network, state, path, parameters="classes", assign=True)
    except ValueError as error:
        problem = f"does not fit ({error})"
        raise FileError(f"model_weight_file {path}", problem, f"give one of {SCHP}") from error
    return network.requires_grad_(False).eval(), CLASS_SETS[name]
