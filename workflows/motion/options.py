"""The options of the motion chain, and what they make of the tasks' parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workflows.motion.graph import FIT, PEOPLE, TRIANGULATION
from workflows.motion.marker_names import VOCABULARIES
from workflows.wording import reworded

# Where infer_people keeps what it found, below the output.
FOUND = "people"
# What messages of the tasks call parameters, and the command's options for them.
WORDS = (
    (r"\bup_axis=(keep|y|z)\b", r"--up \1"),
    (r"\b(sync|mode|scale|fps|units)=([\w.:]+)", r"--\1 \2"),
    (
        r"\b(set|use|lower|raise|check) "
        r"(fps|units|skeleton|scale|sync|mode|gender|person|smooth|engine|objective)\b",
        r"\1 --\2",
    ),
    (r"\bset convention\b", "set --skeleton"),
    *(
        (rf"(?<![-\w]){parameter}(?!\w)", option)
        for parameter, option in {
            "keypoints_path": "--keypoints",
            "cameras_path": "--cameras",
            "output_folder": "--output",
            "min_confidence": "--min-confidence",
            "max_offset": "--max-offset",
            "input_size": "--input-size",
            "max_people": "--max-people",
            "allow_pickle": "--allow-pickle",
            "model_file": "--body",
            "video_path": "--video",
            "videos_path": "VIDEOS",
            "up_axis": "--up-axis",
        }.items()
    ),
)
# What the chain itself sets of each task, and what asks for it.
OWN_PARAMETERS = {
    PEOPLE: {"videos_path": "VIDEOS", "output_folder": "--output", "person": "--person"},
    TRIANGULATION: {
        "keypoints_path": "--keypoints",
        "cameras_path": "--cameras",
        "output_folder": "--output",
    },
    FIT: {"keypoints_path": "--keypoints", "output_folder": "--output", "video_path": "--video"},
}


def in_options(text: str) -> str:
    """A task's message in the words of the command.

    Example:
        >>> in_options("raise min_confidence, set units, or sync=auto")
        'raise --min-confidence, set --units, or --sync auto'
    """
    return reworded(text, WORDS)


def parsed_parameters(given: Iterable[str]) -> dict[str, dict[str, str]]:
    """By task, the parameters that texts TASK.NAME=VALUE set; the task judges name and value.

    Raises:
        ValueError: A text has another form, names no task of the chain, or a parameter that the
            chain sets itself.

    Example:
        >>> parsed_parameters(["infer_smpl_fit.smooth=2"])
        {'infer_people': {}, 'infer_multiview_triangulation': {}, 'infer_smpl_fit': {'smooth': '2'}}
    """
    parameters: dict[str, dict[str, str]] = {task: {} for task in OWN_PARAMETERS}
    for text in given:
        place, equals, value = text.partition("=")
        task, dot, name = place.strip().partition(".")
        if not (equals and dot and name):
            raise ValueError(f"--set {text!r} is not TASK.NAME=VALUE, as {FIT}.smooth=2 is")
        if task not in parameters:
            raise ValueError(f"--set {text}: there is no task {task}; there are {_listed()}")
        if name in OWN_PARAMETERS[task]:
            instead = OWN_PARAMETERS[task][name]
            raise ValueError(f"--set {text}: {name} is the command's own, give it as {instead}")
        parameters[task][name] = value
    return parameters


def _listed() -> str:
    return ", ".join(OWN_PARAMETERS)


@dataclass(frozen=True)
class MotionOptions:
    """What the chain is to do.

    Attributes:
        keypoints: A detector's files; None: infer_people looks for people in the videos.
        output: The folder for everything that is written.
        cameras: A calibration; None: they are estimated.
        videos: Of the cameras, in their order; a folder stands for the videos in it.
        triangulation, fit, people: Further parameters of the tasks.
        names: Of the markers in keypoints3d.trc: our own, or OpenSim's.
        has_preview: Whether preview.mp4 is drawn.
        has_viewer: Whether motion.html is written, where viser is installed.
    """

    keypoints: Path | None
    output: Path
    cameras: Path | None = None
    videos: tuple[Path, ...] = ()
    triangulation: Mapping[str, object] = field(default_factory=dict)
    fit: Mapping[str, object] = field(default_factory=dict)
    people: Mapping[str, object] = field(default_factory=dict)
    names: str = "own"
    has_preview: bool = True
    has_viewer: bool = True

    @property
    def finds_people(self) -> bool:
        """Whether the keypoints are looked for in the videos."""
        return self.keypoints is None

    @property
    def triangulation_parameters(self) -> dict[str, object]:
        """All parameters of infer_multiview_triangulation."""
        skeleton = self.triangulation.get("skeleton", "auto")
        # The videos' people come with the name of their skeleton. The body fit has no use for
        # keypoints of no known one.
        known = self.finds_people or skeleton == "auto"
        return {
            **self.triangulation,
            "skeleton": "known" if known else skeleton,
            "keypoints_path": self.keypoints or "",
            "cameras_path": self.cameras or "",
            "output_folder": self.output,
        }

    @property
    def fit_parameters(self) -> dict[str, object]:
        """All parameters of infer_smpl_fit."""
        video = {"video_path": self.videos[0]} if self.videos else {}
        return {**self.fit, "output_folder": self.output, **video}

    def people_parameters(self, folder: Path) -> dict[str, object] | None:
        """All parameters of infer_people, which keeps its results in ``folder``; None without it.

        Raises:
            ValueError: The skeleton that is asked for is none that it finds.
        """
        if not self.finds_people:
            return None
        skeleton = str(self.triangulation.get("skeleton", "auto"))
        if skeleton == "auto":
            skeleton = "body25" if _finds_feet(self.people) else "coco17"
        if skeleton not in ("coco17", "body25"):
            raise ValueError(
                f"skeleton {skeleton!r} is none that is found in videos: choose coco17 or body25, "
                "or give the files of a detector that finds it with --keypoints"
            )
        return {
            "masks": False,
            "skeleton": skeleton,
            **self.people,
            "videos_path": "\n".join(str(video) for video in self.videos),
            "output_folder": folder,
        }


def _finds_feet(people: Mapping[str, object]) -> bool:
    """Whether the network that is asked for finds heels and toes."""
    backend = people.get("backend", "embedded")
    published = str(people.get("model_name", "")).endswith("feet")
    return backend == "openpose" or (backend == "rtmpose" and published)


def check_options(options: MotionOptions) -> None:
    """Refuse inputs that are not there, and values that nobody knows.

    Raises:
        FileNotFoundError: The text names the path.
        ValueError: There is nothing to begin with, or a word is unknown.
    """
    for path in (options.keypoints, options.cameras, *options.videos):
        if path is not None and not path.exists():
            raise FileNotFoundError(f"there is no {path}")
    if options.finds_people and not options.videos:
        raise ValueError("there is nothing to begin with: give VIDEOS, or --keypoints")
    if options.names not in VOCABULARIES:
        raise ValueError(f"--names {options.names!r} is none of {', '.join(VOCABULARIES)}")
