"""The motion chain against aniposelib 0.8 and AIST++'s descent, on captures whose truth is known.

Each way runs in a process of its own with one BLAS thread, so that seconds and peak memory are its
own; both see the same data. AIST++'s schedule is re-created on smplx: over the whole mesh a few of
its 10,000 steps are run and the time scaled up; over the joints alone, which takes the same steps,
all are run.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from rich.table import Table
from threadpoolctl import threadpool_limits

from development.benchmarks import measuring
from development.benchmarks.aist_descent import STEPS, descend
from development.synthetic.capture import (
    HARD,
    NOISE,
    TYPICAL,
    Faults,
    detect,
    stick_dancer,
    studio,
)
from development.tables import new_table

SEED = 901
FRAMES, CAMERA_FRAMES, FIT_FRAMES = 300, 100, 240
AIST_MESH_STEPS = 20
LEVELS = ("noise", "typical", "hard", "noise AR(0.9)")
WAYS = ("aniposelib", "native")


def triangulation_table() -> Table:
    """Plain and optimised triangulation of 300 frames before nine views."""
    title = f"3D keypoints, 9 views, coco17, {FRAMES} frames: mean error and CPU time"
    columns = ("capture", "way", "DLT cm", "optimised cm", "CPU s", "peak MiB")
    table = new_table(title, columns)
    for level in LEVELS:
        for way in WAYS:
            done = _measured("triangulation", way, level)
            table.add_row(
                level,
                way,
                f"{done['plain']:.2f}",
                f"{done['optimised']:.2f}",
                f"{done['cpu']:.1f}",
                f"{done['mib']:.0f}",
            )
    return table


def camera_table() -> Table:
    """Cameras from AIST's ring, and from nothing."""
    title = f"cameras, 9 views, {CAMERA_FRAMES} frames: error of centres and f"
    table = new_table(title, ("way", "centres cm", "f %", "CPU s", "peak MiB"))
    for way in (*WAYS, "native, no first guess"):
        done = _measured("cameras", way, "typical")
        table.add_row(
            way,
            f"{done['centres']:.1f}",
            f"{100 * done['focal']:.2f}",
            f"{done['cpu']:.1f}",
            f"{done['mib']:.0f}",
        )
    return table


def fit_table() -> Table:
    """The body fit against AIST++'s schedule."""
    title = (
        f"body fit, built-in body, coco17, {FIT_FRAMES} frames, 1 cm of noise; AIST++ over the "
        f"mesh: {AIST_MESH_STEPS} of {STEPS} steps run, CPU time scaled up"
    )
    table = new_table(title, ("way", "joints mm", "CPU s", "ratio", "peak MiB"))
    ways = {
        "AIST++'s schedule, mesh": "AIST++ mesh",
        "AIST++'s schedule, joints only": "AIST++ joints",
        "native": "native",
    }
    results = {name: _measured("fit", way, "") for name, way in ways.items()}
    for name, done in results.items():
        error = "as joints only" if done["joints"] is None else f"{done['joints']:.1f}"
        ratio = f"{done['cpu'] / results['native']['cpu']:.0f}"
        table.add_row(name, error, f"{done['cpu']:.2f}", ratio, f"{done['mib']:.0f}")
    return table


def long_table() -> Table:
    """10,000 frames: time and memory."""
    table = new_table("10,000 frames, 4 views, coco17, native", ("step", "CPU s", "peak MiB"))
    for name, task in (("triangulation", "long triangulation"), ("body fit", "long fit")):
        done = _measured(task, "native", "typical")
        table.add_row(name, f"{done['cpu']:.0f}", f"{done['mib']:.0f}")
    return table


def _faults(level: str) -> Faults:
    known = {"noise": NOISE, "typical": TYPICAL, "hard": HARD}
    return known[level] if level in known else replace(NOISE, memory=0.9)


def _measure_triangulation(way: str, level: str) -> dict:
    from infer_multiview_triangulation.multiview_geometry import SKELETONS, Options, reconstruct
    from infer_multiview_triangulation.multiview_geometry import anipose_engine as anipose

    points = stick_dancer(FRAMES, seed=SEED)
    cameras = studio(seed=SEED)
    seen = detect(points, cameras, "coco17", _faults(level), SEED)
    skeleton = SKELETONS["coco17"]
    start = time.process_time()
    if way == "native":
        optimised = reconstruct(seen[:, :, None], cameras, skeleton, Options()).keypoints3d_optim
        cpu = time.process_time() - start
        options = Options(method="plain", optimise=False)
        plain = reconstruct(seen[:, :, None], cameras, skeleton, options).keypoints3d
    else:
        plain = anipose.triangulate(cameras, seen)
        optimised = anipose.optimise(cameras, seen, skeleton.bones)
        cpu = time.process_time() - start
    return {
        "plain": _mean_distance(plain, points),
        "optimised": _mean_distance(optimised, points),
        "cpu": cpu,
    }


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
    seen = detect(stick_dancer(CAMERA_FRAMES, seed=SEED), truth, "coco17", _faults(level), SEED)
    ring = [ring_camera(index) for index in range(1, 10)]
    start = time.process_time()
    if way == "aniposelib":
        cameras = anipose.adjust(ring, seen)
    elif way == "native":
        cameras = bundle_adjust(ring, seen, True)
    else:
        blank = [unposed_camera(camera.name, SIZE) for camera in truth]
        cameras, _ = pose_cameras(blank, seen)
    cpu = time.process_time() - start
    centres, true_centres = (np.stack([c.centre for c in group]) for group in (cameras, truth))
    aligned = fit_similarity(centres, true_centres)(centres)
    error = np.linalg.norm(aligned - true_centres, axis=1).mean()
    pairs = zip(cameras, truth, strict=True)
    focal = np.mean([abs(a.matrix[0, 0] / b.matrix[0, 0] - 1) for a, b in pairs])
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
    truth = joints_of(model, poses, transl)
    if way == "AIST++ mesh":
        done = descend(model, 100 * seen, "mesh", steps=AIST_MESH_STEPS)
        return {"joints": None, "cpu": done.cpu * STEPS / AIST_MESH_STEPS}
    if way == "AIST++ joints":
        done = descend(model, 100 * seen, "joints", steps=STEPS)
        return {"joints": _joint_error(done.joints / 100, truth), "cpu": done.cpu}
    start = time.process_time()
    fit = fit_body(model, seen, "coco17", fps=60.0, units="m")
    cpu = time.process_time() - start
    places = world_transforms(exponential(fit.poses), model.joints(fit.betas), model.parents)[1]
    return {"joints": _joint_error(places + fit.transl[:, None], truth), "cpu": cpu}


def _joint_error(joints: np.ndarray, truth: np.ndarray) -> float:
    """Millimetres between SMPL's first 22 joints (F, 24, 3), given in metres."""
    return 1000 * float(np.linalg.norm(joints - truth, axis=-1)[:, :22].mean())


def _measure_long(task: str) -> dict:
    from infer_multiview_triangulation.multiview_geometry import SKELETONS, Options, reconstruct
    from infer_smpl_fit.smpl_body.loader import load_body
    from infer_smpl_fit.smpl_fitting import fit_body

    points = stick_dancer(10_000, seed=SEED)
    if task == "long fit":
        noisy = points + np.random.default_rng(SEED).normal(0, 1.0, points.shape)
        start = time.process_time()
        fit_body(load_body(None), noisy, "coco17", fps=60.0, units="cm")
        return {"cpu": time.process_time() - start}
    cameras = studio((1, 3, 5, 7), seed=SEED)
    seen = detect(points, cameras, "coco17", TYPICAL, SEED)
    start = time.process_time()
    reconstruct(seen[:, :, None], cameras, SKELETONS["coco17"], Options())
    return {"cpu": time.process_time() - start}


def _mean_distance(points: np.ndarray, truth: np.ndarray) -> float:
    return float(np.nanmean(np.linalg.norm(points - truth, axis=-1)))


def measure(task: str, way: str, level: str) -> dict:
    """One way of one task, measured in this process."""
    measures = {
        "triangulation": _measure_triangulation,
        "cameras": _measure_cameras,
        "fit": _measure_fit,
    }
    with threadpool_limits(1):
        done = measures[task](way, level) if task in measures else _measure_long(task)
    return done | {"mib": measuring.peak_mib()}


def _measured(task: str, way: str, level: str) -> dict:
    return measuring.in_a_process("development.benchmarks.motion", task=task, way=way, level=level)


if __name__ == "__main__":
    measuring.answer(measure)
