"""The loop: epochs over pairs of frames, validation on clips set aside, best and last weights."""

import logging
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..train_flow_matting_kit.flow.checkpoint import (
    Architecture,
    checkpoint_of,
    load_weights,
    write_checkpoint,
)
from ..train_flow_matting_kit.flow.matte_metrics import MatteScore
from ..train_flow_matting_kit.flow.network import FlowMattingNetwork, predicted_alpha
from ..train_flow_matting_kit.optimiser_step import descend
from ..train_flow_matting_kit.stopping import ShouldStop, never
from .batches import Batch, batches
from .clip_files import Split
from .losses import matte_loss, validate
from .prepared import PreparedClip
from .training_state import TrainingState, read_training_state

logger = logging.getLogger(__name__)

LAST, BEST = "last.pth", "best.pth"
GRADIENT_NORM = 1.0
LEAST_RATE = 0.02
DIVERGED = "lower learning_rate; resume goes on from the last whole epoch, if there is one"


@dataclass(frozen=True)
class TrainingOptions:
    """What training depends on.

    Attributes:
        epochs: How many times each frame is seen.
        batch_size: Pairs of neighbouring frames a step.
        learning_rate: AdamW's, falling along a half cosine.
        width: Channels of the network's first level, a multiple of 8.
        uses_matte: Whether the network corrects a coarse matte, or mattes from picture and flow.
        crop: Side of the training crops in pixels at most.
        seed: Of weights, order and crops.
        device: cpu, or a CUDA device.
    """

    epochs: int = 20
    batch_size: int = 4
    learning_rate: float = 1e-3
    width: int = 16
    uses_matte: bool = True
    crop: int = 192
    seed: int = 0
    device: str = "cpu"

    @property
    def architecture(self) -> Architecture:
        return Architecture(self.width, self.uses_matte)


@dataclass(frozen=True)
class Progress:
    """Where training stands after an epoch (0: before the first).

    Attributes:
        epoch: Epochs done.
        loss: Mean training loss of the epoch; NaN before the first.
        score: On the clips set aside.
        is_best: Whether its MAD is the lowest so far.
    """

    epoch: int
    loss: float
    score: MatteScore
    is_best: bool


class Trainer:
    """Trains a network on prepared clips; ``last.pth`` and ``best.pth`` go into ``folder``."""

    def __init__(
        self, options: TrainingOptions, clips: Split[PreparedClip], folder: str | Path
    ) -> None:
        self.options, self.folder = options, Path(folder)
        self._clips = clips
        self.epoch, self.best = 0, math.inf
        # Steps of the current epoch that are done already.
        self._steps = 0
        self._network = initial_network(options).to(options.device)
        self._optimiser = torch.optim.AdamW(self._network.parameters(), lr=options.learning_rate)

    def resume(self) -> None:
        """Go on from the folder's ``last.pth``.

        Raises:
            FileNotFoundError: There is none.
            ValueError: It was trained with another network, or is damaged.
        """
        path = self.folder / LAST
        if not path.is_file():
            raise FileNotFoundError(f"there is no {path} to resume from")
        content, state = read_training_state(path, self.options.architecture)
        load_weights(self._network, content, path)
        state.restore_optimiser(self._optimiser, path)
        self.epoch, self._steps, self.best = state.epoch, state.steps, state.best

    def run(
        self,
        report: Callable[[Progress], None] = lambda progress: None,
        should_stop: ShouldStop = never,
        step_done: Callable[[], None] = lambda: None,
    ) -> bool:
        """Train until the last epoch or until ``should_stop``; ``report`` after each epoch.

        Stopped in an epoch, what was reached is kept in ``last.pth``, and resuming goes on with the
        epoch's next step.

        Returns:
            Whether all epochs were done.

        Raises:
            RuntimeError: Training diverged; what the epoch before left stays.
        """
        if self.epoch == 0 and self._steps == 0:
            report(self._progress(math.nan))
        while self.epoch < self.options.epochs:
            loss = self._epoch(should_stop, step_done)
            if loss is None:
                self._save(LAST)
                return False
            self.epoch += 1
            report(self._progress(loss))
            self._save(LAST)
        return True

    def _epoch(self, should_stop: ShouldStop, step_done: Callable[[], None]) -> float | None:
        """The epoch's mean loss; None if it was stopped."""
        options = self.options
        self._network.train()
        rng = np.random.default_rng((options.seed, self.epoch))
        clips = self._clips.training
        pairs = sum(len(clip) - 1 for clip in clips)
        steps = math.ceil(pairs / options.batch_size)
        losses = []
        epoch = batches(clips, options.batch_size, options.crop, rng=rng)
        for step, batch in enumerate(epoch):
            if step < self._steps:
                continue
            if should_stop():
                return None
            self._set_rate((self.epoch + step / steps) / options.epochs)
            losses.append(self._step(batch))
            self._steps = step + 1
            step_done()
        self._steps = 0
        return float(np.mean(losses)) if losses else math.nan

    def _set_rate(self, share: float) -> None:
        """A half cosine over the whole of training, which needs no state to resume."""
        fall = LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * share))
        for group in self._optimiser.param_groups:
            group["lr"] = self.options.learning_rate * fall

    def _step(self, batch: Batch) -> float:
        flat = batch.map(lambda x: x.to(self.options.device).flatten(0, 1))
        predicted = predicted_alpha(self._network, flat.observation(self.options.uses_matte))
        loss = matte_loss(_in_pairs(predicted), _in_pairs(flat.truth))
        return descend(
            self._optimiser,
            self._network.parameters(),
            loss,
            most_norm=GRADIENT_NORM,
            remedy=DIVERGED,
        )

    def _progress(self, loss: float) -> Progress:
        score = validate(self._network, self._clips.validation, self.options.uses_matte)
        is_best = score.mad < self.best
        if is_best:
            self.best = score.mad
            self._save(BEST)
        return Progress(self.epoch, loss, score, is_best)

    def _save(self, name: str) -> None:
        content = checkpoint_of(self._network, self.options.architecture)
        if name == LAST:
            state = TrainingState(
                optimiser=self._optimiser.state_dict(),
                epoch=self.epoch,
                steps=self._steps,
                best=self.best,
            )
            content |= {**vars(state), "options": asdict(self.options)}
        write_checkpoint(content, self.folder / name)


def initial_network(options: TrainingOptions) -> FlowMattingNetwork:
    """A network that gives the coarse matte back as it is, or 0.5 everywhere without one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        network = options.architecture.build()
    for parameter in network.unet.last.parameters():
        torch.nn.init.zeros_(parameter)
    return network


def _in_pairs(mattes: Tensor) -> Tensor:
    """(2 B, 1, H, W) to (B, 2, H, W)."""
    return mattes.reshape(-1, 2, *mattes.shape[-2:])
