"""The options of a capture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MATTES = ("auto", "rvm", "people")


@dataclass(frozen=True)
class CaptureOptions:
    """What to do with videos; ``python -m workflows.capture --help`` says what each means.

    Attributes:
        motion: Further options of ``python -m workflows.motion``, as on its command line.
    """

    videos: tuple[Path, ...]
    output: Path
    cameras: Path | None = None
    matte: str = "auto"
    rvm_weights: Path | None = None
    input_size: int = 512
    max_people: int = 10
    jpeg_quality: int = 95
    has_motion: bool = True
    device: str = "auto"
    quiet: bool = False
    motion: tuple[str, ...] = ()


def check_options(options: CaptureOptions) -> None:
    """Refuse what is not there, before any work.

    Raises:
        FileNotFoundError, ValueError: The text names the option.
    """
    for option, path in (("--cameras", options.cameras), ("--rvm-weights", options.rvm_weights)):
        if path is not None and not path.exists():
            raise FileNotFoundError(f"{option}: there is no {path}")
    if options.rvm_weights and options.matte == "people":
        raise ValueError(
            f"--rvm-weights {options.rvm_weights} would do nothing with --matte people"
        )
    if not 1 <= options.jpeg_quality <= 100:
        raise ValueError(f"--jpeg-quality {options.jpeg_quality} is outside of 1 … 100")
