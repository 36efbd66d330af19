"""Checkpoints of networks: the user's own or a published one, fetched once, pinned and checked."""

import logging
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pooch
import torch
from torch import Tensor, nn

from .files import FileError, unpacked_size, write_text

logger = logging.getLogger(__name__)

State = Mapping[str, Tensor]


class Unreachable(RuntimeError):
    """A published file could not be fetched."""


SAVE_AGAIN = "get it again, or save network.state_dict() with torch.save"
# No trained weight is larger, nor the variance of any layer.
LARGEST = 1e20
MOST_SHOWN = 300


def cache_folder(plugin: str) -> Path:
    """Where downloads are kept; the environment variable ``<PLUGIN>_CACHE`` wins."""
    return Path(os.environ.get(f"{plugin.upper()}_CACHE") or pooch.os_cache(plugin))


def user_file(given: str, parameter: str = "model_weight_file") -> Path:
    """The file that a parameter names; FileNotFoundError where there is none."""
    path = Path(given).expanduser()
    if not path.is_file():
        what = (
            "is a folder: name a file in it" if path.is_dir() else "does not exist: check the path"
        )
        raise FileNotFoundError(f"{parameter} {given!r} {what}")
    return path


def fetch(
    url: str,
    path: Path,
    *,
    remedy: str,
    least_bytes: int = 0,
    sha256_prefix: str = "",
    checksum: str = "",
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
        checksum: All of its checksum, as ``sha384:3fc7…``, where the publisher states that.
        check: Raises ValueError where the content is not the expected one.

    Raises:
        RuntimeError: It is another file; what was fetched is not kept.
        Unreachable: It could not be fetched.
    """
    name, record = path.name, path.with_name(f"{path.name}.sha256")
    known, was_there = checksum or _recorded(record), path.exists()
    try:
        pooch.retrieve(url, known_hash=known, fname=name, path=path.parent)
    except Exception as error:
        again = f" If its publisher has changed it, delete {record}." if known else ""
        # pooch's own word for a file that is not the known one.
        kind = RuntimeError if isinstance(error, ValueError) else Unreachable
        raise kind(
            f"{name} could not be fetched or is damaged ({error}). {remedy}{again}"
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
        if was_there:
            # Not fetched by us: it may be the only copy of something.
            wrong = f"{path} is not the published {name} ({error}): move it away. {remedy}"
            raise RuntimeError(wrong) from error
        path.unlink()
        raise RuntimeError(f"what {url} gave is not {name} ({error}). {remedy}") from error
    write_text(record, digest + "\n")
    logger.info("recorded the checksum of %s", path)
    return path


def fetch_either(first: Callable[[], Path], second: Callable[[], Path], there: Path) -> Path:
    """What ``first`` fetches, or what ``second`` does where the first cannot be reached.

    The second file is used at once where it is ``there`` from an earlier time: the first was not
    to be had then.

    Raises:
        RuntimeError: A file is not the published one, or neither can be reached.
    """
    if there.is_file():
        return second()
    try:
        return first()
    except Unreachable as error:
        logger.warning("%s The second source is tried: %s", error, there.name)
        try:
            return second()
        except Unreachable as other:
            raise Unreachable(f"{error} Nor was the second source reached: {other}") from error


def _recorded(record: Path) -> str | None:
    """The checksum that an earlier run recorded, as pooch has it; None where there is none."""
    digest = record.read_text(errors="replace").strip() if record.is_file() else ""
    if re.fullmatch(r"[0-9a-f]{64}", digest):
        return f"sha256:{digest}"
    if record.exists():
        logger.warning("%s holds no SHA-256: the file is checked anew", record)
    return None


def read_checkpoint(path: Path) -> Any:
    """What ``torch.save`` wrote, on the CPU, read without running code; else FileError."""
    try:
        # PyTorch compresses nothing: what unpacks to more than it has is none of its own.
        if unpacked_size(path) > path.stat().st_size:
            raise ValueError("it is compressed")
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # PyTorch's own advice, to read it unsafely, is left out.
        lines = str(error).rpartition("WeightsUnpickler error: ")[2].strip().splitlines()
        reason = lines[0].partition(". Please")[0][:MOST_SHOWN] if lines else type(error).__name__
        problem = f"is not a PyTorch checkpoint that can be read safely ({reason})"
        raise FileError(path, problem, SAVE_AGAIN) from error


def read_state(path: Path) -> dict[str, Tensor]:
    """A network's tensors by name, all that ``path`` holds; else FileError."""
    return checked_state(read_checkpoint(path), path)


def checked_state(state: object, path: Path) -> dict[str, Tensor]:
    """The same for a part of what the file ``path`` holds."""
    if not isinstance(state, dict) or not state:
        problem = f"holds a {type(state).__name__}, not a network's tensors by name"
        raise FileError(path, problem, SAVE_AGAIN)
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            entry = f"{repr(key)[:MOST_SHOWN]} is a {type(value).__name__}"
            raise FileError(path, f"is not a network's tensors by name: {entry}", SAVE_AGAIN)
        is_plain = value.layout == torch.strided and value.device.type == "cpu"
        if not is_plain or value.is_quantized or value.is_complex():
            raise FileError(path, f"holds no plain numbers in {key[:MOST_SHOWN]}", SAVE_AGAIN)
    return state


def without(state: State, prefix: str) -> dict[str, Tensor]:
    """The state without the tensors of a part that a network has not."""
    return {key: value for key, value in state.items() if not key.startswith(prefix)}


def load_state(
    network: nn.Module, state: State, path: Path, *, parameters: str, assign: bool = False
) -> None:
    """Load ``state`` strictly, halves as floats.

    Args:
        path: Where it comes from, for the message.
        parameters: Which parameters decide what fits.
        assign: Whether the network takes the tensors themselves, as one without memory has to.

    Raises:
        FileError: It does not fit ``network``, or holds NaN, infinite or absurdly large numbers.
    """
    own = network.state_dict()
    problem = f"does not fit this network ({parameters})"
    remedy = "name the file that belongs to it"
    for key in own.keys() & state.keys():
        # Looked at first: a small file's tensor can claim any size.
        if state[key].shape != own[key].shape:
            shapes = f"{tuple(state[key].shape)}, not {tuple(own[key].shape)}"
            raise FileError(path, f"{problem}: {key} is {shapes}", remedy)
    fitting = {k: v.to(own[k].dtype).contiguous() if k in own else v for k, v in state.items()}
    try:
        network.load_state_dict(fitting, strict=True, assign=assign)
    except (RuntimeError, AttributeError) as error:
        raise FileError(path, f"{problem}: {str(error)[: 5 * MOST_SHOWN]}", remedy) from error
    for key, value in network.state_dict().items():
        if not value.isfinite().all():
            raise FileError(path, f"holds NaN or infinite numbers in {key}", "get it again")
        if value.numel() and value.abs().max() > LARGEST:
            found = f"holds a number of size {float(value.abs().max()):.3g} in {key}"
            raise FileError(path, found, "get it again")
