"""Checkpoints of networks: the user's own or a published one, fetched once, pinned and checked."""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pooch
import torch
from torch import Tensor, nn

from .files import write_text

logger = logging.getLogger(__name__)

State = Mapping[str, Tensor]


def cache_folder(plugin: str) -> Path:
    """Where downloads are kept; the environment variable ``<PLUGIN>_CACHE`` wins."""
    return Path(os.environ.get(f"{plugin.upper()}_CACHE") or pooch.os_cache(plugin))


def user_file(given: str, parameter: str = "model_weight_file") -> Path:
    """The file that a parameter names; FileNotFoundError where there is none."""
    path = Path(given).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"{parameter} {given!r} does not exist")
    return path


def fetch(
    url: str,
    path: Path,
    *,
    remedy: str,
    least_bytes: int = 0,
    sha256_prefix: str = "",
    check: Callable[[Path], None] = lambda path: None,
) -> Path:
    """Fetch a published file once, and hold it to what it was at the first time.

    Where its publisher states no checksum, the one of the first download is recorded beside it,
    once ``check`` found that it is what it should be.

    Args:
        url: Where it is published.
        path: Where it is kept.
        remedy: What a user can do where it cannot be had; ends the message of each error.
        least_bytes: It is at least so large; a page that reports an error is not.
        sha256_prefix: The first digits of its SHA-256, where the publisher states them.
        check: Raises ValueError where the content is not the expected one.

    Raises:
        RuntimeError: It could not be fetched, or is another file; it is not kept then.
    """
    name, record = path.name, path.with_name(f"{path.name}.sha256")
    known = f"sha256:{record.read_text().strip()}" if record.is_file() else None
    try:
        pooch.retrieve(url, known_hash=known, fname=name, path=path.parent)
    except Exception as error:
        raise RuntimeError(
            f"{name} could not be fetched or is damaged ({error}). {remedy}"
        ) from error
    if known is not None:
        return path
    digest, size = pooch.file_hash(str(path)), path.stat().st_size
    try:
        if size < least_bytes:
            raise ValueError(f"{size} bytes are less than it has: probably a page of a website")
        if not digest.startswith(sha256_prefix):
            raise ValueError(
                f"another file: its SHA-256 begins with {digest[:8]}, not with {sha256_prefix}"
            )
        check(path)
    except ValueError as error:
        path.unlink()
        raise RuntimeError(f"what {url} gave is not {name} ({error}). {remedy}") from error
    write_text(record, digest + "\n")
    logger.info("recorded the checksum of %s", path)
    return path


def read_checkpoint(path: Path) -> Any:
    """What ``torch.save`` wrote, on the CPU, without running code; else ValueError names it."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(
            f"{path} is not a PyTorch checkpoint that can be read safely: {error}"
        ) from error


def read_state(path: Path) -> dict[str, Tensor]:
    """A network's tensors by name, all that ``path`` holds; else ValueError, which names it."""
    return checked_state(read_checkpoint(path), path)


def checked_state(state: object, path: Path) -> dict[str, Tensor]:
    """The same for a part of what the file ``path`` holds."""
    if not isinstance(state, dict) or not state:
        raise ValueError(f"{path} holds a {type(state).__name__}, not a network's tensors by name")
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ValueError(
                f"{path} is not a network's tensors by name: {key!r} is a {type(value).__name__}"
            )
    return state


def without(state: State, prefix: str) -> dict[str, Tensor]:
    """The state without the tensors of a part that a network has not."""
    return {key: value for key, value in state.items() if not key.startswith(prefix)}


def load_state(network: nn.Module, state: State, path: Path, *, parameters: str) -> None:
    """Load ``state`` strictly, halves as floats.

    Args:
        path: Where it comes from, for the message.
        parameters: Which parameters decide what fits.

    Raises:
        ValueError: It does not fit ``network``.
    """
    floats = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    try:
        network.load_state_dict(floats, strict=True)
    except (RuntimeError, AttributeError) as error:
        raise ValueError(f"{path} does not fit this network ({parameters}): {error}") from error
