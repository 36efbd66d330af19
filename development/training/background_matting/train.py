"""Train Background Matting V2 from scratch, or on from weights, on assets that are drawn here.

``python -m development.training.background_matting.train --output DIR`` draws the assets, and has
the engine of ``train_background_matting`` do the rest. The folder then holds what that plugin
writes, ``log.txt``, and the best weights in half precision, as they are shipped.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import torch

from plugin_kit.bgmv2.checkpoint import load_checkpoint
from plugin_kit.bgmv2.network import MattingRefine
from plugin_kit.files import replacing
from train_background_matting.background_matting_training import (
    Augmentation,
    Pools,
    Progress,
    Rates,
    Trainer,
    TrainingData,
    TrainingOptions,
    network_from,
    untrained,
)
from train_background_matting.background_matting_training.training import WEIGHTS

from .pool import build_pool

BACKBONE = "mobilenetv2"
HELD_OUT_SEED, HELD_OUT_ASSETS = 10_000, 24
SHIPPED = f"bgm_{BACKBONE}_fp16.pth"
REFINE_RATES = Rates(backbone=2e-4, aspp=2e-4, decoder=3e-4, refiner=1.5e-3)


def drawn_data(options: argparse.Namespace) -> TrainingData:
    """Draw what is trained on, by the seed, and what is held out, by one of its own."""
    counts = (options.foregrounds, options.backgrounds)
    pool = build_pool(*counts, options.seed, options.processes)
    held_out = build_pool(HELD_OUT_ASSETS, HELD_OUT_ASSETS, HELD_OUT_SEED, options.processes)
    return TrainingData(Pools.of(pool), held_out, [f"drawn by seed {options.seed}"], [])


def half(network: MattingRefine) -> dict[str, torch.Tensor]:
    """The weights as they are shipped: fp16, counters as they are, on the CPU."""
    return {
        key: value.detach().half().cpu() if value.is_floating_point() else value.cpu()
        for key, value in network.state_dict().items()
    }


def training_options(options: argparse.Namespace) -> TrainingOptions:
    rate = options.rate
    return TrainingOptions(
        base_steps=options.base_steps,
        refine_steps=options.refine_steps,
        base_batch=options.base_batch,
        refine_batch=options.refine_batch,
        base_rates=Rates(backbone=rate, aspp=rate, decoder=rate, refiner=rate),
        refine_rates=REFINE_RATES,
        augmentation=augmentation_of(options),
        checked=options.checked,
        check_every=options.check_every,
        seed=options.seed,
        device=options.device,
    )


def augmentation_of(options: argparse.Namespace) -> Augmentation:
    return Augmentation(
        **{field.name: getattr(options, field.name) for field in dataclasses.fields(Augmentation)}
    )


def run(options: argparse.Namespace) -> None:
    output: Path = options.output
    output.mkdir(parents=True, exist_ok=True)

    def log(text: str) -> None:
        line = f"[{time.strftime('%H:%M:%S')}] {text}"
        print(line, flush=True)
        with (output / "log.txt").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def report(progress: Progress) -> None:
        score = progress.score
        log(
            f"{progress.stage} step {progress.step} loss {progress.loss:.4f}; held-out MAD x1e3: "
            f"refined {score.mad:.2f} coarse {score.coarse:.2f}; at boundaries {score.boundary:.1f}"
        )

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    start = network_from(options.weights, BACKBONE) if options.weights else None
    begun = time.monotonic()
    data = drawn_data(options)
    log(f"drew the assets in {time.monotonic() - begun:.0f} s")
    trainer = Trainer(
        training_options(options), data, output, start or untrained(BACKBONE, options.seed)
    )
    if options.resume:
        trainer.resume()
    trainer.run(report)
    best = MattingRefine(BACKBONE)
    load_checkpoint(best, output / WEIGHTS)
    with replacing(output / SHIPPED) as beside:
        torch.save(half(best), beside)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="what to go on from; none: from scratch")
    parser.add_argument("--resume", action="store_true", help="go on with the training in --output")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="of the first stage")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    counts = {"seed": 1, "processes": 2, "foregrounds": 900, "backgrounds": 500}
    counts |= {"base-steps": 3000, "refine-steps": 1200, "base-batch": 6, "refine-batch": 2}
    counts |= {"checked": 24, "check-every": 400}
    for name, count in counts.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    for field in dataclasses.fields(Augmentation):
        name = field.name.replace("_", "-")
        parser.add_argument(f"--{name}", type=float, default=field.default)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run(parse_arguments())
