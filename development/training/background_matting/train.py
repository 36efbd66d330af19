"""Train Background Matting V2 from scratch on procedural composites.

``python -m development.training.background_matting.train --minutes 60 --output DIR`` trains the
coarse network for 60 % of the time and the whole network for the rest. The learning rate follows
the clock, so a run ends finished whatever the machine's speed is.
"""

from __future__ import annotations

import argparse
import math
import time
from functools import partial
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from infer_background_matting.bgm_network import MattingRefine
from plugin_kit.files import replacing

from . import losses
from .compose import Batch, Composer
from .evaluate import score
from .pool import build_pool
from .refiner_start import half, pass_through

HELD_OUT_SEED = 10_000


def initialise(network: MattingRefine) -> None:
    """Start half of the first filters as source minus background, and alpha near its mean."""
    has_features = hasattr(network.backbone, "features")
    first = network.get_parameter(f"backbone.{'features.0.0' if has_features else 'conv1'}.weight")
    with torch.no_grad():
        half = first.shape[0] // 2
        first[:half, 3:] = -first[:half, :3]
        for part in ("decoder", "refiner"):
            weight, bias = last_layer(network, part)
            weight *= 0.5
            bias.zero_()
            bias[0] = 0.3
        last_layer(network, "decoder")[1][4] = 0.1
    cast(nn.Dropout, network.get_submodule("aspp.project.3")).p = 0.1


def last_layer(network: MattingRefine, part: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of the last convolution of the decoder or the refiner."""
    layer = network.get_submodule(f"{part}.conv4")
    return layer.get_parameter("weight"), layer.get_parameter("bias")


def learning_rate(progress: float) -> float:
    """Warm-up, a flat third, then a cosine to zero; ``progress`` in 0..1."""
    if progress < 0.03:
        return progress / 0.03
    if progress < 0.33:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - 0.33) / 0.67)))


def coarse_heads(network: MattingRefine, source: Tensor, plate: Tensor) -> tuple[Tensor, ...]:
    """Alpha, residual and error alone: without the 32 hidden channels a quarter is saved."""
    x0 = torch.cat([source, plate], dim=1)
    x1, x2, x3, x4 = network.backbone(x0)
    x = network.decoder.before_heads(network.aspp(x4), (x3, x2, x1, x0))
    weight, bias = last_layer(network, "decoder")
    heads = F.conv2d(x, weight[:5], bias[:5], padding=1)
    return heads[:, :1], heads[:, 1:4], heads[:, 4:5]


def base_loss(network: MattingRefine, batch: Batch, amp: bool) -> Tensor:
    """The loss of the coarse network on a batch composed at its own scale."""
    with torch.autocast(batch.source.device.type, torch.bfloat16, enabled=amp):
        heads = coarse_heads(network, batch.source, batch.plate)
    return losses.coarse_loss(heads, batch.source, batch.foreground, batch.alpha)


def refined_loss(network: MattingRefine, batch: Batch, amp: bool) -> Tensor:
    source, alpha, foreground = map(network.small, (batch.source, batch.alpha, batch.foreground))
    with torch.autocast(source.device.type, torch.bfloat16, enabled=amp):
        raw = network.raw(source, network.small(batch.plate))
    coarse, residual, error, hidden = (part.float() for part in raw)
    fine, fine_residual, _ = network.refiner(
        batch.source,
        batch.plate,
        losses.leaky_clamp(coarse),
        residual,
        error.clamp(0, 1).detach(),
        hidden,
    )
    return (
        losses.coarse_loss(raw[:3], source, foreground, alpha)
        + 2 * losses.alpha_loss(fine, batch.alpha, 1 + 4 * losses.boundary(batch.alpha, 4))
        + losses.foreground_loss(fine_residual, batch.source, batch.foreground, batch.alpha)
    )


class Trainer:
    """Two stages over one network.

    Leaves ``log.txt`` and the fp16 weights of both stages in the output folder.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        options.output.mkdir(parents=True, exist_ok=True)
        self.device = torch.device(options.device)
        self.amp = self.device.type == "cuda"
        torch.manual_seed(options.seed)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
        self.network = MattingRefine("mobilenetv2", refine_threshold=0.1)
        initialise(self.network)
        if options.resume:
            state = torch.load(options.resume, weights_only=True, map_location="cpu")
            self.network.load_state_dict(state, strict=True)
        if options.pass_through:
            pass_through(self.network.refiner)
        # PyTorch's own annotations leave the memory format out.
        self.network.to(self.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        start = time.monotonic()
        counts = (options.foregrounds, options.backgrounds)
        pool = build_pool(*counts, options.seed, options.processes)
        held_out = build_pool(24, 24, HELD_OUT_SEED, options.processes)
        small, seed = pool.shrunk(4), options.seed
        compose = partial(Composer, device=self.device, faded=options.faded)
        self.composers = {
            "crops": compose(small, seed=seed, pixel_scale=0.25, zoom=1.5),
            "pictures": compose(small, seed=seed + 1, pixel_scale=0.25),
            "refine": compose(pool, seed=seed + 2, zoom=1.5),
        }
        validation = Composer(held_out, self.device, HELD_OUT_SEED)
        self.validation = [validation.batch(1, 720, 1280) for _ in range(options.checked)]
        self.log(f"pool of {counts} in {time.monotonic() - start:.0f} s")

    def log(self, text: str) -> None:
        line = f"[{time.strftime('%H:%M:%S')}] {text}"
        print(line, flush=True)
        with (self.options.output / "log.txt").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def draw(self, name: str, progress: float) -> Batch:
        """The next batch: small crops first, whole coarse pictures at the end of the base."""
        if name == "refine":
            height, width = self.options.refine_size
            self.network.refiner.sample_pixels = round(0.12 * height * width)
            return self.composers["refine"].batch(self.options.refine_batch, height, width)
        size = self.options.base_batch
        if progress < 0.65:
            return self.composers["crops"].batch(size, 128, 160)
        return self.composers["pictures"].batch(max(2, size // 2), 180, 320)

    def stage(self, name: str, minutes: float) -> None:
        refine = name == "refine"
        rates = {"backbone": 2e-4, "aspp": 2e-4, "decoder": 3e-4, "refiner": 1.5e-3}
        base_rate = self.options.rate
        groups = [
            {"params": module.parameters(), "peak": rates[key] if refine else base_rate}
            for key, module in self.network.named_children()
        ]
        optimiser = torch.optim.AdamW(groups, lr=base_rate, weight_decay=1e-3)
        loss_of = refined_loss if refine else base_loss
        start = last_check = time.monotonic()
        running, iteration, loss = None, 0, torch.tensor(math.nan)
        while (progress := (time.monotonic() - start) / (60 * minutes)) < 1:
            factor = learning_rate(progress)
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * factor
            self.network.train()
            loss = loss_of(self.network, self.draw(name, progress), self.amp)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            optimiser.step()
            iteration += 1
            if iteration % 20 == 0:
                value = loss.item()
                running = value if running is None else 0.95 * running + 0.05 * value
            if time.monotonic() - last_check > self.options.check_seconds:
                self.check(name, iteration, running or loss.item())
                last_check = time.monotonic()
        self.check(name, iteration, running or loss.item())

    @torch.inference_mode()
    def check(self, name: str, iteration: int, loss: float) -> None:
        self.network.eval()
        self.network.refiner.sample_pixels = 80_000
        rows = []
        for batch in self.validation:
            out = self.network(batch.source, batch.plate)
            rows.append(score(name, out.pha, out.pha_sm, batch.alpha)[1:])
        median = (1000 * torch.tensor(rows).median(0).values).tolist()
        self.log(
            f"{name} iteration {iteration} loss {loss:.4f}; held-out median MAD x1e3: refined "
            f"{median[0]:.2f} coarse {median[1]:.2f}; at boundaries {median[2]:.1f} {median[3]:.1f}"
        )
        with replacing(self.options.output / f"bgm_mobilenetv2_{name}_fp16.pth") as beside:
            torch.save(half(self.network), beside)

    def run(self) -> None:
        minutes, share = self.options.minutes, self.options.base_share
        if self.options.resume:
            self.check("resumed", 0, math.nan)
        if share > 0:
            self.stage("base", minutes * share)
        self.stage("refine", minutes * (1 - share))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--resume", type=Path, help="weights to go on from")
    parser.add_argument(
        "--pass-through",
        action="store_true",
        help="start the refiner as a resize of the coarse output",
    )
    parser.add_argument("--base-share", type=float, default=0.6, help="time of the first stage")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument(
        "--faded", type=float, default=0.0, help="share of foregrounds a part of which fades"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--refine-size", type=int, nargs=2, default=(448, 640), metavar="N")
    parser.add_argument("--check-seconds", type=float, default=300)
    parser.add_argument("--checked", type=int, default=12, help="held-out pictures a check")
    counts = {"seed": 1, "processes": 2, "foregrounds": 900, "backgrounds": 500}
    for name, count in {**counts, "base-batch": 6, "refine-batch": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    return parser.parse_args()


if __name__ == "__main__":
    Trainer(parse_arguments()).run()
