"""The loop: epochs over pairs of frames, validation on clips set aside, best and last weights."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .batches import Batch, batches
from .checkpoint_files import content_of, load_content, save_atomically
from .encoding import FLOW_CHANNELS, predicted_alpha
from .losses import matte_loss
from .matte_metrics import MatteScore
from .network import FlowMattingNetwork
from .prepared import PreparedClip
from .validation import validate

logger = logging.getLogger(__name__)

LAST, BEST = "last.pth", "best.pth"
GRADIENT_NORM = 1.0
LEAST_RATE = 0.02


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
    """Trains a network on prepared clips.

    Args:
        options: What training depends on.
        train, held_out: The clips to learn from, and to validate on.
        folder: Where ``last.pth`` and ``best.pth`` go.

    Example:
        >>> trainer = Trainer(TrainingOptions(), train, held_out, "out")  # doctest: +SKIP
        >>> trainer.run(print)  # doctest: +SKIP
    """

    def __init__(
        self,
        options: TrainingOptions,
        train: list[PreparedClip],
        held_out: list[PreparedClip],
        folder: str | Path,
    ) -> None:
        self.options, self.folder = options, Path(folder)
        self._train, self._held_out = train, held_out
        self.epoch, self.best = 0, math.inf
        # Steps of the current epoch that are done already.
        self._steps = 0
        self._network = started_network(options).to(options.device)
        self._optimiser = torch.optim.AdamW(self._network.parameters(), lr=options.learning_rate)

    def resume(self) -> None:
        """Go on from the folder's ``last.pth``.

        Raises:
            FileNotFoundError: There is none.
            ValueError: It was trained with another network.
        """
        path = self.folder / LAST
        if not path.is_file():
            raise FileNotFoundError(f"there is no {path} to resume from")
        content = load_content(path, self.options.width, self.options.uses_matte)
        self._network.load_state_dict(content["state_dict"])
        self._optimiser.load_state_dict(content["optimiser"])
        self.epoch, self.best = int(content["epoch"]), float(content["best"])
        self._steps = int(content["steps"])

    def run(
        self,
        report: Callable[[Progress], None] = lambda progress: None,
        is_stopped: Callable[[], bool] = lambda: False,
        step_done: Callable[[], None] = lambda: None,
    ) -> bool:
        """Train until the last epoch or until ``is_stopped``; ``report`` after each epoch.

        Stopped in an epoch, what was reached is kept in ``last.pth``, and resuming goes on with the
        epoch's next step.

        Returns:
            Whether all epochs were done.
        """
        if self.epoch == 0 and self._steps == 0:
            report(self._progress(math.nan))
        while self.epoch < self.options.epochs:
            loss = self._epoch(is_stopped, step_done)
            if loss is None:
                self._save(LAST)
                return False
            self.epoch += 1
            report(self._progress(loss))
            self._save(LAST)
        return True

    def _epoch(self, is_stopped: Callable[[], bool], step_done: Callable[[], None]) -> float | None:
        """The epoch's mean loss; None if it was stopped."""
        options = self.options
        self._network.train()
        rng = np.random.default_rng((options.seed, self.epoch))
        pairs = sum(len(clip) - 1 for clip in self._train)
        steps = math.ceil(pairs / options.batch_size)
        losses = []
        for step, batch in enumerate(batches(self._train, options.batch_size, options.crop, rng)):
            if step < self._steps:
                continue
            if is_stopped():
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
        device = self.options.device
        frame, flow, coarse, truth = (
            x.to(device).flatten(0, 1) for x in (batch.frame, batch.flow, batch.coarse, batch.truth)
        )
        predicted = predicted_alpha(
            self._network, frame, flow, coarse if self.options.uses_matte else None, long_side=1
        )
        loss = matte_loss(_clips(predicted), _clips(truth))
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), GRADIENT_NORM)
        self._optimiser.step()
        return float(loss.detach())

    def _progress(self, loss: float) -> Progress:
        options = self.options
        score = validate(self._network, self._held_out, options.uses_matte, options.device)
        is_best = score.mad < self.best
        if is_best:
            self.best = score.mad
            self._save(BEST)
        return Progress(self.epoch, loss, score, is_best)

    def _save(self, name: str) -> None:
        options = self.options
        content = content_of(self._network, options.width, options.uses_matte)
        if name == LAST:
            content |= {
                "optimiser": self._optimiser.state_dict(),
                "epoch": self.epoch,
                "steps": self._steps,
                "best": self.best,
                "options": asdict(options),
            }
        save_atomically(content, self.folder / name)


def started_network(options: TrainingOptions) -> FlowMattingNetwork:
    """A network that gives the coarse matte back as it is, or 0.5 everywhere without one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        channels = FLOW_CHANNELS + options.uses_matte
        network = FlowMattingNetwork(channels, options.width, normalised=True)
    torch.nn.init.zeros_(network.unet.last.weight)
    torch.nn.init.zeros_(network.unet.last.bias)
    return network


def _clips(mattes: Tensor) -> Tensor:
    """(2 B, 1, H, W) to (B, 2, H, W)."""
    return mattes.reshape(-1, 2, *mattes.shape[-2:])
