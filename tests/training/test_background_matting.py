"""The generator, the losses, the refiner's start, one step of training, and the shipped weights."""

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from development.training.background_matting import losses, train
from development.training.background_matting.backgrounds import background
from development.training.background_matting.compose import Composer
from development.training.background_matting.evaluate import Score, score, summarise, table
from development.training.background_matting.foregrounds import foreground
from development.training.background_matting.pool import Pool
from development.training.background_matting.refiner_start import pass_through
from infer_background_matting.bgm_network import MattingRefine
from infer_background_matting.checkpoints import BUILTIN_FILE, load_checkpoint


@pytest.fixture(scope="module")
def pool() -> Pool:
    drawn = [foreground(np.random.default_rng(seed), 256) for seed in range(6)]
    return Pool(
        np.stack([rgba for rgba, _ in drawn]),
        np.stack([background(np.random.default_rng(seed), 192, 336) for seed in range(4)]),
        np.array([translucent for _, translucent in drawn]),
    )


def compose(pool: Pool, seed: int = 3, size: int = 4):
    return Composer(pool, torch.device("cpu"), seed).batch(size, 96, 160)


def test_assets_are_drawn_from_their_seed_alone():
    first, again, other = (foreground(np.random.default_rng(s), 192)[0] for s in (5, 5, 6))
    assert first.shape == (192, 192, 4) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_foregrounds_have_opaque_empty_and_partly_covered_pixels(pool):
    alpha = pool.foregrounds[..., 3]
    for low, high in ((0, 0), (255, 255), (40, 215)):
        assert ((alpha >= low) & (alpha <= high)).mean() > 0.002


def test_batches_stay_in_range_and_repeat_with_their_seed(pool):
    batch, again = compose(pool), compose(pool)
    for name, channels in (("source", 3), ("plate", 3), ("alpha", 1), ("foreground", 3)):
        image = getattr(batch, name)
        assert image.shape == (4, channels, 96, 160)
        assert image.min() >= 0 and image.max() <= 1 + 1e-6 and image.isfinite().all()
        assert torch.equal(image, getattr(again, name))


def test_source_is_the_foreground_where_alpha_is_one(pool):
    batch = compose(pool, size=8)
    inside = (batch.alpha > 0.999).expand_as(batch.source)
    assert inside.any()
    difference = (batch.source - batch.foreground).abs()[inside]
    assert difference.mean() < 0.03


def test_plate_shows_the_scene_outside_the_foreground(pool):
    batch = compose(pool, size=8)
    outside = (batch.alpha < 1e-3).expand_as(batch.source)
    inside = (batch.alpha > 0.999).expand_as(batch.source)
    difference = (batch.source - batch.plate).abs()
    assert difference[outside].median() < 0.5 * difference[inside].median()


def test_shrunk_pool_keeps_the_mean():
    rgba = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 4), np.uint8)
    pool = Pool(rgba, rgba[..., :3], np.zeros(2, bool))
    small = pool.shrunk(4)
    assert small.foregrounds.shape == (2, 16, 16, 4)
    assert small.foregrounds.mean() == pytest.approx(rgba.mean(), abs=1)


def test_leaky_clamp_lets_a_small_gradient_through():
    x = torch.tensor([-1.0, 0.5, 3.0], requires_grad=True)
    y = losses.leaky_clamp(x)
    y.sum().backward()
    torch.testing.assert_close(y.detach(), torch.tensor([-0.05, 0.5, 1.1]))
    torch.testing.assert_close(x.grad, torch.tensor([0.05, 1.0, 0.05]))


def test_alpha_loss_is_zero_for_the_truth_and_weighs_the_boundary():
    alpha = torch.zeros(1, 1, 32, 32)
    alpha[..., 16:] = 1
    weight = 1 + 2 * losses.boundary(alpha, 2)
    assert losses.alpha_loss(alpha, alpha, weight) == 0
    assert weight[..., 14:18].min() == 3 and weight[..., :12].max() == 1


def test_learning_rate_warms_up_stays_and_falls_to_zero():
    rates = [train.learning_rate(p) for p in (0.0, 0.015, 0.2, 0.665, 1.0)]
    assert rates == pytest.approx([0, 0.5, 1, 0.5, 0], abs=0.01)


def test_coarse_heads_are_the_first_channels_of_the_network():
    network = MattingRefine("mobilenetv2").eval()
    source, plate = torch.rand(2, 1, 3, 64, 96)
    with torch.inference_mode():
        raw = network.raw(source, plate)
        for part, whole in zip(train.coarse_heads(network, source, plate), raw[:3], strict=True):
            torch.testing.assert_close(part, whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("loss_of", [train.base_loss, train.refined_loss])
def test_gradients_reach_every_part(pool, loss_of):
    torch.manual_seed(0)
    network = MattingRefine("mobilenetv2", refine_sample_pixels=1600)
    train.initialise(network)
    batch = Composer(pool, torch.device("cpu"), 1).batch(2, 128, 192)
    loss = loss_of(network.train(), batch, amp=False)
    loss.backward()
    assert loss.isfinite()
    parts = ["backbone", "aspp", "decoder"] + ["refiner"] * (loss_of is train.refined_loss)
    for part in parts:
        gradients = [p.grad for p in getattr(network, part).parameters() if p.grad is not None]
        assert gradients and all(g.isfinite().all() for g in gradients)
        assert any(g.abs().sum() > 0 for g in gradients)


def test_pass_through_refiner_resizes_the_coarse_alpha():
    torch.manual_seed(0)
    network = MattingRefine("mobilenetv2", refine_mode="full").eval()
    train.initialise(network)
    pass_through(network.refiner)
    source, plate = torch.rand(2, 1, 3, 128, 192)
    with torch.inference_mode():
        out = network(source, plate)
    coarse = F.interpolate(out.pha_sm, (128, 192), mode="bilinear", align_corners=False)
    inner = (..., slice(8, -8), slice(8, -8))
    assert (out.pha - coarse)[inner].abs().mean() < 0.02


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
