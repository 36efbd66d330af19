"""Bodies in other postures and of other sizes, and hands: what the fit finds of them."""

from __future__ import annotations

import numpy as np
from rich.table import Table

from development.synthetic.body_capture import joints_of, keypoints_of
from development.synthetic.hands import (
    hand_columns,
    hand_errors,
    keypoints_with_knuckles,
    twisting_dance,
)
from development.synthetic.motion import dance
from development.synthetic.postures import posture
from development.tables import new_table
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import BodyModel, world_transforms
from infer_smpl_fit.smpl_fitting import Fit, fit_body
from infer_smpl_fit.smpl_fitting.rotations import exponential

SEEDS = (901, 902, 903)
FRAMES, NOISE, MISSING = 120, 0.01, 0.05
# Posture, frames a second, and how much of its noise a frame has from the one before.
CAPTURES = {
    "dance": ("dance", 60.0, 0.0),
    "dance, 30/s": ("dance", 30.0, 0.0),
    "dance, noise AR(0.95)": ("dance", 60.0, 0.95),
    "lying": ("lying", 60.0, 0.0),
    "handstand": ("handstand", 60.0, 0.0),
    "seated": ("seated", 60.0, 0.0),
}
POSTURE_SEEDS = range(951, 957)
# What the fit is told: the keypoints alone, or which way is up as well, as cameras tell it.
TOLD = {"alone": None, "and up": np.array((0.0, 1.0, 0.0))}
SIZES = (0.5, 0.6, 0.75, 0.9, 1.0, 1.1, 1.2)
WITH_HANDS = ("wholebody133", "mediapipe33", "body25_hands")


def posture_table() -> Table:
    """Dances, and postures that are no stand on two feet, by the keypoints of two detectors."""
    model = load_body(None)
    rows = []
    for name, (kind, fps, memory) in CAPTURES.items():
        cells = []
        for convention in ("coco17", "body25"):
            found = np.array(
                [
                    _postured(model, kind, convention, seed=seed, fps=fps, memory=memory)
                    for seed in POSTURE_SEEDS
                ]
            )
            cells += [f"{value:.1f}" for value in found.mean(axis=0)]
            cells.append(f"{found[:, 0].max():.1f}")
        rows.append((name, *cells))
    return new_table(
        f"body fit by posture, 2 s, 1 cm of noise, 5 % missing, seeds {POSTURE_SEEDS[0]} to "
        f"{POSTURE_SEEDS[-1]}: mean error of 22 joints in mm",
        ("capture", *(f"{c} {t}" for c in ("coco17", "body25") for t in (*TOLD, "worst"))),
        rows,
    )


def size_table() -> Table:
    """Children and giants: the dance of the built-in body, made smaller and larger."""
    model = load_body(None)
    rows = []
    for size in SIZES:
        found = np.array([_sized(model, size, seed) for seed in SEEDS]).mean(axis=0)
        rows.append(
            (f"{size:g}", *(f"{value:.{n}f}" for value, n in zip(found, (1, 3, 1), strict=True)))
        )
    return new_table(
        f"body fit of people of other sizes, body25, {FRAMES} frames, 1 cm of noise, 5 % missing, "
        f"{len(SEEDS)} seeds",
        ("size", "joints mm", "scaling", "norm of betas"),
        rows,
    )


def hand_table() -> Table:
    """How hands are turned, with the bases of two fingers and without."""
    model = load_body(None)
    rows = []
    for convention in WITH_HANDS:
        found = np.array([_turned(model, convention, seed) for seed in SEEDS]).mean(axis=0)
        rows.append((convention, *(f"{value:.1f}" for value in found)))
    return new_table(
        f"hands of dances with twisting forearms, {FRAMES} frames, 1 cm of noise, 5 % missing, "
        f"{len(SEEDS)} seeds: mean error in degrees",
        ("keypoints", "with knuckles", "without"),
        rows,
    )


def _postured(
    model: BodyModel, kind: str, convention: str, *, seed: int, fps: float, memory: float
) -> list[float]:
    """Millimetres, by what the fit is told."""
    poses, transl = posture(kind, seed, int(2 * fps), fps, model.rest_joints)
    seen = _seen(keypoints_of(model, poses, transl, convention=convention), seed, memory)
    truth = joints_of(model, poses, transl)
    return [
        _joint_error(model, fit_body(model, seen, convention, fps=fps, units="m", up=upward), truth)
        for upward in TOLD.values()
    ]


def _joint_error(model: BodyModel, fit: Fit, truth: np.ndarray) -> float:
    """Mean millimetres between the 22 joints that all bodies share and the truth (F, 24, 3)."""
    places = world_transforms(exponential(fit.poses), model.joints(fit.betas), model.parents)[1]
    away = fit.scaling * places + fit.transl[:, None] - truth
    return float(1000 * np.linalg.norm(away, axis=2)[:, :22].mean())


def _seen(points: np.ndarray, seed: int, memory: float = 0.0) -> np.ndarray:
    """Points with noise, of which each frame has the share ``memory`` from the one before."""
    rng = np.random.default_rng((seed, 1))
    noise = rng.normal(0, NOISE, points.shape)
    for frame in range(1, len(noise) if memory else 0):
        noise[frame] = memory * noise[frame - 1] + np.sqrt(1 - memory**2) * noise[frame]
    seen = points + noise
    seen[rng.random(points.shape[:2]) < MISSING] = np.nan
    return seen


def _sized(model: BodyModel, size: float, seed: int) -> tuple[float, float, float]:
    poses, transl = dance(seed, FRAMES, 60.0, rest_joints=model.rest_joints)
    seen = _seen(size * keypoints_of(model, poses, transl, convention="body25"), seed)
    fit = fit_body(model, seen, "body25", fps=60.0, units="m")
    error = _joint_error(model, fit, size * joints_of(model, poses, transl))
    return error, fit.scaling, fit.report["beta_norm"]


def _turned(model: BodyModel, convention: str, seed: int) -> tuple[float, float]:
    poses, transl = twisting_dance(model, seed, FRAMES)
    seen = _seen(keypoints_with_knuckles(model, poses, transl, convention=convention), seed)
    blind = seen.copy()
    blind[:, hand_columns(convention)] = np.nan
    fits = (fit_body(model, given, convention, fps=60.0, units="m") for given in (seen, blind))
    with_hands, without = (float(hand_errors(model, poses, fit.poses).mean()) for fit in fits)
    return with_hands, without
