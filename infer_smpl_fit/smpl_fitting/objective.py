"""The objective: robust distances to the keypoints (Geman and McClure, 1987), priors, smoothness.

Every term is in units of its own standard deviation, so that the weights are those of a maximum a
posteriori estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..smpl_body.conventions import SMPL_JOINTS
from .banded import NormalEquations
from .kinematics import NONE_FREE, Free, Posed, State, frame_jacobian, shared_jacobian
from .priors import LIMIT_SOFTNESS, JointPriors
from .rig import Rig
from .rotations import inverse_left_jacobian, logarithm

KEYPOINT_NOISE = 0.01
# Usual second differences of motion at 60 fps: metres and radians a frame². A trunk is heavy, and
# what it turns is shared out among its joints.
TRANSL_ACCELERATION, ROTATION_ACCELERATION = 0.004, 0.02
TRUNK_ACCELERATIONS = {
    "pelvis": 0.01, "spine1": 0.005, "spine2": 0.005, "spine3": 0.005, "left_collar": 0.005,
    "right_collar": 0.005, "neck": 0.01, "head": 0.01,
}  # fmt: skip
# Both grow with the number of frames: the data would outvote any constant prior on a long clip,
# and what poses cannot explain would end up in the belly.
BETA_WEIGHT, OFFSET_WEIGHT = 0.1, 1.0
# Where nothing is observed, smoothness shall bridge and not the rest pose.
UNOBSERVED_PRIOR = 0.01


@dataclass(frozen=True)
class Observations:
    """The keypoints of F frames, as they were observed.

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

    @property
    def is_observed(self) -> np.ndarray:
        """bool (F, N)."""
        return self.weights > 0

    def select(self, frames: np.ndarray | slice) -> Observations:
        """The observations of some frames."""
        targets, weights, times = (of[frames] for of in (self.targets, self.weights, self.times))
        return Observations(targets, weights, times, self.fps)


@dataclass(frozen=True)
class Objective:
    """All terms for one set of observations.

    Attributes:
        rig: The skeleton.
        observations: What it is fitted to.
        priors: Of the active joints.
        smooth: Weight of smoothness; 1 trusts the data more, 10 less.
    """

    rig: Rig
    observations: Observations
    priors: JointPriors
    smooth: float

    def select(self, frames: np.ndarray | slice) -> Objective:
        """The objective of some frames."""
        return replace(self, observations=self.observations.select(frames))

    def cost(self, posed: Posed, kernel: float) -> float:
        """The value; ``kernel`` is Geman-McClure's scale in metres."""
        state, frames = posed.state, len(self.observations.times)
        distances = np.square(posed.points - self.observations.targets).sum(axis=2)
        scale = kernel * kernel
        robust = self.observations.weights * distances * scale / (scale + distances)
        total = np.sum(robust) / KEYPOINT_NOISE**2
        vectors = logarithm(state.rotations[:, self.rig.active])
        total += np.sum(self._prior_weights() * np.square(vectors))
        total += np.sum(np.square(self.priors.excess(vectors) / LIMIT_SOFTNESS))
        if frames > 2:
            accelerations, _ = self._accelerations(state)
            total += np.sum(self._smoothness_weights() * np.square(accelerations))
        total += BETA_WEIGHT * frames * np.sum(np.square(state.betas))
        offsets = state.offsets / self.rig.offset_spreads[:, None]
        total += OFFSET_WEIGHT * frames * np.sum(np.square(offsets))
        return float(total)

    def normal_equations(
        self, posed: Posed, kernel: float, free: Free = NONE_FREE
    ) -> NormalEquations:
        """The Gauss-Newton system with the robust weights at a state: half the derivatives."""
        frames = len(self.observations.times)
        residuals = posed.points - self.observations.targets
        scale = kernel * kernel
        robust = np.square(scale / (scale + np.square(residuals).sum(axis=2)))
        roots = np.sqrt(self.observations.weights * robust) / KEYPOINT_NOISE
        residuals = (residuals * roots[..., None]).reshape(frames, -1)
        jacobian = frame_jacobian(self.rig, posed) * roots[..., None, None]
        jacobian = jacobian.reshape(frames, residuals.shape[1], -1)
        transposed = jacobian.swapaxes(1, 2)
        diagonal = transposed @ jacobian
        gradient = (transposed @ residuals[..., None])[..., 0]
        shared = shared_jacobian(self.rig, posed, free) * roots[..., None, None]
        shared = shared.reshape(frames, residuals.shape[1], shared.shape[3])
        coupling = transposed @ shared
        flat = shared.reshape(residuals.size, shared.shape[2])
        shared_hessian = flat.T @ flat
        shared_gradient = flat.T @ residuals.ravel()
        self._add_pose_priors(posed.state, diagonal, gradient)
        off_diagonal_1, off_diagonal_2 = self._add_smoothness(posed.state, diagonal, gradient)
        weights, values = self._shared_priors(posed.state, free)
        shared_hessian[np.diag_indices(len(weights))] += weights
        shared_gradient += weights * values
        return NormalEquations(
            diagonal=diagonal,
            off_diagonal_1=off_diagonal_1,
            off_diagonal_2=off_diagonal_2,
            gradient=gradient,
            coupling=coupling,
            shared_hessian=shared_hessian,
            shared_gradient=shared_gradient,
        )

    def _prior_weights(self) -> np.ndarray:
        """(F, A, 3)."""
        is_unobserved = ~self.observations.is_observed.any(axis=1)
        factors = np.where(is_unobserved, UNOBSERVED_PRIOR, 1.0)
        return factors[:, None, None] * self.priors.weights

    def _add_pose_priors(self, state: State, diagonal: np.ndarray, gradient: np.ndarray) -> None:
        """Add the priors on the rotation vectors, by their own derivatives and the chain rule."""
        vectors = logarithm(state.rotations[:, self.rig.active])
        jacobian = inverse_left_jacobian(vectors)
        excess = self.priors.excess(vectors)
        weights = self._prior_weights()
        slopes = weights * vectors + excess / LIMIT_SOFTNESS**2
        curvatures = weights + (excess != 0) / LIMIT_SOFTNESS**2
        blocks = jacobian.swapaxes(-1, -2) @ (curvatures[..., None] * jacobian)
        gradient[:, 3:] += np.einsum("faij,fai->faj", jacobian, slopes).reshape(len(gradient), -1)
        for slot in range(len(self.rig.active)):
            rows = slice(3 + 3 * slot, 6 + 3 * slot)
            diagonal[:, rows, rows] += blocks[:, slot]

    def _smoothness_weights(self) -> np.ndarray:
        """(3 + 3A,): what a squared second difference costs.

        White noise on the acceleration gives second differences a variance that goes with the
        third power of the time step, so that the result does not depend on the frame rate.
        """
        names = [SMPL_JOINTS[j] if j < len(SMPL_JOINTS) else "" for j in self.rig.active]
        turns = [TRUNK_ACCELERATIONS.get(name, ROTATION_ACCELERATION) for name in names]
        usual = np.repeat([TRANSL_ACCELERATION, *turns], 3)
        return self.smooth * (self.observations.fps / 60) ** 3 / np.square(usual)

    def _accelerations(self, state: State) -> tuple[np.ndarray, np.ndarray]:
        """Second differences of the translation, and of the rotations' steps between frames.

        Returns:
            (F - 2, 3 + 3A), zero where the three frames are not consecutive, and the rotations'
            steps, or velocities, (F - 1, A, 3).
        """
        active = state.rotations[:, self.rig.active]
        velocities = logarithm(active[1:] @ active[:-1].swapaxes(-1, -2))
        angular = np.diff(velocities, axis=0).reshape(len(velocities) - 1, -1)
        linear = np.diff(state.transl, n=2, axis=0)
        return np.hstack([linear, angular]) * self._is_consecutive(), velocities

    def _is_consecutive(self) -> np.ndarray:
        """bool (F - 2, 1): triples of frames without a cut."""
        times = self.observations.times
        return (times[2:] - times[:-2] == 2)[:, None]

    def _add_smoothness(
        self, state: State, diagonal: np.ndarray, gradient: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Add to the diagonal blocks and the gradient; return the off-diagonal blocks' diagonals.

        The gradient is exact; in the Hessian the velocities' Jacobians, close to 1, are taken as 1.
        """
        frames, size = gradient.shape
        off_diagonal_1 = np.zeros((max(frames - 1, 0), size))
        off_diagonal_2 = np.zeros((max(frames - 2, 0), size))
        if frames < 3:
            return off_diagonal_1, off_diagonal_2
        weights = self._smoothness_weights()
        triples = weights * self._is_consecutive()
        indices = np.arange(size)
        for shift, factor in ((0, 1.0), (1, 4.0), (2, 1.0)):
            diagonal[shift : frames - 2 + shift, indices, indices] += factor * triples
        off_diagonal_1[:-1] -= 2 * triples
        off_diagonal_1[1:] -= 2 * triples
        off_diagonal_2 += triples
        accelerations, velocities = self._accelerations(state)
        slopes = weights * accelerations
        # A velocity, of frames (t, t + 1), ends one acceleration and begins the next.
        by_velocity = np.zeros((frames - 1, size))
        by_velocity[1:] += slopes
        by_velocity[:-1] -= slopes
        gradient[1:, :3] += by_velocity[:, :3]
        gradient[:-1, :3] -= by_velocity[:, :3]
        angular = by_velocity[:, 3:].reshape(frames - 1, -1, 3)
        left = inverse_left_jacobian(velocities)
        gradient[1:, 3:] += np.einsum("faij,fai->faj", left, angular).reshape(frames - 1, -1)
        gradient[:-1, 3:] -= np.einsum("faji,fai->faj", left, angular).reshape(frames - 1, -1)
        return off_diagonal_1, off_diagonal_2

    def _shared_priors(self, state: State, free: Free) -> tuple[np.ndarray, np.ndarray]:
        """Weights (S,) and values (S,) of the free shared parameters; zero is the likeliest."""
        terms: list[tuple[float | np.ndarray, np.ndarray]] = [(0.0, np.zeros(0))]
        if free.betas:
            terms.append((BETA_WEIGHT, state.betas))
        if free.scaling:
            terms.append((0.0, np.zeros(1)))
        if free.offsets:
            spreads = np.repeat(self.rig.offset_spreads, 3)
            terms.append((OFFSET_WEIGHT / spreads**2, state.offsets.ravel()))
        weights = [np.broadcast_to(weight, len(values)) for weight, values in terms]
        frames = len(self.observations.times)
        return frames * np.concatenate(weights), np.concatenate([values for _, values in terms])
