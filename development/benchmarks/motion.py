"""The motion chain against aniposelib 0.8 and AIST++'s descent, on captures whose truth is known.

Each way runs in a process of its own with one BLAS thread, so that seconds and peak memory are its
own; both see the same data. AIST++'s schedule is the body fit's engine smplx: of the whole mesh, as
AIST++ has it, a few of its 10,000 steps are run and the time scaled up; of the points alone that it
compares, which takes the same steps, all are run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from rich.table import Table
from threadpoolctl import threadpool_limits

from development.benchmarks import measuring
from development.synthetic.capture import HARD, NOISE, TYPICAL, detect, stick_dancer, studio
from development.tables import new_table

SEED = 901
FRAMES, CAMERA_FRAMES, FIT_FRAMES, LONG_FRAMES = 300, 100, 240, 10_000
AIST_STEPS, AIST_MESH_STEPS = 10_000, 20
LEVELS = {
    "noise": NOISE,
    "typical": TYPICAL,
    "hard": HARD,
    "noise AR(0.9)": replace(NOISE, memory=0.9),
}
WAYS = ("aniposelib", "native")
FIT_WAYS = {
    "AIST++'s schedule, whole mesh": "AIST++ mesh",
    "engine smplx: AIST++'s schedule": "smplx",
    "engine native": "native",
}
LONG_STEPS = ("triangulation, 4 views", "triangulation, 9 views", "body fit")

Result = TypeVar("Result")


def triangulation_table() -> Table:
    """Plain and optimised triangulation of 300 frames before nine views."""
    results = {
        (level, way): _measured("triangulation", way, level) for level in LEVELS for way in WAYS
    }
    return new_table(
        f"3D keypoints, 9 views, coco17, {FRAMES} frames: mean error and CPU time",
        ("capture", "way", "DLT cm", "optimised cm", "CPU s", "peak MiB"),
        [
            (*names, f"{r['plain']:.2f}", f"{r['optimised']:.2f}", *_cost(r, 1))
            for names, r in results.items()
        ],
    )


def camera_table() -> Table:
    """Cameras from AIST's ring, and from nothing."""
    ways = (*WAYS, "native, no first guess")
    results = {way: _measured("cameras", way, "typical") for way in ways}
    return new_table(
        f"cameras, 9 views, {CAMERA_FRAMES} frames: error of centres and f",
        ("way", "centres cm", "f %", "CPU s", "peak MiB"),
        [
            (way, f"{r['centres']:.1f}", f"{100 * r['focal']:.2f}", *_cost(r, 1))
            for way, r in results.items()
        ],
    )


def fit_table() -> Table:
    """The body fit against AIST++'s schedule."""
    results = {name: _measured("fit", way, "") for name, way in FIT_WAYS.items()}
    rows = []
    for name, r in results.items():
        error = "as engine smplx" if r["joints"] is None else f"{r['joints']:.1f}"
        cpu, mib = _cost(r, 2)
        rows.append((name, error, cpu, f"{r['cpu'] / results['engine native']['cpu']:.0f}", mib))
    return new_table(
        f"body fit, built-in body, coco17, {FIT_FRAMES} frames, 1 cm of noise; AIST++ over the "
        f"mesh: {AIST_MESH_STEPS} of {AIST_STEPS} steps run, CPU time scaled up",
        ("way", "joints mm", "CPU s", "ratio", "peak MiB"),
        rows,
    )


def long_table() -> Table:
    """10,000 frames: time and memory."""
    return new_table(
        f"{LONG_FRAMES:,} frames, coco17, native",
        ("step", "CPU s", "peak MiB"),
        [(step, *_cost(_measured("long", step, "typical"), 0)) for step in LONG_STEPS],
    )


def _measured(task: str, way: str, level: str) -> dict:
    return measuring.in_a_process("development.benchmarks.motion", task=task, way=way, level=level)


def _cost(result: dict, decimals: int) -> tuple[str, str]:
    return f"{result['cpu']:.{decimals}f}", f"{result['mib']:.0f}"


def measure(task: str, way: str, level: str) -> dict:
    """One way of one task, measured in this process."""
    measures = {
        "triangulation": _measure_triangulation,
        "cameras": _measure_cameras,
        "fit": _measure_fit,
        "long": _measure_long,
    }
    with threadpool_limits(1):
        done = measures[task](way, level)
    return done | {"mib": measuring.peak_mib()}


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What ``work`` returns, and its CPU seconds."""
    start = time.process_time()
    return work(), time.process_time() - start


def _measure_triangulation(way: str, level: str) -> dict:
    from infer_multiview_triangulation.multiview_geometry import SKELETONS, Options, reconstruct
    from infer_multiview_triangulation.multiview_geometry import anipose_engine as anipose

    points = stick_dancer(FRAMES, seed=SEED)
    cameras = studio(seed=SEED)
    seen = detect(points, cameras, "coco17", LEVELS[level], SEED)
    skeleton = SKELETONS["coco17"]
    if way == "native":
        done, cpu = _timed(lambda: reconstruct(seen[:, :, None], cameras, skeleton, Options()))
        options = Options(method="plain", optimise=False)
        plain = reconstruct(seen[:, :, None], cameras, skeleton, options).keypoints3d
        optimised = done.keypoints3d_optim
    else:
        plain, first = _timed(lambda: anipose.triangulate(cameras, seen))
        optimised, second = _timed(lambda: anipose.optimise(cameras, seen, skeleton.bones))
        cpu = first + second
    errors = [float(np.nanmean(_distances(found, points))) for found in (plain, optimised)]
    return {"plain": errors[0], "optimised": errors[1], "cpu": cpu}


def _distances(points: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points - truth, axis=-1)


def _measure_cameras(way: str, level: str) -> dict:
    from infer_multiview_triangulation.multiview_geometry import anipose_engine as anipose
    from infer_multiview_triangulation.multiview_geometry.calibration.bundle import bundle_adjust
    from infer_multiview_triangulation.multiview_geometry.calibration.unposed import (
        pose_cameras,
        unposed_camera,
    )
    from infer_multiview_triangulation.multiview_geometry.cameras.aist_ring import SIZE, ring_camera
    from infer_multiview_triangulation.multiview_geometry.cameras.alignment import fit_similarity

    truth = studio(seed=SEED)
    points = stick_dancer(CAMERA_FRAMES, seed=SEED)
    seen = detect(points, truth, "coco17", LEVELS[level], SEED)
    ring = [ring_camera(index) for index in range(1, 10)]
    blank = [unposed_camera(camera.name, SIZE) for camera in truth]
    ways: dict[str, Callable[[], Sequence]] = {
        "aniposelib": lambda: anipose.adjust(ring, seen),
        "native": lambda: bundle_adjust(ring, seen, True),
        "native, no first guess": lambda: pose_cameras(blank, seen)[0],
    }
    cameras, cpu = _timed(ways[way])
    centres, true_centres = (np.stack([c.centre for c in group]) for group in (cameras, truth))
    aligned = fit_similarity(centres, true_centres)(centres)
    pairs = zip(cameras, truth, strict=True)
    focal = np.mean([abs(a.matrix[0, 0] / b.matrix[0, 0] - 1) for a, b in pairs])
    error = _distances(aligned, true_centres).mean()
    return {"centres": float(error), "focal": float(focal), "cpu": cpu}


def _measure_fit(way: str, _: str) -> dict:
    from development.synthetic.body_capture import joints_of, keypoints_of
    from development.synthetic.motion import dance
    from infer_smpl_fit.smpl_body.loader import load_body
    from infer_smpl_fit.smpl_body.model import world_transforms
    from infer_smpl_fit.smpl_fitting import fit_body
    from infer_smpl_fit.smpl_fitting.rotations import exponential

    model = load_body(None)
    poses, transl = dance(SEED, FIT_FRAMES, 60.0, rest_joints=model.rest_joints)
    clean = keypoints_of(model, poses, transl, convention="coco17")
    seen = clean + np.random.default_rng(SEED).normal(0, 0.01, clean.shape)
    if way == "AIST++ mesh":
        from infer_smpl_fit.smpl_body.conventions import CONVENTIONS
        from infer_smpl_fit.smpl_descent.descent import descend
        from infer_smpl_fit.smpl_descent.points import compared_points

        columns, compared = compared_points(CONVENTIONS["coco17"])
        points = 100 * seen[:, columns]
        cpu = _timed(
            lambda: descend(model, points, compared, steps=AIST_MESH_STEPS, is_whole=True)
        )[1]
        return {"joints": None, "cpu": cpu * AIST_STEPS / AIST_MESH_STEPS}
    if way == "smplx":
        from infer_smpl_fit.smpl_descent.fit import descend_body

        fit, cpu = _timed(lambda: descend_body(model, seen, "coco17", fps=60.0, units="m"))
    else:
        fit, cpu = _timed(lambda: fit_body(model, seen, "coco17", fps=60.0, units="m"))
    places = world_transforms(exponential(fit.poses), model.joints(fit.betas), model.parents)[1]
    joints = fit.scaling * places + fit.transl[:, None]
    # Metres, of SMPL's first 22 joints.
    error = _distances(joints, joints_of(model, poses, transl))[:, :22].mean()
    return {"joints": 1000 * float(error), "cpu": cpu}


def _measure_long(step: str, level: str) -> dict:
    from infer_multiview_triangulation.multiview_geometry import SKELETONS, Options, reconstruct
    from infer_smpl_fit.smpl_body.loader import load_body
    from infer_smpl_fit.smpl_fitting import fit_body

    points = stick_dancer(LONG_FRAMES, seed=SEED)
    if step == "body fit":
        model = load_body(None)
        noisy = points + np.random.default_rng(SEED).normal(0, 1.0, points.shape)
        return {"cpu": _timed(lambda: fit_body(model, noisy, "coco17", fps=60.0, units="cm"))[1]}
    cameras = studio((1, 3, 5, 7) if "4" in step else range(1, 10), seed=SEED)
    seen = detect(points, cameras, "coco17", LEVELS[level], SEED)[:, :, None]
    return {"cpu": _timed(lambda: reconstruct(seen, cameras, SKELETONS["coco17"], Options()))[1]}


if __name__ == "__main__":
    measuring.answer(measure)
