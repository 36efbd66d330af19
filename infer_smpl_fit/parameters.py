"""Parameters of infer_smpl_fit: names, choices, bounds and defaults stand here once."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from infer_smpl_fit.infer_smpl_fit_kit.keypoints.skeletons import skeleton_name
from infer_smpl_fit.infer_smpl_fit_kit.parameters import PluginParam, PluginSettings, setting


class Settings(PluginSettings):
    """What a user can set."""

    mode: Literal["fit", "aist"] = setting(
        "fit",
        "Shape and pose in metres, or AIST++'s: betas 0 and one scale",
        label="Mode",
        words={"fit": "shape and pose in metres", "aist": "as AIST++ does"},
        only_if={"engine": ["native"]},
    )
    engine: Literal["native", "smplx"] = setting(
        "native",
        "This plugin's own, or AIST++'s descent with the packages torch and smplx (mode aist)",
        label="Engine",
        words={"native": "own solver", "smplx": "AIST++'s descent with smplx"},
    )
    keypoints_path: str = setting(
        "",
        ".npz, .pkl of AIST++, .trc, .c3d or .csv of 3D keypoints; else input 0",
        label="Keypoint file",
        files="3D keypoints (*.npz *.pkl *.trc *.c3d *.csv)",
    )
    convention: Literal[
        "auto",
        "coco17",
        "body25",
        "body25_hands",
        "body25b",
        "halpe26",
        "wholebody133",
        "mediapipe33",
        "smpl24",
        "h36m17",
    ] = setting(
        "auto",
        "What the keypoints are; auto takes what is told, or names, or count",
        label="Keypoints are",
    )
    model_file: str = setting(
        "",
        "SMPL, SMPL-H or SMPL-X file, or its folder; none: the built-in body",
        label="Body model",
        browse="either",
        files="Body models (*.pkl *.npz *.npy)",
    )
    gender: Literal["neutral", "male", "female"] = setting(
        "neutral",
        "Which body of a folder; a warning if the file is another's",
        label="Gender",
        only_if={"model_file": ["*"]},
    )
    smooth: float = setting(
        5.0,
        "Weight of smoothness in time",
        label="Weight of smoothness",
        ge=0,
        le=1000,
        step=0.5,
        decimals=3,
        only_if={"engine": ["native"]},
    )
    units: Literal["auto", "m", "cm", "mm"] = setting(
        "auto",
        "Unit of the keypoints; auto takes input 1, or the limbs' lengths",
        label="Unit of the keypoints",
    )
    fps: float = setting(
        0.0,
        "Frames a second; 0 takes the input's or 60 (1/s)",
        label="Frame rate",
        ge=0,
        le=10000,
        unit="frames/s",
        step=5,
        decimals=3,
        lowest_means="as the input's, or 60",
    )
    up_axis: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = setting(
        "auto",
        "Up in the keypoints' world, for pictures, .bvh, .glb; auto: input 1's, the cameras' or "
        "the body's",
        label="Upward axis",
    )
    video_path: str = setting(
        "",
        "A camera's video, to draw the body over a frame of it",
        label="Video to draw over",
        advanced=True,
    )
    cameras_path: str = setting(
        "",
        "AIST++'s .json of the cameras, for video_path; else those of input 1",
        label="File of its cameras",
        files="Cameras (*.json)",
        advanced=True,
        only_if={"video_path": ["*"]},
    )
    camera: str = setting(
        "",
        "The name of the video's camera; none: the first",
        label="Its camera",
        advanced=True,
        only_if={"video_path": ["*"]},
    )
    allow_pickle: bool = setting(
        False,
        "Read .pkl keypoints of AIST++, by a reader that admits arrays only",
        label="Read .pkl files",
        advanced=True,
        only_if={"keypoints_path": ["*"]},
    )
    device: Literal["auto", "cuda", "cpu"] = setting(
        "auto",
        "Where engine smplx runs",
        label="Device",
        advanced=True,
        only_if={"engine": ["smplx"]},
    )
    output_folder: str = setting(
        "",
        "Where motion.pkl, .npz, .bvh, .glb and .trc are written",
        label="Folder for the results",
    )

    @property
    def fit_mode(self) -> Literal["fit", "aist"]:
        """The mode, which of engine smplx always is AIST++'s."""
        return "aist" if self.engine == "smplx" else self.mode

    @field_validator("convention", mode="before")
    @classmethod
    def _in_todays_spelling(cls, value: object) -> object:
        return skeleton_name(value) if isinstance(value, str) else value


class InferSmplFitParam(PluginParam):
    """Carries :class:`Settings` through Ikomia."""

    settings_class = Settings
    settings: Settings
