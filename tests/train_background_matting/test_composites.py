"""Composites and their plates, the losses, the schedule and the refiner's start."""

import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from development.training.background_matting.backgrounds import background
from development.training.background_matting.foregrounds import foreground
from train_background_matting.background_matting_training import PLAIN, Augmentation, losses
from train_background_matting.background_matting_training.compose import Composer
from train_background_matting.background_matting_training.draws import Draws
from train_background_matting.background_matting_training.options import learning_rate
from train_background_matting.background_matting_training.plates import with_holes
from train_background_matting.background_matting_training.pool import Pool
from train_background_matting.background_matting_training.refiner_start import pass_through
from train_background_matting.background_matting_training.start import initialise
from train_background_matting.background_matting_training.steps import (
    base_loss,
    coarse_heads,
    refined_loss,
)
from train_background_matting.train_background_matting_kit.bgmv2.network import MattingRefine

EVERYTHING = Augmentation(holes=1, hard_light=1, striped_clothes=1, faded_clothes=1)


@pytest.fixture(scope="module")
def pool() -> Pool:
    drawn = [foreground(np.random.default_rng(seed), 256) for seed in range(6)]
    return Pool(
        np.stack([rgba for rgba, _ in drawn]),
        np.stack([background(np.random.default_rng(seed), 192, 336) for seed in range(4)]),
        np.array([translucent for _, translucent in drawn]),
        np.zeros(6, bool),
    )


def compose(pool: Pool, seed: int = 3, size: int = 4, augmentation: Augmentation = PLAIN):
    composer = Composer(pool, torch.device("cpu"), seed, augmentation=augmentation)
    return composer.batch(size, 96, 160)


def test_batches_stay_in_range_and_repeat_with_their_seed(pool):
    batch, again = (compose(pool, augmentation=EVERYTHING) for _ in range(2))
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
    rates = [learning_rate(p) for p in (0.0, 0.015, 0.2, 0.665, 1.0)]
    assert rates == pytest.approx([0, 0.5, 1, 0.5, 0], abs=0.01)


def test_coarse_heads_are_the_first_channels_of_the_network():
    network = MattingRefine("mobilenetv2").eval()
    source, plate = torch.rand(2, 1, 3, 64, 96)
    with torch.inference_mode():
        raw = network.raw(source, plate)
        for part, whole in zip(coarse_heads(network, source, plate), raw[:3], strict=True):
            torch.testing.assert_close(part, whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("loss_of", [base_loss, refined_loss])
def test_gradients_reach_every_part(pool, loss_of):
    torch.manual_seed(0)
    network = MattingRefine("mobilenetv2", refine_sample_pixels=1600)
    initialise(network)
    batch = Composer(pool, torch.device("cpu"), 1).batch(2, 128, 192)
    loss = loss_of(network.train(), batch, amp=False)
    loss.backward()
    assert loss.isfinite()
    parts = ["backbone", "aspp", "decoder"] + ["refiner"] * (loss_of is refined_loss)
    for part in parts:
        gradients = [p.grad for p in getattr(network, part).parameters() if p.grad is not None]
        assert gradients and all(g.isfinite().all() for g in gradients)
        assert any(g.abs().sum() > 0 for g in gradients)


def test_pass_through_refiner_resizes_the_coarse_alpha():
    torch.manual_seed(0)
    network = MattingRefine("mobilenetv2", refine_mode="full").eval()
    initialise(network)
    pass_through(network.refiner)
    source, plate = torch.rand(2, 1, 3, 128, 192)
    with torch.inference_mode():
        out = network(source, plate)
    coarse = F.interpolate(out.pha_sm, (128, 192), mode="bilinear", align_corners=False)
    inner = (..., slice(8, -8), slice(8, -8))
    assert (out.pha - coarse)[inner].abs().mean() < 0.02


@pytest.mark.parametrize("name", ["hard_light", "striped_clothes", "holes", "faded_clothes"])
def test_each_augmentation_changes_what_it_is_for(pool, name):
    """Whatever is done to a picture, its alpha stays, and without it nothing changes."""
    composer = Composer(
        pool,
        torch.device("cpu"),
        3,
        augmentation=dataclasses.replace(PLAIN, **{name: 1}),
    )
    changed, plain = composer.batch(8, 96, 160), compose(pool, size=8)
    # The last random number, drawn after all others, mirrors the whole.
    parts = "source", "plate", "alpha", "foreground"
    for index in range(8):
        one, other = ({part: getattr(b, part)[index] for part in parts} for b in (changed, plain))
        if not torch.equal(one["alpha"], other["alpha"]):
            one = {part: picture.flip(-1) for part, picture in one.items()}
        assert torch.equal(one["alpha"], other["alpha"])
        assert not torch.equal(one["plate"], other["plate"])
        is_dressed = not torch.equal(one["foreground"], other["foreground"])
        assert is_dressed == (name != "holes") or one["alpha"].max() == 0


def test_noise_jitter_and_gain_of_zero_leave_less_difference(pool):
    still = dataclasses.replace(PLAIN, jitter=0, noise=0, gain=0)
    differences = []
    for augmentation in (still, PLAIN, dataclasses.replace(PLAIN, jitter=30, gain=0.3)):
        batch = compose(pool, size=8, augmentation=augmentation)
        outside = (batch.alpha < 1e-3).expand_as(batch.source)
        differences.append(float((batch.source - batch.plate).abs()[outside].mean()))
    assert differences[0] < differences[1] < differences[2]


def test_a_hole_is_filled_from_around_and_nothing_else_changes():
    """A wall with a person before it: the filled hole is the wall, the trace is not."""
    wall = torch.full((16, 3, 64, 96), 0.7)
    person = torch.zeros(16, 3, 64, 96)
    alpha = torch.zeros(16, 1, 64, 96)
    alpha[..., 16:48, 32:64] = 1
    draws = Draws(torch.device("cpu"), 1)
    plate = with_holes(draws, wall, person, alpha, 1.0)
    off = (plate - wall).abs().amax((1, 2, 3))
    filled, traced = off < 1e-3, off > 0.05
    assert (filled | traced).all() and 0.3 < filled.float().mean() < 0.9
    assert torch.equal(with_holes(draws, wall, person, alpha, 0.0), wall)


def test_a_cut_foreground_stands_on_the_lower_edge(pool):
    """Its square is full of it: no composed picture shows where it was cut."""
    whole = np.full((1, 64, 64, 4), 255, np.uint8)
    flags = np.zeros(1, bool)
    cut = Pool(whole, pool.backgrounds, flags, ~flags)
    alpha = Composer(cut, torch.device("cpu"), 1).batch(32, 48, 80).alpha
    floating = Pool(whole, pool.backgrounds, flags, flags)
    other = Composer(floating, torch.device("cpu"), 1).batch(32, 48, 80).alpha
    reaches = [x[..., -1, :].amax((1, 2)) > 0.5 for x in (alpha, other)]
    assert reaches[0].float().mean() > 0.9 > reaches[1].float().mean()


def test_shrinking_lets_no_colour_of_the_transparent_in():
    rgba = np.zeros((1, 64, 64, 4), np.uint8)
    rgba[..., :3] = (0, 255, 0)
    rgba[:, 10:30, 10:30] = (200, 0, 100, 255)
    flags = np.zeros(1, bool)
    small = Pool(rgba, np.ascontiguousarray(rgba[..., :3]), flags, flags).shrunk(4)
    assert small.foregrounds.shape == (1, 16, 16, 4) and small.backgrounds.shape == (1, 16, 16, 3)
    visible = small.foregrounds[small.foregrounds[..., 3] > 20]
    assert np.abs(visible[:, :3].astype(int) - (200, 0, 100)).max() <= 2
    assert small.foregrounds[..., 3].mean() == pytest.approx(rgba[..., 3].mean(), abs=0.5)
