"""What ``python -m workflows.matting`` can be told, and which options contradict one another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workflows.video_writer import CODECS, DEFAULT_CRF

# The tasks that find people, by --matte. auto takes infer_rvm where its weights are to be had.
MASK_TASKS = {
    "auto": ("infer_rvm",),
    "rvm": ("infer_rvm",),
    "parsing": ("infer_human_parsing",),
    "rvm+parsing": ("infer_rvm", "infer_human_parsing"),
    "none": (),
}
BOXES = ("maskrcnn", "whole")
# Which options carry the parameters that the tasks' own errors name.
OPTIONS_OF = {
    "infer_rvm": "model_weight_file is --rvm-weights",
    "infer_human_parsing": "model_weight_file is --parsing-weights; boxes and detector_weight_file "
    "are --parsing-boxes",
    "infer_background_matting": "weights and model_weight_file are --weights",
}


@dataclass(frozen=True)
class ChainOptions:
    """What ``python -m workflows.matting`` was told; see its ``--help``."""

    video: Path
    output: Path
    background: str | None = None
    matte: str = "auto"
    rvm_weights: Path | None = None
    parsing_weights: Path | None = None
    parsing_boxes: str | None = None
    stabilise: bool = False
    plate: Path | None = None
    weights: str = "official"
    backbone: str | None = None
    codec: str = "h264"
    crf: int = DEFAULT_CRF
    device: str = "auto"
    quiet: bool = False

    @property
    def carries_alpha(self) -> bool:
        """Whether the composite is transparent."""
        return self.background is None and CODECS[self.codec].alpha is not None

    @property
    def rvm(self) -> dict[str, object]:
        """Parameters of infer_rvm."""
        given = {"model_weight_file": self.rvm_weights} if self.rvm_weights else {}
        return {"sequence": "stream", "device": self.device, **given}

    @property
    def parsing(self) -> dict[str, object]:
        """Parameters of infer_human_parsing."""
        boxes = self.parsing_boxes or "maskrcnn"
        return {
            "model_weight_file": self.parsing_weights or "",
            "boxes": "whole" if boxes == "whole" else "maskrcnn",
            "detector_weight_file": "" if boxes in BOXES else boxes,
            # A frame without people must not be parsed as if one filled it.
            "without_boxes": "whole" if boxes == "whole" else "empty",
            "device": self.device,
        }


def check_camera_options(options: ChainOptions) -> None:
    """Refuse what a folder of cameras cannot take, and what :func:`check_options` refuses.

    Raises:
        ValueError: The text names the option.
    """
    defaults = ChainOptions(options.video, options.output)
    for name, option in (
        ("background", "--background"),
        ("stabilise", "--stabilise"),
        ("plate", "--plate"),
        ("weights", "--weights"),
        ("backbone", "--backbone"),
        ("codec", "--format"),
        ("crf", "--quality"),
    ):
        if getattr(options, name) != getattr(defaults, name):
            raise ValueError(
                f"{option} is for a video, and {options.video} is a folder: of its cameras only "
                "the masks and plates are made. Leave it out."
            )
    check_options(options)


def check_options(options: ChainOptions) -> None:
    """Refuse options of which one makes another meaningless.

    Raises:
        ValueError: The text names both, and what to do.
    """
    if options.matte not in MASK_TASKS:
        raise ValueError(f"--matte {options.matte!r} is none of {', '.join(MASK_TASKS)}")
    if options.plate and options.matte not in ("auto", "none"):
        raise ValueError(
            f"--plate {options.plate} is the background already: --matte {options.matte} would "
            "find people for nothing. Leave one of the two out."
        )
    tasks = () if options.plate else MASK_TASKS[options.matte]
    chosen = f"--plate {options.plate}" if options.plate else f"--matte {options.matte}"
    for option, value, task, mattes in (
        ("--rvm-weights", options.rvm_weights, "infer_rvm", "rvm or rvm+parsing"),
        ("--parsing-weights", options.parsing_weights, "infer_human_parsing", None),
        ("--parsing-boxes", options.parsing_boxes, "infer_human_parsing", None),
    ):
        if value and task not in tasks:
            raise ValueError(
                f"{option} {value} would do nothing with {chosen}: leave it out, or choose "
                f"--matte {mattes or 'parsing or rvm+parsing'}"
            )
