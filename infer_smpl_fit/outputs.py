"""The motion files of a fit."""

from __future__ import annotations

from pathlib import Path

from .infer_smpl_fit_kit.keypoints.trajectories import UNITS_PER_METRE
from .smpl_body.model import BodyModel
from .smpl_export.bvh import write_bvh
from .smpl_export.gltf import write_glb
from .smpl_export.motion import BodyMotion, rotation_to_y_up
from .smpl_export.research_files import write_aist, write_amass, write_trc
from .smpl_fitting import Fit


def metric_motion_of(fit: Fit, mode: str, *, fps: float, first_frame: int = 0) -> BodyMotion:
    """The fit's motion in metres, whatever its mode."""
    unit = UNITS_PER_METRE[fit.report["unit"]] if mode == "aist" else 1.0
    motion = BodyMotion(fit.poses, fit.transl, fit.betas, fit.scaling, fps, first_frame)
    return motion.enlarged(1 / unit)


def write_all(
    folder: Path, motion: BodyMotion, model: BodyModel, *, aist_fit: Fit, up: str
) -> list[Path]:
    """Write every motion file, and return their paths.

    motion.npz (AMASS), .bvh, .glb and .trc are of ``motion``, motion.pkl (AIST++) of ``aist_fit``:
    AIST++'s file holds no shape, so it gets the fit that was made without one. The .bvh and the
    .glb are y up, as the programs that open them expect; the others keep the keypoints' world.

    Args:
        folder: Where to; made if needed.
        motion: In metres.
        model: The body.
        aist_fit: Of the mode aist.
        up: The axis of the keypoints' world that points up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    y_up = motion.rotated(rotation_to_y_up(up), model)
    aist = BodyMotion(aist_fit.poses, aist_fit.transl, aist_fit.betas, aist_fit.scaling, motion.fps)
    return [
        write_aist(folder / "motion.pkl", aist, aist_fit.report["aist_loss"]),
        write_amass(folder / "motion.npz", motion, model.gender),
        write_bvh(folder / "motion.bvh", y_up, model),
        write_glb(folder / "motion.glb", y_up, model),
        write_trc(folder / "motion.trc", motion, model),
    ]
