"""Write the workflows as JSON, with the parameters that users change exposed.

``python -m development.tools.save_workflows`` renews the files in ``workflows/saved``.
"""

from __future__ import annotations

import json
from pathlib import Path

from extract_background.ports import Output as PlateOutput
from infer_background_matting.ports import Output as MattingOutput
from infer_flow_matting.ports import Output as FlowOutput
from infer_matte_fusion.ports import Output as FusionOutput
from infer_multiview_triangulation.ports import Output as TriangulationOutput
from infer_smpl_fit.ports import Output as FitOutput
from plugin_kit.files import load_json, replacing
from workflows.matting.fused_graph import FUSION, fused_workflow
from workflows.matting.graph import FLOW, MATTING, PLATE, RVM, matting_workflow, plate_workflow
from workflows.motion.graph import FIT, TRIANGULATION, motion_workflow
from workflows.plugins import REPOSITORY

FOLDER = REPOSITORY / "workflows" / "saved"

PLATE_PARAMETERS = {
    RVM: {
        "model_name": ("rvm_model", "mobilenetv3 or resnet50"),
        "model_weight_file": ("rvm_weights", "a checkpoint of Robust Video Matting"),
        "downsample_ratio": ("rvm_ratio", "auto, or the size that the network sees"),
    },
    PLATE: {
        "method": ("plate_method", "how the plate is estimated"),
        "max_frames": ("plate_frames", "frames to use at most"),
    },
}
PLATE_OUTPUTS = {
    PLATE: {
        PlateOutput.BACKGROUND: "background",
        PlateOutput.COVERAGE: "coverage",
        PlateOutput.HOLES: "holes",
        PlateOutput.REPORT: "report",
    }
}
MATTING_PARAMETERS = {
    MATTING: {
        "weights": ("background_matting_weights", "official or builtin"),
        "model_weight_file": ("background_matting_file", "a checkpoint of your own"),
        "model_backbone": ("background_matting_backbone", "mobilenetv2, resnet50 or resnet101"),
        "align_background": ("align_background", "for hand-held cameras"),
    }
}
MATTING_OUTPUTS = {
    MATTING: {
        MattingOutput.COMPOSITE: "composite",
        MattingOutput.ALPHA: "alpha",
        MattingOutput.FOREGROUND: "foreground",
        MattingOutput.ERROR: "error",
    }
}
STABILISED_PARAMETERS = {
    **MATTING_PARAMETERS,
    FLOW: {
        "timing": ("timing", "auto or causal: never late; delayed: better, and one frame late"),
        "flow_size": ("flow_size", "long side in pixels at which flow is computed"),
        "scene_cut": ("scene_cut", "brightness error from which a cut is suspected"),
    },
}
STABILISED_OUTPUTS = {
    **MATTING_OUTPUTS,
    FLOW: {
        FlowOutput.COMPOSITE: "composite",
        FlowOutput.ALPHA: "alpha",
        FlowOutput.FRAME: "frame",
        FlowOutput.ALPHA_ARRAY: "exact_alpha",
        FlowOutput.CONFIDENCE: "confidence",
        FlowOutput.FLOW: "flow",
    },
}
FUSED_PARAMETERS = {
    RVM: PLATE_PARAMETERS[RVM],
    **MATTING_PARAMETERS,
    FUSION: {
        "weights": ("fused_for", "which weights of background matting the constants are for"),
        "strength": ("fusion_strength", "0 leaves the matte of infer_rvm as it is"),
    },
}
FUSED_OUTPUTS = {
    FUSION: {
        FusionOutput.ALPHA: "alpha",
        FusionOutput.ALPHA_ARRAY: "exact_alpha",
        FusionOutput.SHARE: "share",
        FusionOutput.REPORT: "report",
    },
}

MOTION_PARAMETERS = {
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
MOTION_OUTPUTS = {
    TRIANGULATION: {
        TriangulationOutput.KEYPOINTS3D: "keypoints3d",
        TriangulationOutput.REPORT: "reconstruction",
        TriangulationOutput.ERRORS: "errors",
        TriangulationOutput.PICTURE: "picture",
    },
    FIT: {
        FitOutput.POSES: "poses",
        FitOutput.TRANSL: "transl",
        FitOutput.SCALING: "scaling",
        FitOutput.BETAS: "betas",
        FitOutput.REPORT: "fit",
        FitOutput.LOSS: "loss",
        FitOutput.CONTACT_SHEET: "body",
    },
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
        ("matting_fused.json", fused_workflow(), FUSED_PARAMETERS, FUSED_OUTPUTS),
        ("motion.json", motion_workflow(), MOTION_PARAMETERS, MOTION_OUTPUTS),
    )
    for name, workflow, parameters, outputs in pairs:
        exposed_parameters = {
            task: {
                key: {"name": shown, "description": text} for key, (shown, text) in chosen.items()
            }
            for task, chosen in parameters.items()
        }
        exposed_outputs = {
            task: [{"description": text, "index": int(port)} for port, text in texts.items()]
            for task, texts in outputs.items()
        }
        with replacing(folder / name) as beside:
            workflow.save(
                str(beside), exposed_params=exposed_parameters, exposed_outputs=exposed_outputs
            )
            content = _without_addresses(load_json(beside))
            beside.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")


def _without_addresses(value: object) -> object:
    """Leave out where plugins lay on the machine that saved the workflow."""
    if isinstance(value, dict):
        return {
            key: "" if key == "url" else _without_addresses(item) for key, item in value.items()
        }
    return [_without_addresses(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    save_workflows()
