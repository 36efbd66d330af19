"""The drawn assets, their training's command line, the evaluation, and the shipped weights."""

import cv2
import numpy as np
import pytest
import torch

from development.training.background_matting import train
from development.training.background_matting.evaluate import Score, score, summarise, table
from development.training.background_matting.foregrounds import foreground
from infer_background_matting.bgm_network import MattingRefine
from infer_background_matting.checkpoints import BUILTIN_FILE, load_checkpoint
from train_background_matting.background_matting_training import PLAIN


def test_assets_are_drawn_from_their_seed_alone():
    first, again, other = (foreground(np.random.default_rng(s), 192)[0] for s in (5, 5, 6))
    assert first.shape == (192, 192, 4) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_foregrounds_have_opaque_empty_and_partly_covered_pixels():
    drawn = [foreground(np.random.default_rng(seed), 256)[0] for seed in range(6)]
    alpha = np.stack(drawn)[..., 3]
    for low, high in ((0, 0), (255, 255), (40, 215)):
        assert ((alpha >= low) & (alpha <= high)).mean() > 0.002


def test_scores_and_table_report_known_differences():
    truth = torch.zeros(1, 1, 40, 40)
    truth[..., 20:] = 1
    exact = score("ordinary", truth, truth, truth)
    off = score("ordinary", truth * 0.9, truth, truth)
    assert exact == Score("ordinary", 0, 0, 0, 0)
    assert off.refined == pytest.approx(0.05, abs=1e-6) and off.coarse == 0
    text = table(summarise([exact, off]))
    assert "| ordinary | 2 | median | 25.0 | 0.0 |" in text


def test_builtin_weights_are_small_half_precision_and_finite():
    assert BUILTIN_FILE.stat().st_size < 12e6
    state = torch.load(BUILTIN_FILE, map_location="cpu", weights_only=True)
    for key, value in state.items():
        assert value.dtype == (torch.int64 if key.endswith("tracked") else torch.float16)
        assert value.isfinite().all()


def test_builtin_weights_find_a_disc_before_a_wall():
    network = MattingRefine("mobilenetv2")
    load_checkpoint(network, BUILTIN_FILE)
    rng = np.random.default_rng(0)
    plate = np.full((360, 640, 3), (170, 165, 155), np.uint8)
    mask = np.zeros((360, 640), np.uint8)
    cv2.ellipse(mask, (320, 220), (110, 130), 0, 0, 360, 255, -1)
    source = np.where(mask[..., None] > 0, np.uint8((40, 60, 120)), plate)
    source = np.clip(source + rng.normal(0, 3, source.shape), 0, 255)
    inputs = [torch.from_numpy(np.float32(x) / 255).permute(2, 0, 1)[None] for x in (source, plate)]
    with torch.inference_mode():
        alpha = network.eval()(*inputs).pha[0, 0].numpy()
    assert np.abs(alpha - mask / 255).mean() < 0.05


def test_options_reach_the_trainer():
    given = "--output out --rate 8e-4 --base-steps 5 --holes 0 --hard-light 0 --striped-clothes 0"
    options = train.training_options(train.parse_arguments(given.split()))
    assert options.augmentation == PLAIN and options.base_steps == 5 and options.crop == 448
    assert options.base_rates.decoder == 8e-4 and options.refine_rates.refiner == 1.5e-3
