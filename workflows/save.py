"""Write the workflows as JSON, with the parameters that users change exposed.

``python -m workflows.save`` renews the ``.json`` files beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

from workflows.matting import matting_workflow, plate_workflow
from workflows.motion import motion_workflow

FOLDER = Path(__file__).parent

PLATE_PARAMETERS = {
    "infer_rvm": {
        "model_name": ("rvm_model", "mobilenetv3 or resnet50"),
        "model_weight_file": ("rvm_weights", "a checkpoint of Robust Video Matting"),
        "downsample_ratio": ("rvm_ratio", "auto, or the size that the network sees"),
    },
    "extract_background": {
        "method": ("plate_method", "how the plate is estimated"),
        "max_frames": ("plate_frames", "frames to use at most"),
    },
}
PLATE_OUTPUTS = {"extract_background": ("background", "coverage", "holes", "report")}
MATTING_PARAMETERS = {
    "infer_background_matting": {
        "weights": ("background_matting_weights", "official or builtin"),
        "model_weight_file": ("background_matting_file", "a checkpoint of your own"),
        "model_backbone": ("background_matting_backbone", "mobilenetv2, resnet50 or resnet101"),
        "align_background": ("align_background", "for hand-held cameras"),
    }
}
MATTING_OUTPUTS = {"infer_background_matting": ("composite", "alpha", "foreground", "error")}
STABILISED_PARAMETERS = {
    **MATTING_PARAMETERS,
    "infer_flow_matting": {
        "timing": ("timing", "auto or causal: never late; delayed: better, and one frame late"),
        "flow_size": ("flow_size", "long side in pixels at which flow is computed"),
        "scene_cut": ("scene_cut", "brightness error from which a cut is suspected"),
    },
}
STABILISED_OUTPUTS = {
    **MATTING_OUTPUTS,
    "infer_flow_matting": ("composite", "alpha", "frame", "exact_alpha", "confidence", "flow"),
}

MOTION_PARAMETERS = {
    "infer_multiview_triangulation": {
        "keypoints_path": ("keypoints", "detector files: a folder with one folder a view"),
        "cameras_path": ("cameras", "calibration file; none: estimated"),
        "skeleton": ("skeleton", "coco17, coco18, body25 or body25b"),
        "mode": ("camera_mode", "triangulate, estimate_cameras or refine_cameras"),
        "fps": ("fps", "frames a second"),
        "output_folder": ("keypoints_folder", "where keypoints and cameras are written"),
    },
    "infer_smpl_fit": {
        "mode": ("fit_mode", "fit (shape, metres) or aist (one scale)"),
        "model_file": ("body_model", "an SMPL file; none: the built-in body"),
        "output_folder": ("motion_folder", "where the motion files are written"),
    },
}
MOTION_OUTPUTS = {
    "infer_multiview_triangulation": ("keypoints3d", "reconstruction", "errors", "picture"),
    "infer_smpl_fit": ("poses", "transl", "scaling", "betas", "fit", "loss", "body"),
}


def save_workflows(folder: Path = FOLDER) -> None:
    """Write every workflow into ``folder``."""
    pairs = (
        ("plate.json", plate_workflow(), PLATE_PARAMETERS, PLATE_OUTPUTS),
        ("matting.json", matting_workflow(), MATTING_PARAMETERS, MATTING_OUTPUTS),
        (
            "matting_stabilised.json",
            matting_workflow(stabilise={}),
            STABILISED_PARAMETERS,
            STABILISED_OUTPUTS,
        ),
        ("motion.json", motion_workflow(), MOTION_PARAMETERS, MOTION_OUTPUTS),
    )
    for name, workflow, parameters, outputs in pairs:
        workflow.save(
            str(folder / name),
            exposed_params={
                task: {
                    key: {"name": shown, "description": text}
                    for key, (shown, text) in chosen.items()
                }
                for task, chosen in parameters.items()
            },
            exposed_outputs={
                task: [{"description": text, "index": i} for i, text in enumerate(texts)]
                for task, texts in outputs.items()
            },
        )
        path = folder / name
        content = _without_addresses(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")


def _without_addresses(value: object) -> object:
    """Leave out where plugins lay on the machine that saved the workflow."""
    if isinstance(value, dict):
        return {
            key: "" if key == "url" else _without_addresses(item) for key, item in value.items()
        }
    return [_without_addresses(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    save_workflows()
