"""Write the workflows as JSON, with the parameters that users change exposed.

``python -m development.tools.save_workflows`` renews the files in ``workflows/saved``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path

from extract_background.ports import Output as PlateOutput
from infer_background_matting.ports import Output as MattingOutput
from infer_chroma_key.ports import Output as KeyOutput
from infer_flow_matting.ports import Output as FlowOutput
from infer_matte_fusion.ports import Output as FusionOutput
from infer_multiview_triangulation.ports import Output as TriangulationOutput
from infer_people.ports import Output as PeopleOutput
from infer_smpl_fit.ports import Output as FitOutput
from plugin_kit.files import replacing
from workflows.matting.fused_graph import FUSION, fused_workflow
from workflows.matting.graph import FLOW, MATTING, PLATE, RVM, matting_workflow, plate_workflow
from workflows.matting.key_graph import KEY, key_workflow
from workflows.motion.graph import FIT, PEOPLE, TRIANGULATION, motion_workflow
from workflows.plugins import REPOSITORY

FOLDER = REPOSITORY / "workflows" / "saved"

# What users change: the name to show, and what it is.
PARAMETERS = {
    RVM: {
        "model_name": ("rvm_model", "mobilenetv3 or resnet50"),
        "model_weight_file": ("rvm_weights", "a checkpoint of Robust Video Matting"),
        "downsample_ratio": ("rvm_ratio", "auto, or the size that the network sees"),
    },
    PLATE: {
        "method": ("plate_method", "how the plate is estimated"),
        "max_frames": ("plate_frames", "frames to use at most"),
        "registration": ("registration", "auto or on: for a camera that moves"),
    },
    MATTING: {
        "weights": ("background_matting_weights", "official or builtin"),
        "model_weight_file": ("background_matting_file", "a checkpoint of your own"),
        "model_backbone": ("background_matting_backbone", "mobilenetv2, resnet50 or resnet101"),
        "align_background": ("align_background", "for hand-held cameras"),
    },
    FLOW: {
        "timing": ("timing", "auto or causal: never late; delayed: better, and one frame late"),
        "flow_size": ("flow_size", "long side in pixels at which flow is computed"),
        "scene_cut": ("scene_cut", "brightness error from which a cut is suspected"),
    },
    FUSION: {
        "base": ("fusion_base", "alpha: of a matting network, or masks: of people"),
        "weights": ("fused_for", "which weights of background matting the constants are for"),
        "strength": ("fusion_strength", "0 leaves the base as it is"),
    },
    KEY: {
        "screen": ("screen", "auto, green, blue, or given: screen_colour"),
        "screen_color": ("screen_colour", "R,G,B of the screen, as picked from the picture"),
        "black": ("clip_black", "raise it where the screen stays as a veil"),
        "white": ("clip_white", "lower it where the person is seen through"),
        "spill": ("spill", "how much of the screen's light is taken out of the foreground"),
    },
    PEOPLE: {
        "videos_path": ("videos", "a folder of videos, one a camera"),
        "output_folder": ("people_folder", "where keypoints and masks are written and kept"),
        "person": ("wanted", "all, or the largest of each view"),
        "input_size": ("detector_size", "long side of the detector's input; 768 for small people"),
    },
    TRIANGULATION: {
        "keypoints_path": ("keypoints", "detector files: a folder with one folder a view"),
        "cameras_path": ("cameras", "calibration file; none: estimated"),
        "skeleton": ("skeleton", "coco17, coco18, body25 or body25b"),
        "mode": ("camera_mode", "triangulate, estimate_cameras or refine_cameras"),
        "fps": ("fps", "frames a second"),
        "output_folder": ("keypoints_folder", "where keypoints and cameras are written"),
    },
    FIT: {
        "mode": ("fit_mode", "fit (shape, metres) or aist (one scale)"),
        "model_file": ("body_model", "an SMPL file; none: the built-in body"),
        "output_folder": ("motion_folder", "where the motion files are written"),
    },
}
# What infer_people in front of infer_multiview_triangulation tells it.
TOLD_BY_PEOPLE = ("keypoints_path", "skeleton", "fps")
# What infer_people has no use for where it looks at the workflow's own frames.
OF_VIDEOS = ("videos_path", "output_folder")
# What comes out, by its port; another name is given after the colon.
OUTPUTS: dict[str, tuple[type[IntEnum], str]] = {
    PLATE: (PlateOutput, "background coverage holes report mosaic"),
    MATTING: (MattingOutput, "composite alpha foreground error"),
    FLOW: (FlowOutput, "composite alpha frame alpha_array:exact_alpha confidence flow"),
    FUSION: (FusionOutput, "alpha alpha_array:exact_alpha share report"),
    KEY: (KeyOutput, "alpha alpha_array:exact_alpha foreground report"),
    PEOPLE: (PeopleOutput, "picture:views keypoints:keypoints2d description:people"),
    TRIANGULATION: (TriangulationOutput, "keypoints3d report:reconstruction errors picture"),
    FIT: (FitOutput, "poses transl scaling betas report:fit loss contact_sheet:body"),
}


def save_workflows(folder: Path = FOLDER) -> None:
    """Write every workflow into ``folder``."""
    workflows = {
        "plate.json": (plate_workflow(), (RVM, PLATE)),
        "matting.json": (matting_workflow(), (MATTING,)),
        "matting_stabilised.json": (matting_workflow(stabilise={}), (MATTING, FLOW)),
        "matting_fused.json": (fused_workflow(), (RVM, MATTING, FUSION)),
        "matting_fused_masks.json": (fused_workflow(people={}), (PEOPLE, MATTING, FUSION)),
        "key.json": (key_workflow(region=PEOPLE), (PEOPLE, KEY)),
        "motion.json": (motion_workflow(), (TRIANGULATION, FIT)),
        "motion_from_videos.json": (motion_workflow(people={}), (PEOPLE, TRIANGULATION, FIT)),
    }
    for name, (workflow, tasks) in workflows.items():
        parameters = {task: _exposed(task, tasks) for task in tasks}
        # Of mattes that are joined only the result is to be had.
        shown = [task for task in (FUSION, KEY) if task in tasks] or [
            task for task in tasks if task in OUTPUTS
        ]
        # What two tasks call by one name is the last one's, as the alpha that was stabilised.
        last = {
            output["description"]: task for task in shown for output in _outputs(*OUTPUTS[task])
        }
        outputs = {
            task: [o for o in _outputs(*OUTPUTS[task]) if last[o["description"]] == task]
            for task in shown
        }
        with replacing(folder / name) as beside:
            workflow.save(str(beside), exposed_params=parameters, exposed_outputs=outputs)
            content = json.loads(beside.read_bytes(), object_hook=_settled)
            beside.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")


def _exposed(task: str, tasks: Sequence[str]) -> dict[str, dict[str, str]]:
    """The parameters of ``task`` to show in a workflow of ``tasks``."""
    left_out: tuple[str, ...] = ()
    if PEOPLE in tasks and TRIANGULATION in tasks:
        left_out = TOLD_BY_PEOPLE if task == TRIANGULATION else ()
    elif task == PEOPLE:
        left_out = OF_VIDEOS
    return {
        key: {"name": shown, "description": text}
        for key, (shown, text) in PARAMETERS[task].items()
        if key not in left_out
    }


def _outputs(ports: type[IntEnum], names: str) -> Iterator[dict[str, str | int]]:
    for name in names.split():
        port, _, shown = name.partition(":")
        yield {"description": shown or port, "index": int(ports[port.upper()])}


def _settled(value: dict) -> dict:
    """Leave out where a plugin lay on the machine that saved it, and sort what has no order."""
    settled = {**value, "url": ""} if "url" in value else dict(value)
    if isinstance(settled.get("parameters"), list):
        settled["parameters"].sort(key=lambda parameter: parameter["name"])
    return settled


if __name__ == "__main__":
    save_workflows()
