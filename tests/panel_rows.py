"""The rows of all panels, values for them, and under which others they show."""

import importlib

from workflows.plugins import PLUGINS

ROWS = [
    (name, key)
    for name in PLUGINS
    for key in importlib.import_module(f"{name}.parameters").Settings.model_fields
]
# What only a few texts are allowed for.
TEXTS = {
    "downsample_ratio": "0.4",
    "composite_color": "1,2,3",
    "screen_color": "30,150,60",
    "person": "1",
    "scale": "height:1.75",
    "smooth": "2.5",
    "board": "checkerboard:10x7:25mm",
}
BAD = [
    ("infer_rvm", "downsample_ratio", "seven"),
    ("infer_rvm", "composite_color", "1,2,300"),
    ("infer_chroma_key", "screen_color", "90,100,90"),
    ("infer_multiview_triangulation", "person", "nobody"),
    ("infer_multiview_triangulation", "smooth", "much"),
    ("infer_multiview_triangulation", "board", "charuco:5x4"),
    ("infer_people", "person", "nobody"),
]
# Values under which a row hides, and shows: one entry for every condition of every ``only_if``.
SHOWN_IF = [
    ("infer_matte_fusion", "weights", {"base": "masks"}, {"base": "alpha"}),
    ("extract_background", "polish", {"method": "median"}, {"method": "gmm"}),
    ("extract_background", "truncate", {"method": "gmm"}, {"method": "alpha_mean"}),
    ("extract_background", "dilation", {"method": "gmm"}, {"method": "masked_mean"}),
    ("extract_background", "color_matrix", {"mode": "streaming"}, {"mode": "look_ahead"}),
    ("extract_background", "color_matrix", {"video_path": ""}, {"video_path": "a.mp4"}),
    ("extract_background", "alpha_video_path", {"mode": "streaming"}, {"mode": "look_ahead"}),
    ("extract_background", "alpha_video_path", {"video_path": ""}, {"video_path": "a.mp4"}),
    ("infer_multiview_triangulation", "aist_pickle", {"output_folder": ""}, {"output_folder": "a"}),
    ("extract_background", "masks_folder", {"frames_folder": ""}, {"frames_folder": "a"}),
    ("extract_background", "masks_folder", {"easyvolcap_root": ""}, {"easyvolcap_root": "a"}),
    ("extract_background", "plates_folder", {"easyvolcap_root": ""}, {"easyvolcap_root": "a"}),
    ("infer_chroma_key", "screen_color", {"screen": "auto"}, {"screen": "given"}),
    *(
        ("train_flow_matting", key, {"green_screen_folder": ""}, {"green_screen_folder": "a"})
        for key in ("background_folder", "screen_color", "backgrounds_per_clip", "keyed_frames")
    ),
    *(
        (
            "infer_background_matting",
            key,
            {"model_type": "mattingbase"},
            {"model_type": "mattingrefine"},
        )
        for key in ("model_backbone_scale", "model_refine_mode", "model_refine_pixels")
    ),
    (
        "infer_background_matting",
        "model_refine_pixels",
        {"model_refine_mode": "full"},
        {"model_refine_mode": "sampling"},
    ),
    (
        "infer_background_matting",
        "model_refine_threshold",
        {"model_refine_mode": "full"},
        {"model_refine_mode": "thresholding"},
    ),
    (
        "infer_background_matting",
        "model_refine_threshold",
        {"model_type": "mattingbase", "model_refine_mode": "thresholding"},
        {"model_type": "mattingrefine"},
    ),
    ("infer_background_matting", "weights", {"model_weight_file": "a"}, {"model_weight_file": ""}),
    ("infer_background_matting", "foreground", {"outputs": "alpha"}, {"outputs": "all"}),
    ("infer_rvm", "composite_color", {"outputs": "alpha"}, {"outputs": "all"}),
    ("infer_rvm", "engine", {"device": "cuda"}, {"device": "cpu"}),
    ("train_background_matting", "weights", {"model_weight_file": "a"}, {"model_weight_file": ""}),
    *(
        ("infer_multiview_triangulation", key, {"engine": "aniposelib"}, {"engine": "native"})
        for key in ("objective", "smooth", "bone", "max_gap_fill", "method", "repair_swaps")
    ),
    *(
        ("infer_multiview_triangulation", key, {"optimise": "False"}, {"optimise": "True"})
        for key in ("objective", "smooth", "bone", "max_gap_fill")
    ),
    *(
        ("infer_multiview_triangulation", key, {"objective": "aist"}, {"objective": "robust"})
        for key in ("smooth", "bone")
    ),
    *(
        ("infer_multiview_triangulation", key, {"mode": "triangulate"}, {"mode": "calibrate_board"})
        for key in ("boards_path", "board", "board_world", "board_stride")
    ),
    *(
        ("infer_multiview_triangulation", key, {"mode": "calibrate_board"}, {"mode": "triangulate"})
        for key in (
            *("keypoints_path", "skeleton", "engine", "min_confidence", "optimise", "sync"),
            *("person", "scale", "up_axis", "fps", "method", "smooth", "max_offset"),
        )
    ),
    ("infer_multiview_triangulation", "repair_swaps", {"method": "plain"}, {"method": "robust"}),
    ("infer_multiview_triangulation", "max_offset", {"sync": "off"}, {"sync": "report"}),
    ("infer_multiview_triangulation", "start_cameras", {"cameras_path": "a"}, {"cameras_path": ""}),
    (
        "infer_multiview_triangulation",
        "camera_confidence",
        {"cameras_path": "a"},
        {"mode": "refine_cameras"},
    ),
    (
        "infer_multiview_triangulation",
        "camera_confidence",
        {"cameras_path": "a"},
        {"cameras_path": ""},
    ),
    *(
        ("infer_multiview_triangulation", key, {"keypoints_path": ""}, {"keypoints_path": "a"})
        for key in ("allow_pickle", "allow_uneven")
    ),
    *(
        ("infer_human_parsing", key, {"boxes": "whole"}, {"boxes": "maskrcnn"})
        for key in ("detector_weight_file", "detector_score")
    ),
    ("infer_human_parsing", "engine", {"device": "cuda"}, {"device": "cpu"}),
    ("infer_human_parsing", "person_label", {"boxes": "whole"}, {"boxes": "input"}),
    *(
        ("infer_flow_matting", key, {"mode": "refine"}, {"mode": "network"})
        for key in ("model_weight_file", "network_size")
    ),
    ("infer_flow_matting", "timing", {"mode": "network"}, {"mode": "refine"}),
    ("infer_flow_matting", "flow_weight_file", {"flow": "dis"}, {"flow": "raft"}),
    ("infer_people", "model_name", {"backend": "embedded"}, {"backend": "rtmpose"}),
    *(
        ("infer_people", key, {"backend": "rtmpose"}, {"backend": "openpose"})
        for key in ("openpose_path", "openpose_models_folder")
    ),
    *(
        ("infer_people", key, {"backend": "openpose"}, {"backend": "rtmpose"})
        for key in ("track_crops", "flip", "model_weight_file", "detector_weight_file")
    ),
    ("infer_people", "mask_weight_file", {"masks": "False"}, {"masks": "True"}),
    ("infer_people", "output_folder", {"videos_path": ""}, {"videos_path": "a"}),
    *(
        (
            "infer_people",
            "mask_files",
            {key: value},
            {"masks": "True", "videos_path": "a", "output_folder": "b"},
        )
        for key, value in (("videos_path", ""), ("output_folder", ""), ("masks", "False"))
    ),
    *(
        ("infer_people", key, {"videos_path": "a"}, {"videos_path": ""})
        for key in ("person_label", "sequence")
    ),
    *(
        ("infer_smpl_fit", key, {"engine": "smplx"}, {"engine": "native"})
        for key in ("mode", "smooth")
    ),
    ("infer_smpl_fit", "device", {"engine": "native"}, {"engine": "smplx"}),
    ("infer_smpl_fit", "gender", {"model_file": ""}, {"model_file": "a"}),
    ("infer_smpl_fit", "camera", {"video_path": ""}, {"video_path": "a.mp4"}),
    ("infer_smpl_fit", "cameras_path", {"video_path": ""}, {"video_path": "a.mp4"}),
    ("infer_smpl_fit", "allow_pickle", {"keypoints_path": ""}, {"keypoints_path": "a"}),
]
