"""The loop: the coarse network, then both end to end; checks on held-out pictures; stop, resume."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..train_background_matting_kit.bgmv2.network import MattingRefine
from ..train_background_matting_kit.optimiser_step import descend
from ..train_background_matting_kit.stopping import ShouldStop, never
from ..train_background_matting_kit.weights import load_state
from .compose import Batch, Composer
from .draws import seed_of
from .held_out import Score, composed, mean_score, score_network
from .options import TrainingOptions, learning_rate
from .pool import Pool
from .start import PARAMETERS
from .steps import base_loss, refined_loss
from .training_data import TrainingData
from .training_state import TrainingState, read_training_state, write_tensors

logger = logging.getLogger(__name__)

STATE, WEIGHTS = "training.pth", "weights.pth"
GRADIENT_NORM, WEIGHT_DECAY = 1.0, 1e-3
DIVERGED = "lower the learning rates; resume goes on from the last look at what is held out"
COARSE_SCALE, ZOOM = 0.25, 1.5
# Share of the first stage that small crops take; whole pictures follow.
CROPS_SHARE = 0.65
# Share of a crop's pixels that is refined while training, and pixels of a picture when checking.
REFINED_SHARE, REFINED_PIXELS = 0.12, 80_000
# What the random numbers of checks, batches and dropout begin with.
CHECKS, BATCHES, DROPOUT = 0, 1, 2


@dataclass(frozen=True)
class Progress:
    """Where training stands at a check.

    Attributes:
        step: Steps done, of both stages.
        stage: ``base`` or ``refine``: what the last step trained.
        loss: Mean loss since the check before; NaN before the first step.
        score: The mean over the held-out pictures.
        is_best: Whether its MAD is the lowest so far.
    """

    step: int
    stage: str
    loss: float
    score: Score
    is_best: bool


class Trainer:
    """Trains a network on a user's foregrounds and plates.

    ``weights.pth`` in ``folder`` is the network of the lowest held-out MAD so far, a state_dict as
    ``infer_background_matting`` reads it; ``training.pth`` is what resuming needs.
    """

    def __init__(
        self, options: TrainingOptions, data: TrainingData, folder: Path, start: MattingRefine
    ) -> None:
        self.options, self.folder, self.data = options, folder, data
        self._device = torch.device(options.device)
        self._amp = self._device.type == "cuda"
        # PyTorch's own annotations leave the memory format out.
        self._network = start.to(self._device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._optimiser = self._new_optimiser("base" if options.base_steps else "refine")
        self.step, self.best = 0, math.inf
        self.history: list[dict[str, float]] = []
        self._losses: tuple[float, int] = (0.0, 0)
        compose = self._composer
        self._composers = {
            "crops": compose(data.training.small, pixel_scale=COARSE_SCALE, zoom=ZOOM),
            "pictures": compose(data.training.small, pixel_scale=COARSE_SCALE),
            "refine": compose(data.training.full, zoom=ZOOM),
        }
        validation = Composer(
            data.held_out, torch.device("cpu"), 0, augmentation=options.augmentation
        )
        key = (options.seed, CHECKS)
        self.held_out = composed(validation, options.checked, options.picture_size, key)

    def _composer(self, pool: Pool, **scales: float) -> Composer:
        augmentation = self.options.augmentation
        return Composer(pool, self._device, 0, augmentation=augmentation, **scales)

    def resume(self) -> None:
        """Go on from the folder's ``training.pth``.

        Raises:
            FileNotFoundError: There is none.
            ValueError: It is of another network, is damaged, or was trained on what is held out.
        """
        path = self.folder / STATE
        state = read_training_state(path, self._network.variant)
        self.data.check_held_out(state.trained_on, path)
        load_state(self._network, state.state_dict, path, parameters=PARAMETERS)
        self._optimiser = self._new_optimiser(self._stage_of(max(0, state.step - 1)))
        state.restore_optimiser(self._optimiser, path)
        has_best = (self.folder / WEIGHTS).is_file()
        self.step, self.best = state.step, state.best if has_best else math.inf
        self._losses, self.history = state.losses, state.history
        wanted = (self.options.base_steps, self.options.refine_steps)
        if state.stage_steps != wanted:
            logger.warning("the steps were %s and are %s from now on", state.stage_steps, wanted)

    def run(
        self,
        report: Callable[[Progress], None] = lambda progress: None,
        should_stop: ShouldStop = never,
        step_done: Callable[[], None] = lambda: None,
    ) -> bool:
        """Train until the last step or until ``should_stop``; ``report`` after each check.

        Stopped, what was reached is kept in ``training.pth``, and resuming goes on with the next
        step, as if nothing had been in between.

        Returns:
            Whether all steps were done.

        Raises:
            RuntimeError: Training diverged; what the last check kept stays.
        """
        options = self.options
        if not self.history:
            self._check(report)
        while self.step < options.steps:
            if should_stop():
                self._save()
                return False
            stage = self._stage_of(self.step)
            if self.step == options.base_steps and self.step:
                self._optimiser = self._new_optimiser(stage)
            total, count = self._losses
            self._losses = (total + self._trained(stage), count + 1)
            self.step += 1
            step_done()
            if self.step % options.check_every == 0 or self.step == options.steps:
                self._check(report)
        return True

    def _stage_of(self, step: int) -> str:
        return "base" if step < self.options.base_steps else "refine"

    def _new_optimiser(self, stage: str) -> torch.optim.AdamW:
        options = self.options
        rates = options.base_rates if stage == "base" else options.refine_rates
        parts = dict(self._network.named_children())
        self._peaks = [getattr(rates, part) for part in parts]
        groups = [{"params": list(module.parameters())} for module in parts.values()]
        return torch.optim.AdamW(groups, lr=1.0, weight_decay=WEIGHT_DECAY)

    def _trained(self, stage: str) -> float:
        """Train for a step, all of whose random numbers seed and step alone decide."""
        options = self.options
        first, count = 0, options.base_steps
        if stage == "refine":
            first, count = options.base_steps, options.refine_steps
        progress = (self.step - first + 0.5) / count
        factor = learning_rate(progress)
        for group, peak in zip(self._optimiser.param_groups, self._peaks, strict=True):
            group["lr"] = peak * factor
        batch = self._batch(stage, progress)
        self._network.train()
        devices = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed_of(options.seed, DROPOUT, self.step))
            loss: Tensor = (base_loss if stage == "base" else refined_loss)(
                self._network, batch, self._amp
            )
        return descend(
            self._optimiser,
            self._network.parameters(),
            loss,
            most_norm=GRADIENT_NORM,
            remedy=DIVERGED,
        )

    def _batch(self, stage: str, progress: float) -> Batch:
        """The next batch: small crops first, whole coarse pictures at the end of the base."""
        options = self.options
        height, width = options.picture_size
        name, size, shape = "refine", options.refine_batch, options.crop_size
        if stage == "refine":
            self._network.refiner.sample_pixels = round(REFINED_SHARE * shape[0] * shape[1])
        elif progress < CROPS_SHARE:
            name, size, shape = "crops", options.base_batch, options.base_size
        else:
            size, shape = max(2, options.base_batch // 2), (height // 4, width // 4)
            name = "pictures"
        composer = self._composers[name]
        composer.draws.restart(options.seed, BATCHES, self.step)
        return composer.batch(size, *shape)

    def _check(self, report: Callable[[Progress], None]) -> None:
        """Score, keep the weights if they are the best, and the state."""
        self._network.refiner.sample_pixels = REFINED_PIXELS
        score = mean_score(score_network(self._network, self.held_out))
        total, count = self._losses
        loss, self._losses = total / count if count else math.nan, (0.0, 0)
        is_best = score.mad < self.best
        if is_best:
            self.best = score.mad
            write_tensors(self._weights(), self.folder / WEIGHTS)
        progress = Progress(self.step, self._stage_of(max(0, self.step - 1)), loss, score, is_best)
        # JSON knows no NaN.
        values = {"step": self.step, "is_best": is_best, **asdict(score)}
        self.history.append(values | ({"loss": loss} if count else {}))
        self._save()
        report(progress)

    def _weights(self) -> dict[str, Tensor]:
        state = self._network.state_dict()
        return {key: value.detach().cpu().contiguous() for key, value in state.items()}

    def _save(self) -> None:
        TrainingState(
            backbone=self._network.variant,
            state_dict=self._weights(),
            optimiser=self._optimiser.state_dict(),
            step=self.step,
            stage_steps=(self.options.base_steps, self.options.refine_steps),
            best=self.best,
            losses=self._losses,
            trained_on=self.data.trained_on,
            history=self.history,
        ).write(self.folder / STATE)
