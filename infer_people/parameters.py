"""Parameters of infer_people: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from infer_people.infer_people_kit.parameters import (
    KINDS_OF_INPUT,
    PluginParam,
    PluginSettings,
    setting,
)
from infer_people.infer_people_kit.person_boxes import label_set
from infer_people.people_files import ViewFileOptions
from infer_people.people_finding import Choice, FinderOptions

RTMPOSE, OPENPOSE = {"backend": ["rtmpose"]}, {"backend": ["openpose"]}
OWN_NETWORKS = {"backend": ["embedded", "rtmpose"]}
# What FinderOptions calls otherwise.
ENGINE_NAMES = {
    "score": "conf_thres",
    "keypoint_score": "conf_kp_thres",
    "detector_file": "detector_weight_file",
    "keypoint_file": "model_weight_file",
    "mask_file": "mask_weight_file",
    "rtmpose_model": "model_name",
    "openpose_program": "openpose_path",
    "openpose_models": "openpose_models_folder",
}


class Settings(PluginSettings):
    """What a user can set."""

    backend: Literal["embedded", "rtmpose", "openpose"] = setting(
        "embedded",
        "Who finds the keypoints: the networks of this plugin, an RTMPose or RTMO network, or "
        "OpenPose as it is installed",
        label="Keypoints by",
        words={
            "embedded": "the plugin's own networks",
            "rtmpose": "RTMPose or RTMO",
            "openpose": "OpenPose",
        },
    )
    model_name: Literal[
        "rtmpose-s",
        "rtmpose-m",
        "rtmpose-x",
        "rtmpose-m-feet",
        "rtmpose-x-feet",
        "rtmo-s",
        "rtmo-m",
    ] = setting(
        "rtmpose-m",
        "Which published network is fetched where model_weight_file names none; feet: for body25",
        label="Published network",
        only_if=RTMPOSE,
    )
    skeleton: Literal["coco17", "body25"] = setting(
        "coco17",
        "Which keypoints come out; of body25's, neck and mid_hip are made of others, and feet are "
        "unknown where the network has none",
        label="Skeleton",
    )
    person: str = setting(
        "all",
        "Who is wanted: all, largest, a person's number from 0 on, or x,y or x,y,frame: who is "
        "at that pixel (of that frame)",
        label="Person",
    )
    max_people: int = setting(
        10, "So many people at most in a frame", label="People at most", ge=1, le=100
    )
    masks: bool = setting(
        True, "Find each person's pixels; without, outputs 4 and 5 are empty", label="Masks"
    )
    videos_path: str = setting(
        "",
        "A folder of videos, one a camera, or videos, one a line; instead of input 0",
        label="Videos, one a camera",
        browse="either",
    )
    output_folder: str = setting(
        "",
        "Where videos_path's keypoints and masks are written; finished views in it are kept",
        label="Folder for the results",
        only_if={"videos_path": ["*"]},
    )
    mask_files: Literal["video", "png", "none"] = setting(
        "video",
        "Masks in that folder: a lossless video a view, a PNG a frame, or none",
        label="Files of the masks",
        words={"video": "a lossless video", "png": "PNG files", "none": "none"},
        only_if={"videos_path": ["*"], "output_folder": ["*"], "masks": ["True"]},
    )
    input_size: int = setting(
        512,
        "Long side of what the detector sees; 768 finds people who are smaller, in twice the time",
        label="Size of the detector's input",
        ge=128,
        le=2048,
        advanced=True,
        unit="pixels",
        step=32,
    )
    conf_thres: float = setting(
        FinderOptions.score,
        "Least score of a person",
        label="Least score of a person",
        ge=0,
        le=1,
        advanced=True,
        step=0.05,
        decimals=3,
    )
    conf_kp_thres: float = setting(
        FinderOptions.keypoint_score,
        "Keypoints with less are unknown",
        label="Least score of a keypoint",
        ge=0,
        le=1,
        advanced=True,
        step=0.05,
        decimals=3,
    )
    person_label: str = setting(
        "person",
        "Labels at input 1 that are people, as a,b; none takes every box",
        label="Labels that are people",
        advanced=True,
        only_if={"videos_path": [""]},
    )
    track_crops: bool = setting(
        True,
        "Look for known people where they were, and for new ones every few frames",
        label="Track crops",
        advanced=True,
        only_if=OWN_NETWORKS,
    )
    flip: bool = setting(
        False,
        "Look at each person a second time, mirrored: slower, a little better",
        label="Mirrored second look",
        advanced=True,
        only_if=OWN_NETWORKS,
    )
    sequence: Literal["auto", "video", "image", "stream"] = setting(
        "auto",
        "In what people keep their numbers: videos, nothing, or every picture given",
        label="Kind of input",
        words=KINDS_OF_INPUT,
        advanced=True,
        only_if={"videos_path": [""]},
    )
    model_weight_file: str = setting(
        "",
        "Keypoint network of your own, ONNX: MoveNet's kind, or RTMPose or RTMO with rtmpose",
        label="Keypoint network of your own",
        advanced=True,
        only_if=OWN_NETWORKS,
    )
    detector_weight_file: str = setting(
        "",
        "Detector of your own, ONNX, of MoveNet MultiPose's kind",
        label="Detector of your own",
        advanced=True,
        only_if=OWN_NETWORKS,
    )
    mask_weight_file: str = setting(
        "",
        "Mask network of your own, ONNX, of the selfie segmentation's kind",
        label="Mask network of your own",
        advanced=True,
        only_if={"masks": ["True"]},
    )
    openpose_path: str = setting(
        "openpose",
        "OpenPose's program: the command that starts it, or its path",
        label="OpenPose's program",
        only_if=OPENPOSE,
    )
    openpose_models_folder: str = setting(
        "",
        "OpenPose's folder of models; none: as the program finds it",
        label="OpenPose's models",
        advanced=True,
        only_if=OPENPOSE,
    )
    device: Literal["auto", "cuda", "cpu"] = setting(
        "auto", "Where the networks run", label="Device"
    )
    threads: int = setting(
        0,
        "Threads of a network on the CPU; 0: as many as the process may use",
        label="Threads",
        ge=0,
        le=256,
        advanced=True,
        lowest_means="as many as the process may use",
    )

    @field_validator("person", mode="before")
    @classmethod
    def _is_choice(cls, value: object) -> str:
        Choice.parse(str(value))
        return str(value)

    @property
    def labels(self) -> set[str]:
        """In small letters; empty takes every box."""
        return label_set(self.person_label)

    @property
    def finder_options(self) -> FinderOptions:
        """What the engine takes."""
        names = FinderOptions.__dataclass_fields__
        return FinderOptions(**{n: getattr(self, ENGINE_NAMES.get(n, n)) for n in names})

    @property
    def file_options(self) -> ViewFileOptions:
        """What is written of each view, and where."""
        return ViewFileOptions(
            folder=self.output_folder, masks=self.mask_files if self.masks else "none"
        )


class InferPeopleParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
