"""The options of the matting chain, and which of them contradict one another."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from workflows.matting.graph import MATTING, PARSING, PEOPLE, RVM
from workflows.matting.method import METHODS, check_method
from workflows.media.codecs import CODECS, DEFAULT_CRF
from workflows.media.selection import Selection

# The tasks that find people, by --matte. auto takes infer_rvm where its weights are to be had, else
# infer_people.
MASK_TASKS = {
    "auto": (RVM,),
    "rvm": (RVM,),
    "people": (PEOPLE,),
    "parsing": (PARSING,),
    "rvm+parsing": (RVM, PARSING),
    "none": (),
}
BOXES = ("maskrcnn", "whole")
WEIGHTS = ("auto", "official", "builtin")
# What --only chooses from, beside report.json.
VIDEO_OUTPUTS = ("composite", "alpha", "foreground")
OUTPUTS = (*VIDEO_OUTPUTS, "plate", "coverage")
# What a folder of cameras has no use for.
OF_VIDEOS = (
    "background", "method", "alpha", "who", "stabilise", "plate", "weights", "backbone", "codec",
    "crf", "start", "end", "size", "only",
)  # fmt: skip
# Which options carry the parameters that the tasks' own errors name.
OPTIONS_OF = {
    RVM: "model_weight_file is --rvm-weights",
    PARSING: "model_weight_file is --parsing-weights; boxes and detector_weight_file are "
    "--parsing-boxes",
    PEOPLE: "the networks lie in the plugin",
    MATTING: "weights and model_weight_file are --weights",
}


@dataclass(frozen=True)
class ChainOptions:
    """What to do with a video; ``python -m workflows.matting --help`` says what each means."""

    video: Path
    output: Path
    background: str | None = None
    method: str = "auto"
    alpha: Path | None = None
    who: str = "all"
    matte: str = "auto"
    rvm_weights: Path | None = None
    parsing_weights: Path | None = None
    parsing_boxes: str | None = None
    stabilise: bool | None = None
    plate: Path | None = None
    weights: str = "auto"
    backbone: str | None = None
    codec: str = "h264"
    crf: int = DEFAULT_CRF
    device: str = "auto"
    engine: str = "auto"
    quiet: bool = False
    start: str | None = None
    end: str | None = None
    size: str | None = None
    only: str | None = None

    @property
    def selection(self) -> Selection:
        """Which part of the video, and how large."""
        return Selection(self.start, self.end, self.size)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of :data:`OUTPUTS` that are written."""
        if self.only is None:
            return OUTPUTS
        wanted = [name.strip() for name in self.only.split(",")]
        return tuple(name for name in OUTPUTS if name in wanted)

    @property
    def carries_alpha(self) -> bool:
        """Whether the composite is transparent."""
        return self.background is None and CODECS[self.codec].alpha is not None

    @property
    def is_stabilised(self) -> bool:
        """Whether the alpha is made stable along the flow: as asked, else as the method does."""
        return METHODS[self.method].stabilises if self.stabilise is None else self.stabilise

    @property
    def rvm(self) -> dict[str, object]:
        """Parameters of infer_rvm."""
        given = {"model_weight_file": self.rvm_weights} if self.rvm_weights else {}
        # Of it the alpha alone is used, here and below.
        return {"sequence": "stream", "outputs": "alpha", **self._runtime, **given}

    @property
    def _runtime(self) -> dict[str, object]:
        """What runs the networks that OpenVINO can run: on the CPU alone."""
        is_cpu = self.engine == "openvino" and self.device == "auto"
        return {"device": "cpu" if is_cpu else self.device, "engine": self.engine}

    @property
    def people(self) -> dict[str, object]:
        """Parameters of infer_people."""
        return {"sequence": "stream", "device": self.device}

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
            **self._runtime,
        }

    @property
    def matting(self) -> dict[str, object]:
        """Parameters of infer_background_matting."""
        key = "weights" if self.weights in WEIGHTS else "model_weight_file"
        return {
            "device": self.device,
            key: self.weights,
            # The final alpha's colours are estimated when that is known.
            "outputs": "alpha",
            **({"model_backbone": self.backbone} if self.backbone else {}),
            # The task checks a plate that was given; one made here is checked when it is made.
            "background_check": "refuse" if self.plate else "off",
        }


def check_camera_options(options: ChainOptions) -> None:
    """Refuse what a folder of cameras cannot take, and what :func:`check_options` refuses.

    Raises:
        ValueError: The text names the option.
    """
    defaults = ChainOptions(options.video, options.output)
    for name in OF_VIDEOS:
        if getattr(options, name) != getattr(defaults, name):
            option = {"codec": "format", "crf": "quality", "who": "people"}.get(name, name)
            raise ValueError(
                f"--{option} is for a video, and {options.video} is a folder: of its cameras only "
                "the masks and plates are made. Leave it out."
            )
    check_options(options)


def check_options(options: ChainOptions) -> None:
    """Refuse options of which one makes another meaningless, and weights that are not there.

    Raises:
        ValueError: The text names both, and what to do.
        FileNotFoundError: The weights of background matting are no file and no known word.
    """
    if options.matte not in MASK_TASKS:
        raise ValueError(f"--matte {options.matte!r} is none of {', '.join(MASK_TASKS)}")
    check_method(
        options.method,
        matte=options.matte,
        alpha=options.alpha,
        who=options.who,
        plate=options.plate,
        rvm_weights=options.rvm_weights,
    )
    tasks = MASK_TASKS[options.matte]
    chosen = f"--matte {options.matte}"
    for option, value, task, matte in (
        ("--rvm-weights", options.rvm_weights, RVM, "rvm"),
        ("--parsing-weights", options.parsing_weights, PARSING, "parsing"),
        ("--parsing-boxes", options.parsing_boxes, PARSING, "parsing"),
    ):
        if value and task not in tasks:
            raise ValueError(
                f"{option} {value} would do nothing with {chosen}: leave it out, or choose "
                f"--matte {matte} or rvm+parsing"
            )
    if options.weights not in WEIGHTS and not Path(options.weights).is_file():
        raise FileNotFoundError(
            f"--weights {options.weights!r} is neither {', '.join(WEIGHTS)} nor an existing file"
        )
    _check_engine(options)
    check_outputs(options)
    options.selection.check()


def _check_engine(options: ChainOptions) -> None:
    if options.engine != "openvino":
        return
    if options.device == "cuda":
        raise ValueError(
            "--engine openvino runs on the CPU, and --device is cuda: leave one of them out"
        )
    if find_spec("openvino") is None:
        raise ValueError(
            "--engine openvino needs openvino, which is not installed: pip install openvino, or "
            "leave it out"
        )


def check_outputs(options: ChainOptions) -> None:
    """Refuse names of outputs that nobody makes.

    Raises:
        ValueError: The text names them.
    """
    if options.only is None:
        return
    given = [name.strip() for name in options.only.split(",")]
    unknown = [name for name in given if name not in OUTPUTS]
    if unknown or not set(given) & set(VIDEO_OUTPUTS):
        problem = f"{unknown[0]!r} is none of them" if unknown else "that is no video"
        raise ValueError(
            f"--only {options.only!r}: {problem}. Name one or more of {', '.join(OUTPUTS)}, with "
            f"commas, and of {', '.join(VIDEO_OUTPUTS)} at least one"
        )
