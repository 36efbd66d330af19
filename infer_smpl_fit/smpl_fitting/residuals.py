"""The objective: robust distances to the keypoints (Geman and McClure, 1987), priors, smoothness.

Every term is in units of its own standard deviation, so that the weights are those of a maximum a
posteriori estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .jacobian import (
    FIXED,
    Posed,
    Shared,
    State,
    frame_jacobian,
    scale_jacobian,
    shape_jacobian,
)
from .priors import LIMIT_SOFTNESS, JointPriors
from .rig import Rig
from .rotations import inverse_left_jacobian, logarithm

KEYPOINT_NOISE = 0.01
# Usual second differences of motion at 60 fps: metres and radians a frame².
TRANSL_BEND, ROTATION_BEND = 0.004, 0.02
OFFSET_SPREAD = 0.03
# Both grow with the number of frames: the data would outvote any constant prior on a long clip,
# and what poses cannot explain would end up in the belly.
BETA_WEIGHT, OFFSET_WEIGHT = 0.1, 1.0
# Where nothing is seen, smoothness shall bridge and not the rest pose.
UNSEEN_PRIOR = 0.01


@dataclass(frozen=True)
class Observations:
    """What the fit sees of F frames.

    Attributes:
        targets: (F, N, 3), metres; zero where missing.
        weights: (F, N), confidence; zero where missing.
        times: int (F,), rising; smoothness reaches only across consecutive ones.
        fps: Frames a second.
    """

    targets: np.ndarray
    weights: np.ndarray
    times: np.ndarray
    fps: float

    def frames(self, chosen: np.ndarray | slice) -> Observations:
        """Some of the frames."""
        return Observations(
            self.targets[chosen], self.weights[chosen], self.times[chosen], self.fps
        )


@dataclass(frozen=True)
class Normal:
    """The Gauss-Newton system, half the objective's gradient on its right.

    Attributes:
        diagonal: (F, n, n) with n = 3 + 3A.
        next_one, next_two: (F - 1, n) and (F - 2, n), diagonals of the blocks beside it.
        gradient: (F, n).
        coupling: (F, n, S), with what all frames share.
        shared_matrix: (S, S).
        shared_gradient: (S,).
    """

    diagonal: np.ndarray
    next_one: np.ndarray
    next_two: np.ndarray
    gradient: np.ndarray
    coupling: np.ndarray
    shared_matrix: np.ndarray
    shared_gradient: np.ndarray


@dataclass(frozen=True)
class Objective:
    """All terms for one set of observations.

    Attributes:
        rig: The skeleton.
        seen: The observations.
        priors: Of the active joints.
        smooth: Weight of smoothness; 1 trusts the data more, 10 less.
    """

    rig: Rig
    seen: Observations
    priors: JointPriors
    smooth: float

    def cost(self, state: State, posed: Posed, kernel: float) -> float:
        """The value; ``kernel`` is Geman-McClure's scale in metres."""
        away = np.square(posed.points - self.seen.targets).sum(axis=2)
        squared = kernel * kernel
        total = np.sum(self.seen.weights * away * squared / (squared + away)) / KEYPOINT_NOISE**2
        vectors = logarithm(state.rotations[:, self.rig.active])
        beyond = self._beyond(vectors)
        total += np.sum(self._prior_weights() * np.square(vectors))
        total += np.sum(np.square(beyond / LIMIT_SOFTNESS))
        frames = len(self.seen.times)
        if frames > 2:
            bends, _ = self._second_differences(state)
            total += np.sum(self._smooth_weights() * np.square(bends))
        total += BETA_WEIGHT * frames * np.sum(np.square(state.betas))
        total += OFFSET_WEIGHT * frames * np.sum(np.square(state.offsets / OFFSET_SPREAD))
        return float(total)

    def normal(self, state: State, posed: Posed, kernel: float, shared: Shared = FIXED) -> Normal:
        """The system of one Gauss-Newton step with the robust weights at this state."""
        rig, frames = self.rig, len(self.seen.times)
        residuals = posed.points - self.seen.targets
        squared = kernel * kernel
        robust = np.square(squared / (squared + np.square(residuals).sum(axis=2)))
        roots = np.sqrt(self.seen.weights * robust) / KEYPOINT_NOISE
        residuals = (residuals * roots[..., None]).reshape(frames, -1)
        jacobian = frame_jacobian(rig, posed) * roots[..., None, None]
        jacobian = jacobian.reshape(frames, residuals.shape[1], -1)
        transposed = jacobian.swapaxes(1, 2)
        diagonal = transposed @ jacobian
        gradient = (transposed @ residuals[..., None])[..., 0]
        common = self._shared_jacobian(state, posed, shared) * roots[..., None, None]
        common = common.reshape(frames, residuals.shape[1], common.shape[3])
        coupling = transposed @ common
        flat = common.reshape(residuals.size, common.shape[2])
        shared_matrix = flat.T @ flat
        shared_gradient = flat.T @ residuals.ravel()
        self._add_pose_priors(state, diagonal, gradient)
        next_one, next_two = self._add_smoothness(state, diagonal, gradient)
        self._add_shared_priors(state, shared, shared_matrix, shared_gradient)
        return Normal(
            diagonal, next_one, next_two, gradient, coupling, shared_matrix, shared_gradient
        )

    def _shared_jacobian(self, state: State, posed: Posed, shared: Shared) -> np.ndarray:
        """(F, N, 3, S)."""
        frames, count = posed.points.shape[:2]
        parts = [np.zeros((frames, count, 3, 0))]
        if shared.betas:
            parts.append(shape_jacobian(self.rig, state, posed))
        if shared.scaling:
            parts.append(scale_jacobian(state, posed))
        if shared.offsets:
            offsets = np.zeros((frames, count, 3, count, 3))
            each = np.arange(count)
            bones = state.scaling * posed.world[:, self.rig.bones]
            offsets[:, each, :, each] = bones.swapaxes(0, 1)
            parts.append(offsets.reshape(frames, count, 3, -1))
        return np.concatenate(parts, axis=3)

    def _beyond(self, vectors: np.ndarray) -> np.ndarray:
        """(F, A, 3): by how much rotation vectors pass their limits, signed."""
        return vectors - np.clip(vectors, self.priors.lowest, self.priors.highest)

    def _prior_weights(self) -> np.ndarray:
        """(F, A, 3)."""
        unseen = ~(self.seen.weights > 0).any(axis=1)
        return np.where(unseen, UNSEEN_PRIOR, 1.0)[:, None, None] * self.priors.weights

    def _add_pose_priors(self, state: State, diagonal: np.ndarray, gradient: np.ndarray) -> None:
        vectors = logarithm(state.rotations[:, self.rig.active])
        turn = inverse_left_jacobian(vectors)
        beyond = self._beyond(vectors)
        weights = self._prior_weights()
        pull = weights * vectors + beyond / LIMIT_SOFTNESS**2
        stiff = weights + (beyond != 0) / LIMIT_SOFTNESS**2
        blocks = turn.swapaxes(-1, -2) @ (stiff[..., None] * turn)
        gradient[:, 3:] += np.einsum("faij,fai->faj", turn, pull).reshape(len(gradient), -1)
        for slot in range(len(self.rig.active)):
            at = slice(3 + 3 * slot, 6 + 3 * slot)
            diagonal[:, at, at] += blocks[:, slot]

    def _smooth_weights(self) -> np.ndarray:
        """(3 + 3A,): what a squared second difference costs.

        White noise on the acceleration gives second differences a variance that goes with the
        third power of the time step, so that the result does not depend on the frame rate.
        """
        bend = np.full(3 + 3 * len(self.rig.active), ROTATION_BEND)
        bend[:3] = TRANSL_BEND
        return self.smooth * (self.seen.fps / 60) ** 3 / np.square(bend)

    def _second_differences(self, state: State) -> tuple[np.ndarray, np.ndarray]:
        """Those of translation and of the rotations' steps from frame to frame.

        Returns:
            (F - 2, 3 + 3A), zero where the three frames are not consecutive, and the rotations'
            steps (F - 1, A, 3).
        """
        active = state.rotations[:, self.rig.active]
        steps = logarithm(active[1:] @ active[:-1].swapaxes(-1, -2))
        bends = np.diff(steps, axis=0).reshape(len(steps) - 1, 3 * len(self.rig.active))
        moved = np.diff(state.transl, n=2, axis=0)
        return np.hstack([moved, bends]) * self._consecutive()[:, None], steps

    def _consecutive(self) -> np.ndarray:
        """bool (F - 2,): triples without a cut."""
        return self.seen.times[2:] - self.seen.times[:-2] == 2

    def _add_smoothness(
        self, state: State, diagonal: np.ndarray, gradient: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Add to the diagonal blocks and the gradient; return the diagonals of the outer blocks.

        The gradient is exact; in the matrix the steps' Jacobians, close to 1, are taken as 1.
        """
        frames, size = gradient.shape
        next_one = np.zeros((max(frames - 1, 0), size))
        next_two = np.zeros((max(frames - 2, 0), size))
        if frames < 3:
            return next_one, next_two
        weights = self._smooth_weights()
        bends, steps = self._second_differences(state)
        pull = weights * bends
        per_triple = weights * self._consecutive()[:, None]
        spread = np.zeros((frames, size))
        for shift, factor in ((0, 1.0), (1, 4.0), (2, 1.0)):
            spread[shift : frames - 2 + shift] += factor * per_triple
        each = np.arange(size)
        diagonal[:, each, each] += spread
        next_one[:-1] -= 2 * per_triple
        next_one[1:] -= 2 * per_triple
        next_two += per_triple
        # The pull on a step (t, t + 1): it ends one bend and begins the next.
        on_steps = np.zeros((frames - 1, size))
        on_steps[1:] += pull
        on_steps[:-1] -= pull
        gradient[1:, :3] += on_steps[:, :3]
        gradient[:-1, :3] -= on_steps[:, :3]
        turns = on_steps[:, 3:].reshape(frames - 1, -1, 3)
        left = inverse_left_jacobian(steps)
        gradient[1:, 3:] += np.einsum("faij,fai->faj", left, turns).reshape(frames - 1, -1)
        gradient[:-1, 3:] -= np.einsum("faji,fai->faj", left, turns).reshape(frames - 1, -1)
        return next_one, next_two

    def _add_shared_priors(
        self, state: State, shared: Shared, matrix: np.ndarray, gradient: np.ndarray
    ) -> None:
        if not len(gradient):
            return
        frames = len(self.seen.times)
        weights = np.full(len(gradient), OFFSET_WEIGHT * frames / OFFSET_SPREAD**2)
        values = np.zeros(len(gradient))
        at = 0
        if shared.betas:
            at = len(state.betas)
            weights[:at] = BETA_WEIGHT * frames
            values[:at] = state.betas
        if shared.scaling:
            weights[at], at = 0.0, at + 1
        if shared.offsets:
            values[at:] = state.offsets.ravel()
        matrix[np.diag_indices(len(gradient))] += weights
        gradient += weights * values
